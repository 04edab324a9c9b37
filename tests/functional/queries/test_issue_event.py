"""One event whole, and the way to its neighbours."""

import uuid
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from mothlight.filters.parse import read_filters
from mothlight.model.errors import Refused
from mothlight.queries.focus import Focus
from mothlight.queries.inspection import IssueEvent
from mothlight.queries.questions import IssueList
from tests.support.event_rows import NOW, frame


def ask(shop, issue, at="newest", **criteria):
    at = at if at in ("newest", "oldest") else UUID(at)
    return shop.ask(IssueEvent(focus=Focus(issue_id=UUID(issue), criteria=IssueList(**criteria)), at=at))


def line(shop, events=5):
    """An issue with events, oldest first; two of them at the same moment."""
    issue = shop.issue()
    shop.own("f", issue)
    ids = sorted(str(uuid.uuid4()) for _ in range(events))
    ages = [max(1, events - 1 - number) for number in range(events)]
    for id_, age in list(zip(ids, ages, strict=True))[::-1]:
        shop.event("f", at=NOW - timedelta(hours=age), uuid_=id_, os="Linux" if age % 2 else "Mac")
    return issue, ids


def test_walking_from_the_newest_meets_every_event_once(shop_everywhere):
    issue, ids = line(shop_everywhere)

    seen, at = [], "newest"
    while at:
        answer = ask(shop_everywhere, issue, at)
        seen.append(str(answer.event.uuid))
        assert (answer.position, answer.occurrences) == (len(seen), 5)
        assert (str(answer.newest), str(answer.oldest)) == (ids[-1], ids[0])
        at = answer.older and str(answer.older)
    assert seen == ids[::-1]


def test_walking_back_from_the_oldest(shop):
    issue, ids = line(shop)

    answer = ask(shop, issue, "oldest")
    assert (str(answer.event.uuid), answer.older, str(answer.newer)) == (ids[0], None, ids[1])
    assert ask(shop, issue, ids[-1]).newer is None


def test_filters_skip_events(shop):
    issue, ids = line(shop, 4)
    filters = read_filters([{"key": "$os", "value": "Mac"}])

    (only,) = [each for each in ids if ask(shop, issue, each).event.properties["$os"] == msgspec.Raw(b'"Mac"')]
    answer = ask(shop, issue, filters=filters)
    assert (str(answer.event.uuid), answer.occurrences, answer.newer, answer.older) == (only, 1, None, None)
    with pytest.raises(Refused, match="No such event"):
        ask(shop, issue, ids[0], filters=filters)


def test_the_whole_event(shop_everywhere):
    shop = shop_everywhere
    issue = shop.issue()
    shop.own("c1f0", issue)
    lib, own = frame("library", in_app=False), frame("renderTotal", "src/Summary.tsx", line=7)
    lines = {"before": [{"number": 6, "line": "a"}], "line": {"number": 7, "line": "b"}, "after": []}
    stack = shop.stack([[lib, own]], contexts={own["raw_id"]: lines})
    entry = {"type": "TypeError", "value": "it broke", "rest": {"mechanism": {"handled": False}}}
    entry |= {"trace": {"type": "resolved"}, "variables": {"1": {"total": 3}}}
    big = {"steps": [{"n": 12345678901234567890123}], "plan": "pro", "empty": None}
    id_ = shop.event("c1f0", stack=stack, exceptions=[entry], release={"version": "1"}, person=str(UUID(int=5)), **big)
    shop.merged(str(UUID(int=5)), str(UUID(int=6)))

    event = ask(shop, issue).event
    assert (str(event.uuid), event.fingerprint, event.release, event.person_id) == (
        id_, "c1f0", {"version": "1"}, UUID(int=6),
    )  # fmt: skip
    (exception,) = event.exceptions
    first, second = exception["stacktrace"]["frames"]
    assert ("context" in first, second["context"], second["code_variables"]) == (False, lines, {"total": 3})
    shown = msgspec.json.decode(msgspec.json.encode(event))["properties"]
    assert shown["plan"] == "pro"
    assert shown["$empty"] is None
    assert b"12345678901234567890123" in msgspec.json.encode(event)


def test_an_event_without_stack(shop):
    issue = shop.simple_issue("f")

    assert [each["type"] for each in ask(shop, issue).event.exceptions] == ["TypeError"]


def test_no_events_and_no_issue(shop):
    answer = ask(shop, shop.issue())
    assert (answer.event, answer.occurrences, answer.position) == (None, 0, 0)
    assert ask(shop, str(uuid.uuid4())) is None
