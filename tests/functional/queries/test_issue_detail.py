"""One issue: figures, newest frame, newest release (api 2.2)."""

import uuid
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from mothlight.model.errors import Unavailable
from mothlight.queries.questions import IssueDetail, Window
from tests.support.event_rows import NOW, Shop, frame
from tests.support.event_stores import new_project


def ago(**span):
    return NOW - timedelta(**span)


def detail(shop, issue, **asked):
    """The answer as it goes out."""
    return msgspec.to_builtins(shop.ask(IssueDetail(issue_id=UUID(issue), **asked)))


def test_the_whole_answer(shop_everywhere):
    shop = shop_everywhere
    issue = shop.issue("TypeError", description="it broke", status="resolved", user=7)
    shop.own("f", issue, first_seen=ago(days=30))
    frames = [frame("renderTotal", "src/Summary.tsx", line=42, column=9), frame("vendor", "lib.js", in_app=False)]
    release = {
        "version": "1",
        "project": "web",
        "timestamp": "2026-04-24T10:00:00Z",
        "metadata": {"git": {"commit_id": "9f"}},
    }
    shop.event("f", at=ago(hours=1), lib="web", frames=frames, release=release)

    assert detail(shop, issue, include_sparkline=True) == {
        "id": issue,
        "name": "TypeError",
        "description": "it broke",
        "status": "resolved",
        "first_seen": "2026-03-25T12:00:00Z",
        "last_seen": "2026-04-24T11:00:00Z",
        "library": "web",
        "source": "src/Summary.tsx",
        "function": "renderTotal",
        "assignee": {"id": 7, "type": "user"},
        "top_in_app_frame": {
            "function": "renderTotal",
            "source": "src/Summary.tsx",
            "line": 42,
            "column": 9,
            "in_app": True,
        },
        "latest_release": {"version": "1", "project": "web", "timestamp": "2026-04-24T10:00:00Z", "commit_id": "9f"},
        "impact": {"occurrences": 1, "users": 1, "sessions": 0},
        "aggregations": {
            "occurrences": 1,
            "users": 1,
            "sessions": 0,
            "volumeRange": [1],
            "volume_buckets": [{"label": "2026-04-17T12:00:00+00:00", "value": 1}],
        },
        "sparkline": [0] * 11 + [1],
    }


def test_no_such_issue(shop, store):
    other = Shop(store, new_project())
    foreign, deleted = other.issue(), shop.issue(deleted=1)

    for issue in (foreign, deleted, str(uuid.uuid4())):
        assert shop.ask(IssueDetail(issue_id=UUID(issue))) is None


def test_without_a_matching_event_there_is_only_the_state(shop):
    issue = shop.issue("name", description=None, status="suppressed", user=7)

    assert detail(shop, issue) == {"id": issue, "name": "name", "status": "suppressed", "impact": {}}
    assert detail(shop, issue, include_sparkline=True)["sparkline"] == []


def test_what_is_empty_is_left_out_and_zero_stays(shop):
    issue = shop.issue("", description=None)
    shop.own("f", issue)
    shop.event("f")

    answer = detail(shop, issue)
    assert set(answer) == {"id", "status", "first_seen", "last_seen", "impact", "aggregations"}
    assert answer["impact"] == {"occurrences": 1, "users": 1, "sessions": 0}


@pytest.mark.parametrize(("resolution", "length"), [(0, 12), (1, 1), (3, 3), (200, 200)])
def test_the_sparkline_has_as_many_parts_as_asked_else_twelve(shop, resolution, length):
    issue = shop.simple_issue("f", at=ago(minutes=1))
    answer = detail(shop, issue, include_sparkline=True, volume_resolution=resolution)

    assert answer["sparkline"] == [0] * (length - 1) + [1]
    assert answer["aggregations"]["volumeRange"] == [0] * (max(1, resolution) - 1) + [1]
    assert "sparkline" not in detail(shop, issue, volume_resolution=resolution)


def test_figures_cover_all_fingerprints_of_now(shop_everywhere):
    shop = shop_everywhere
    first, second = shop.simple_issue("f", session="1", user="a"), shop.simple_issue("g", session="2", user="b")
    shop.own("g", first)

    assert detail(shop, first)["impact"] == {"occurrences": 2, "users": 2, "sessions": 2}
    assert detail(shop, second)["impact"] == {}


def test_test_accounts_are_left_out_by_default(shop):
    shop.filter_test_accounts({"type": "event", "key": "$host", "operator": "is_not", "value": "localhost"})
    issue = shop.simple_issue("f", at=ago(hours=2), frames=[frame("remote")])
    shop.event("f", at=ago(hours=1), host="localhost", frames=[frame("local")])

    answer = detail(shop, issue)
    assert (answer["impact"]["occurrences"], answer["top_in_app_frame"]["function"]) == (1, "remote")
    answer = detail(shop, issue, filter_test_accounts=False)
    assert (answer["impact"]["occurrences"], answer["top_in_app_frame"]["function"]) == (2, "local")


def test_frame_and_release_come_from_the_newest_event_alone(shop):
    issue = shop.simple_issue("f", at=ago(hours=2), frames=[frame("a")], release={"version": "1"})
    shop.event("f", at=ago(hours=1), frames=[frame("b", in_app=False)])

    answer = detail(shop, issue)
    assert not {"top_in_app_frame", "latest_release"} & set(answer)
    assert answer["function"] == "a"


def test_figures_include_the_bounds_and_the_newest_event_lies_between_them(shop):
    start, end = ago(hours=2), ago(hours=1)
    issue = shop.simple_issue("f", at=start, frames=[frame("a")])
    shop.event("f", at=end, frames=[frame("b")])
    answer = detail(shop, issue, window=Window(start.isoformat(), end.isoformat()))

    assert answer["impact"]["occurrences"] == 2
    assert "top_in_app_frame" not in answer


def test_the_newest_event_may_lie_five_seconds_in_the_future(shop):
    issue = shop.simple_issue("f", at=ago(hours=1), frames=[frame("a")])
    shop.event("f", at=NOW + timedelta(seconds=4), frames=[frame("b")])
    shop.event("f", at=NOW + timedelta(seconds=5), frames=[frame("c")])

    answer = detail(shop, issue)
    assert (answer["impact"]["occurrences"], answer["top_in_app_frame"]["function"]) == (1, "b")


def test_the_answer_does_without_the_newest_event_when_it_cannot_be_had(shop):
    issue = shop.simple_issue("f", frames=[frame("a")])
    whole_query = shop.store.query

    class Failing:
        def query(self, project_id, sql, parameters=None):
            if "exceptions" in sql:
                raise Unavailable("too slow")
            return whole_query(project_id, sql, parameters)

    shop.store = Failing()
    answer = detail(shop, issue)
    assert answer["impact"]["occurrences"] == 1
    assert "top_in_app_frame" not in answer


def test_releases_of_an_import_count_too(shop):
    many = {"id-1": {"version": "1", "timestamp": "2026-01-01"}, "id-2": {"version": "2", "timestamp": "2026-02-01"}}
    issue = shop.simple_issue("f", exception_releases=many, release={"version": "0", "timestamp": "2025-01-01"})

    assert detail(shop, issue)["latest_release"] == {"version": "2", "timestamp": "2026-02-01"}
