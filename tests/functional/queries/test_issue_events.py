"""Sampled events of one issue (api 2.3)."""

import uuid
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from mothlight.filters.parse import read_filters
from mothlight.queries.questions import IssueEvents, Window
from tests.support.event_rows import NOW, Shop, frame
from tests.support.event_stores import new_project


def ago(**span):
    return NOW - timedelta(**span)


def ask(shop, issue, **asked):
    return shop.ask(IssueEvents(issue_id=UUID(issue), **asked))


def uuids(shop, issue, **asked):
    return [event.uuid for event in ask(shop, issue, **{"limit": 20, **asked}).results]


def test_the_whole_answer(shop_everywhere):
    shop = shop_everywhere
    sent = {
        "lib": "web", "browser": "Chrome", "browser_version": 124, "os": "Mac OS X", "os_version": "14.4",
        "current_url": "https://shop.test/checkout", "session": "0196b7a9", "cart_total": 31337, "host": "shop.test",
    }  # fmt: skip
    issue = shop.issue()
    shop.own("c1f0", issue)
    event = shop.event("c1f0", "TypeError", "it broke", at=ago(hours=1), frames=[frame("a")], **sent)

    page = ask(shop, issue)
    assert msgspec.to_builtins(page) == {
        "results": [
            {
                "uuid": event,
                "distinct_id": "user-1",
                "timestamp": "2026-04-24T11:00:00Z",
                "properties": {
                    "$exception_types": ["TypeError"],
                    "$exception_values": ["it broke"],
                    "$exception_list": [
                        {"type": "TypeError", "value": "it broke", "mechanism": {"handled": False, "type": "generic"}}
                    ],
                    "$exception_fingerprint": "c1f0",
                    "$exception_issue_id": issue,
                    "$session_id": "0196b7a9",
                    "$lib": "web",
                    "$browser": "Chrome",
                    "$browser_version": 124,
                    "$os": "Mac OS X",
                    "$os_version": "14.4",
                    "$current_url": "https://shop.test/checkout",
                },
            }
        ],
        "has_more": False,
    }


def test_missing_null_and_empty_properties_are_absent(shop):
    issue = shop.simple_issue("f", browser=None, os="")

    (event,) = ask(shop, issue).results
    assert {name for name in event.properties if not name.startswith("$exception")} == set()


def test_no_such_issue(shop, store):
    foreign = Shop(store, new_project()).issue()

    assert ask(shop, foreign) is None
    assert ask(shop, str(uuid.uuid4())) is None


def test_an_issue_without_fingerprints_has_no_events(shop):
    page = ask(shop, shop.issue())

    assert (page.results, page.has_more) == ([], False)


def test_only_events_of_the_fingerprints_of_now(shop_everywhere):
    shop = shop_everywhere
    first, second = shop.simple_issue("f"), shop.simple_issue("g")
    (of_second,) = uuids(shop, second)
    shop.own("g", first)

    assert of_second in uuids(shop, first)
    assert uuids(shop, second) == []
    assert {event.properties["$exception_issue_id"] for event in ask(shop, first, limit=2).results} == {first}


def test_order_pages_and_ties(shop):
    issue = shop.issue()
    shop.own("f", issue)
    old = shop.event("f", at=ago(hours=3))
    ties = sorted(str(uuid.uuid4()) for _ in range(4))
    for each in ties[2:] + ties[:2]:
        shop.event("f", at=ago(hours=2), uuid_=each)
    new = shop.event("f", at=ago(hours=1))
    ascending = [old, *ties, new]

    assert uuids(shop, issue, order_direction="ASC") == ascending
    assert uuids(shop, issue) == ascending[::-1]
    assert uuids(shop, issue, limit=2, offset=1, order_direction="ASC") == ascending[1:3]
    pages = [ask(shop, issue, limit=2, offset=offset).has_more for offset in (0, 3, 4, 6)]
    assert pages == [True, True, False, False]
    assert [event.uuid for event in ask(shop, issue, limit=1).results] == [new]


def test_bounds_lie_outside(shop):
    start, end = ago(hours=2), ago(hours=1)
    issue = shop.simple_issue("f", at=start)
    shop.event("f", at=end)
    inside = shop.event("f", at=start + timedelta(microseconds=1))

    assert uuids(shop, issue, window=Window(start.isoformat(), end.isoformat())) == [inside]


def test_the_default_range_ends_five_seconds_from_now(shop):
    issue = shop.simple_issue("f", at=ago(days=7))
    near = shop.event("f", at=NOW + timedelta(seconds=4.999))
    shop.event("f", at=NOW + timedelta(seconds=5))

    assert uuids(shop, issue) == [near]


@pytest.mark.parametrize(
    ("end", "found"), [("-1d", "two days ago"), ("1d", "two days ago"), ("+1d", "two days ago,an hour ago,in an hour")]
)
def test_a_relative_end_counts_as_its_sign_says_else_into_the_past(shop, end, found):
    issue = shop.issue()
    shop.own("f", issue)
    for name, at in (
        ("two days ago", ago(days=2)),
        ("an hour ago", ago(hours=1)),
        ("in an hour", NOW + timedelta(hours=1)),
    ):
        shop.event("f", value=name, at=at)

    page = ask(shop, issue, window=Window("-7d", end), limit=20, order_direction="ASC")
    assert ",".join(event.properties["$exception_values"][0] for event in page.results) == found


@pytest.mark.parametrize(
    ("phrase", "found"),
    [
        ("mytype", True), ("MyTypeError", True), ("read 'x' of", True), ("100%_\\\"", True), ("shop.test/a b",
        True), ("ÄRGER", True),
        ("mytype read", False), ("100__", False), ("appFunction", False), ("src/app.ts", False), ("person@x.test",
        False),
    ],
)  # fmt: skip
def test_the_search_text_is_one_phrase(shop, phrase, found):
    issue = shop.issue()
    shop.own("f", issue)
    frames = [frame("appFunction", "src/app.ts")]
    value = "Cannot read 'x' of 100%_\\\" ärger"
    shop.event("f", "MyTypeError", value, current_url="https://SHOP.test/a b", email="person@x.test", frames=frames)

    assert len(uuids(shop, issue, search_query=phrase)) == found


def test_filters_and_test_accounts_are_anded(shop):
    shop.filter_test_accounts({"type": "event", "key": "$host", "operator": "is_not", "value": "localhost"})
    issue = shop.simple_issue("f", browser="Chrome", host="localhost")
    chrome = shop.event("f", browser="Chrome")
    shop.event("f", browser="Firefox")
    filters = read_filters([{"key": "$browser", "value": ["Chrome"]}])

    assert uuids(shop, issue, filters=filters) == [chrome]
    assert len(uuids(shop, issue, filters=filters, filter_test_accounts=False)) == 2
    assert len(uuids(shop, issue)) == 2


def exception(value="it broke", **rest):
    return {"id": "e", "type": "E", "value": value, "rest": rest, "trace": None, "variables": {}}


def test_verbosity_reaches_frames_with_their_variables(shop):
    issue = shop.issue()
    shop.own("f", issue)
    stack = shop.stack([[frame("a", junk_drawer={"x": 1}), frame("b", in_app=False)], None])
    entry = exception(module="m") | {"trace": {"type": "resolved"}, "variables": {"0": {"total": 3}}}
    shop.event("f", stack=stack, exceptions=[entry, exception("second")])

    def shown(**asked):
        return ask(shop, issue, **asked).results[0].properties["$exception_list"]

    assert shown() == [{"type": "E", "value": "it broke", "module": "m"}, {"type": "E", "value": "second"}]
    (only,) = shown(verbosity="stack")[0]["stacktrace"]["frames"]
    assert (only["code_variables"], only["resolved_name"]) == ({"total": 3}, "a")
    assert not {"raw_id", "junk_drawer"} & set(only)
    frames = shown(verbosity="raw", only_app_frames=False)[0]["stacktrace"]["frames"]
    assert [each["mangled_name"] for each in frames] == ["a", "b"]
    assert frames[0]["junk_drawer"] == {"x": 1}


def test_long_texts_are_cut_unless_raw(shop):
    issue = shop.simple_issue("f", type="T" * 1200, value="x" * 1200)
    cut = "x" * 971 + "… [truncated from 1200 chars]"

    for verbosity, expected in (("summary", cut), ("stack", cut), ("raw", "x" * 1200)):
        properties = ask(shop, issue, verbosity=verbosity).results[0].properties
        assert properties["$exception_values"] == [expected]
        assert [entry["value"] for entry in properties["$exception_list"]] == [expected]
        assert properties["$exception_types"] == ["T" * 1200]


def test_a_newer_resolution_of_the_stack_shows_at_once(shop):
    issue = shop.issue()
    shop.own("f", issue)
    stack = shop.stack([[frame("minified")]], hash="d" * 32)
    shop.event("f", stack=stack, exceptions=[exception() | {"trace": {"type": "resolved"}}])
    shop.stack([[frame("readable")]], hash=stack)

    entry = ask(shop, issue, verbosity="stack").results[0].properties["$exception_list"][0]
    assert [each["resolved_name"] for each in entry["stacktrace"]["frames"]] == ["readable"]
