"""The history of issues (api.md 3.1)."""

from datetime import timedelta

import pytest

from tests.support.triage import UNKNOWN

ITSELF = {"short_id": None, "trigger": None, "type": None}


def changed(field, before, after):
    return {"type": "ErrorTrackingIssue", "action": "changed", "field": field, "before": before, "after": after}


def activity(triage, issue=None, **asked):
    return triage.ok("GET", f"issues/{issue}/activity/" if issue else "issues/activity/", params=asked)


def told(page):
    return [(row["activity"], row["item_id"], row["detail"]["changes"]) for row in page["results"]]


def test_an_assignment_is_told(triage):
    issue = triage.issue("a")
    member = triage.user(triage.api.cast.member)
    triage.assign(issue, member)

    page = activity(triage, issue)

    (row,) = page["results"]
    assert page == {
        "results": [
            {
                "id": row["id"],
                "activity": "assigned",
                "scope": "ErrorTrackingIssue",
                "item_id": issue,
                "user": {"first_name": "", "email": "owner@moths.test"},
                "created_at": "2026-04-24T12:00:00Z",
                "detail": {"name": "PayError", **ITSELF, "changes": [changed("assignee", None, member)]},
            }
        ],
        "next": None,
        "previous": None,
        "total_count": 1,
    }


def test_status_and_name_are_told_newest_first(triage):
    issue = triage.issue("a")
    triage.change(issue, status="resolved")
    triage.change(issue, name="New", status="active")
    triage.change(issue, name="New")

    assert told(activity(triage, issue)) == [
        ("updated", issue, [changed("status", "resolved", "active"), changed("name", "PayError", "New")]),
        ("updated", issue, [changed("status", "active", "resolved")]),
    ]


def test_descriptions_and_what_nobody_did_are_not_told(triage):
    """Both stand in the change journal."""
    issue = triage.issue("a")
    triage.change(issue, description="other")
    triage.change(issue, status="resolved")
    triage.capture("a")

    assert told(activity(triage)) == [("updated", issue, [changed("status", "active", "resolved")])]
    assert len(triage.changes()) == 4


def test_a_bulk_change_is_told_of_each_issue(triage):
    a, b = triage.issue("a"), triage.issue("b")
    triage.ok("POST", "issues/bulk/", json={"ids": [a, b], "action": "set_status", "status": "resolved"})

    page = activity(triage)

    assert page["total_count"] == 2
    assert sorted(told(page)) == sorted(
        ("updated", issue, [changed("status", "active", "resolved")]) for issue in (a, b)
    )
    assert len({row["id"] for row in page["results"]}) == 2
    assert told(activity(triage, b)) == [("updated", b, [changed("status", "active", "resolved")])]


def test_a_merge_is_told_of_the_target_and_a_split_of_the_original(triage):
    a, b = triage.issue("a"), triage.issue("b")
    triage.assign(b, triage.user(triage.api.cast.owner))
    triage.merge(a, b)
    (made,) = triage.split(a, "b")

    split, merged = told(activity(triage, a))

    assert (split[0], merged[0]) == ("split", "merged")
    assert split[2] == [
        {"type": "ErrorTrackingIssue", "action": "split", "field": "issues", "before": a, "after": [made]}
    ]
    assert merged[2] == [
        {"type": "ErrorTrackingIssue", "action": "merged", "field": "issues", "before": [b], "after": a},
        changed("assignee", None, triage.user(triage.api.cast.owner)),
    ]
    assert told(activity(triage, made)) == []


def test_an_undo_is_told_as_what_it_does(triage):
    a, b = triage.issue("a"), triage.issue("b")
    triage.change(a, status="resolved")
    triage.undone()
    triage.merge(a, b)
    triage.undone()

    names = [row["activity"] for row in activity(triage, a)["results"]]

    assert names == ["split", "merged", "updated", "updated"]


@pytest.fixture
def busy(triage):
    """An issue that was renamed 12 times, a minute apart."""
    issue = triage.issue("a")
    for number in range(12):
        triage.api.hands.moment += timedelta(minutes=1)
        triage.change(issue, name=f"N{number}")
    return issue


@pytest.mark.parametrize("of_issue", [True, False])
def test_pages_count_from_one(triage, busy, of_issue):
    issue = busy if of_issue else None

    first = activity(triage, issue)
    second = activity(triage, issue, page=2, x="y")

    assert [len(first["results"]), len(second["results"])] == [10, 2]
    assert first["total_count"] == second["total_count"] == 12
    assert (first["previous"], second["next"]) == (None, None)
    assert first["next"].endswith("activity/?limit=10&page=2")
    assert first["next"].startswith("http://errors.test/api/")
    assert second["previous"].endswith("activity/?limit=10&page=1&x=y")
    assert first["results"][0]["detail"]["changes"] == [changed("name", "N10", "N11")]


@pytest.mark.parametrize(
    ("asked", "rows"),
    [
        ({"limit": 5}, 5),
        ({"limit": 5, "page": 3}, 2),
        ({"page": 9}, 0),
        ({"limit": 0, "page": -1}, 10),
        ({"page": "x"}, 10),
    ],
)
def test_limits_and_pages_that_are_none_are_the_usual_ones(triage, busy, asked, rows):
    assert len(activity(triage, busy, **asked)["results"]) == rows


@pytest.mark.parametrize("id", [UNKNOWN, "x"])
def test_an_unknown_issue_has_an_empty_404(triage, id):
    answer = triage.ask("GET", f"issues/{id}/activity/")

    assert (answer.status_code, answer.content) == (404, b"")
