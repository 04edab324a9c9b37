"""The three query endpoints on the wire (api.md 2.0 to 2.3). What the figures are is tested with the queries."""

import uuid
from datetime import timedelta

import pytest

from mothlight.model.errors import Unavailable
from tests.functional.api.conftest import build, error
from tests.support.event_rows import NOW, Shop, frame

NOBODY = str(uuid.UUID(int=0))
BOTH = ("query/issue/", "query/issue_events/")


@pytest.fixture
def shop(api):
    return Shop(api.events, api.cast.project.id)


def sell(shop, fingerprint, events, **issue):
    """An issue with so many events, the newest now; its id and the uuids, newest first."""
    owner = shop.issue(**issue)
    shop.own(fingerprint, owner, first_seen=NOW - timedelta(hours=events))
    return owner, [shop.event(fingerprint, at=NOW - timedelta(hours=age)) for age in range(events)]


def test_an_issue_list_row_has_all_ten_keys(api, shop):
    issue = shop.issue(description="it broke", user=7)
    shop.own("F", issue, first_seen=NOW - timedelta(days=30, microseconds=-250))
    main = frame("renderTotal", "src/checkout/Summary.tsx")
    shop.event("F", frames=[main], at=NOW - timedelta(minutes=1), lib="web", session="s")

    answer = api.tracking("POST", "query/issues/", json={}).json()

    assert answer == {
        "results": [
            {
                "id": issue,
                "name": "TypeError",
                "description": "it broke",
                "status": "active",
                "first_seen": "2026-03-25T12:00:00.000250Z",
                "last_seen": "2026-04-24T11:59:00Z",
                "library": "web",
                "source": "src/checkout/Summary.tsx",
                "assignee": {"id": 7, "type": "user"},
                "aggregations": {
                    "occurrences": 1,
                    "users": 1,
                    "sessions": 1,
                    "volumeRange": [1],
                    "volume_buckets": [{"label": "2026-04-17T12:00:00+00:00", "value": 1}],
                },
            }
        ],
        "hasMore": False,
        "limit": 25,
        "offset": 0,
    }


def test_unknown_values_of_a_list_row_are_null(api, shop):
    issue = shop.issue(name=None)
    shop.own("F", issue)
    shop.event("F")

    (row,) = api.tracking("POST", "query/issues/").json()["results"]

    assert len(row) == 10
    assert {key for key, value in row.items() if value is None} == {
        "name",
        "description",
        "library",
        "source",
        "assignee",
    }


def test_issues_come_in_pages(api, shop):
    ids = [sell(shop, name, events)[0] for name, events in (("I", 3), ("J", 2), ("K", 1))]

    def page(**body):
        answer = api.tracking("POST", "query/issues/", json=body).json()
        return [row["id"] for row in answer.pop("results")], answer

    assert page(limit=2) == (ids[:2], {"hasMore": True, "limit": 2, "offset": 0, "nextOffset": 2})
    assert page(limit=2, offset=2) == (ids[2:], {"hasMore": False, "limit": 2, "offset": 2})
    assert page(limit=3) == (ids, {"hasMore": False, "limit": 3, "offset": 0})
    assert page(offset=10**25) == ([], {"hasMore": False, "limit": 25, "offset": 10**25})


def test_an_assignee_nobody_can_be_finds_nothing(api, shop):
    issue = shop.issue(user=7)
    shop.own("F", issue)
    shop.event("F")

    def ids(id, type):
        body = {"assignee": {"id": id, "type": type}}
        answer = api.tracking("POST", "query/issues/", json=body)
        assert answer.status_code == 200
        return [row["id"] for row in answer.json()["results"]]

    assert ids(7, "user") == ids("7", "user") == [issue]
    for id, type in (("x", "user"), (-7, "user"), (10**30, "user"), ("7", "role"), (7, "role"), (NOBODY, "role")):
        assert ids(id, type) == []


@pytest.mark.parametrize("path", BOTH)
@pytest.mark.parametrize("of_another_project", [True, False])
def test_a_missing_issue_is_404_without_a_body(api, path, of_another_project):
    hidden = Shop(api.events, api.cast.other_project.id)
    issue = sell(hidden, "F", 1)[0] if of_another_project else NOBODY

    answer = api.tracking("POST", path, json={"issueId": issue})

    assert (answer.status_code, answer.content) == (404, b"")


def test_other_projects_issues_are_not_listed(api):
    sell(Shop(api.events, api.cast.other_project.id), "F", 1)

    assert api.tracking("POST", "query/issues/", json={"status": "all"}).json()["results"] == []


def test_one_issue_leaves_out_what_it_does_not_know(api, shop):
    issue, _ = sell(shop, "F", 2)

    answer = api.tracking("POST", "query/issue/", json={"issueId": issue.upper()}).json()

    aggregations = answer.pop("aggregations")
    assert aggregations["occurrences"] == 2
    assert answer == {
        "id": issue,
        "name": "TypeError",
        "status": "active",
        "first_seen": "2026-04-24T10:00:00Z",
        "last_seen": "2026-04-24T12:00:00Z",
        "impact": {"occurrences": 2, "users": 1, "sessions": 0},
    }


@pytest.mark.parametrize(
    ("body", "length"),
    [({}, None), ({"includeSparkline": True}, 12), ({"includeSparkline": True, "volumeResolution": 200}, 200)],
)
def test_the_sparkline_is_there_when_asked_for(api, shop, body, length):
    issue, _ = sell(shop, "F", 1)

    answer = api.tracking("POST", "query/issue/", json={"issueId": issue, **body}).json()

    assert (len(answer["sparkline"]) if "sparkline" in answer else None) == length


def test_an_issue_without_matching_events_shows_its_state_alone(api, shop):
    issue, _ = sell(shop, "F", 1)
    body = {"issueId": issue, "dateRange": {"date_from": "2020-01-01", "date_to": "2020-01-02"}}

    plain = api.tracking("POST", "query/issue/", json=body).json()
    drawn = api.tracking("POST", "query/issue/", json={**body, "includeSparkline": True}).json()

    assert plain == {"id": issue, "name": "TypeError", "status": "active", "impact": {}}
    assert drawn == {**plain, "sparkline": []}


def test_events_come_one_at_a_time_newest_first(api, shop):
    issue, uuids = sell(shop, "F", 3)

    def page(**body):
        answer = api.tracking("POST", "query/issue_events/", json={"issueId": issue, **body}).json()
        return [event["uuid"] for event in answer.pop("results")], answer

    assert page() == (uuids[:1], {"hasMore": True, "limit": 1, "offset": 0, "nextOffset": 1})
    assert page(orderDirection="ASC", limit=2) == (
        [uuids[2], uuids[1]],
        {"hasMore": True, "limit": 2, "offset": 0, "nextOffset": 2},
    )
    assert page(offset=2) == (uuids[2:], {"hasMore": False, "limit": 1, "offset": 2})


def test_an_event_shows_twelve_properties_at_most(api, shop):
    issue = shop.issue()
    shop.own("F", issue)
    shop.event("F", user="ada", lib="web", cart_total=31337, browser_version=124)

    (event,) = api.tracking("POST", "query/issue_events/", json={"issueId": issue}).json()["results"]

    assert set(event) == {"uuid", "distinct_id", "timestamp", "properties"}
    assert (event["distinct_id"], event["timestamp"]) == ("ada", "2026-04-24T12:00:00Z")
    assert event["properties"] == {
        "$exception_types": ["TypeError"],
        "$exception_values": ["it broke"],
        "$exception_list": [
            {"type": "TypeError", "value": "it broke", "mechanism": {"handled": False, "type": "generic"}}
        ],
        "$exception_fingerprint": "F",
        "$exception_issue_id": issue,
        "$lib": "web",
        "$browser_version": 124,
    }


def test_an_issue_without_fingerprints_has_no_events(api, shop):
    answer = api.tracking("POST", "query/issue_events/", json={"issueId": shop.issue(), "limit": 5}).json()

    assert answer == {"results": [], "hasMore": False, "limit": 5, "offset": 0}


@pytest.mark.parametrize("path", ["query/issues/", *BOTH])
def test_test_accounts_are_left_out_unless_wanted(api, shop, path):
    issue = shop.issue()
    shop.own("F", issue)
    shop.event("F", host="localhost:3000")

    def found(**body):
        answer = api.tracking("POST", path, json={"issueId": issue, **body}).json()
        return answer["results"] if "results" in answer else answer["impact"]

    assert not found()
    assert found(filterTestAccounts=False)


def test_too_many_search_tokens_are_refused(api):
    answer = error(api.tracking("POST", "query/issues/", json={"searchQuery": " ".join("x" * 101)}))

    assert (answer.status, answer.detail) == (400, "Too many search tokens")


@pytest.mark.parametrize("path", ["query/issues/", *BOTH])
def test_a_store_that_is_away_is_503_with_a_time_to_come_back(cast, hands, path):
    class Away:
        def query(self, *_):
            raise Unavailable("The event store does not answer.", 3)

    api = build(cast, hands, Away())

    received = api.tracking("POST", path, json={"issueId": NOBODY})

    answer = error(received)
    assert (answer.status, answer.type, answer.code) == (503, "server_error", "unavailable")
    assert answer.detail == "The event store does not answer."
    assert received.headers["retry-after"] == "3"
