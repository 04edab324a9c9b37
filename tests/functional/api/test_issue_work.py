"""One issue: shown, listed, changed, assigned (api.md 3.1)."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from mothlight.access import changes
from mothlight.access.changes import OPERATOR
from mothlight.storage.metadata.engine import writing
from mothlight.storage.metadata.tables import issues
from tests.functional.api.conftest import error
from tests.support.cast import NOW
from tests.support.triage import UNKNOWN


def test_an_issue_is_shown_with_all_its_keys(triage):
    issue = triage.issue("a", timestamp=NOW - timedelta(microseconds=489_000))

    assert triage.ok("GET", f"issues/{issue}/") == {
        "id": issue,
        "status": "active",
        "name": "PayError",
        "description": "card declined",
        "first_seen": "2026-04-24T11:59:59.511000Z",
        "assignee": None,
        "external_issues": [],
        "cohort": None,
        "environments": [
            {
                "name": "unnamed",
                "status": "active",
                "first_seen": "2026-04-24T11:59:59.511000Z",
                "last_seen": "2026-04-24T11:59:59.511000Z",
                "occurrences": 1,
                "resolved": None,
                "seen_again": None,
            }
        ],
    }


def test_first_seen_is_the_earliest_over_all_fingerprints(triage):
    a = triage.issue("a")
    b = triage.issue("b", timestamp=NOW - timedelta(days=3))
    triage.merge(a, b)
    first = triage.ok("GET", f"issues/{a}/")["first_seen"]

    triage.split(a, "a", "b")

    assert first == "2026-04-21T12:00:00Z"
    assert triage.ok("GET", f"issues/{a}/")["first_seen"] is None


@pytest.mark.parametrize("spelling", [str.upper, lambda text: text.replace("-", "")])
def test_an_id_is_found_in_any_spelling(triage, spelling):
    issue = triage.issue("a")

    assert triage.ok("GET", f"issues/{spelling(issue)}/")["id"] == issue


@pytest.mark.parametrize("id", [UNKNOWN, "x", "0", "%00"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {}),
        ("PUT", "", {"status": "active"}),
        ("POST", "merge/", {"ids": [UNKNOWN]}),
        ("POST", "split/", {}),
        ("PATCH", "assign/", {}),
        ("PUT", "cohort/", {"cohortId": 1}),
    ],
)
def test_an_unknown_issue_is_404_with_its_own_words(triage, method, path, body, id):
    answer = error(triage.ask(method, f"issues/{id}/{path}", **({} if body is None else {"json": body})))

    assert (answer.status, answer.type, answer.code) == (404, "invalid_request", "not_found")
    assert (answer.detail, answer.attr) == ("Issue not found", None)


def test_legacy_statuses_are_shown_as_stored(triage):
    issue = triage.issue("a")
    with writing(triage.engine) as connection:
        connection.execute(sa.update(issues).values(status="pending_release"))

    assert triage.ok("GET", f"issues/{issue}/")["status"] == "pending_release"


# The list


def test_issues_are_listed_newest_created_first_in_pages(triage):
    created = []
    for value in "abc":
        triage.api.hands.moment += timedelta(seconds=1)
        created.append(triage.issue(value))

    page = triage.ok("GET", "issues/", params={"limit": 2})

    assert [row["id"] for row in page["results"]] == created[:0:-1]
    assert (page["count"], page["previous"]) == (3, None)
    assert page["next"].startswith("http://errors.test/api/environments/")
    assert page["next"].endswith("/error_tracking/issues/?limit=2&offset=2")
    assert [row["id"] for row in triage.ok("GET", "issues/", params={"offset": 2})["results"]] == created[:1]
    assert page["results"][0] == triage.ok("GET", f"issues/{created[2]}/")


# The owner of a fingerprint


def test_a_fingerprint_of_another_issue_leads_there(triage):
    a, b = triage.issue("a"), triage.issue("b")

    for asked in (a, UNKNOWN, "x"):
        answer = triage.ask("GET", f"issues/{asked}/", params={"fingerprint": "b"})
        assert (answer.status_code, answer.json()) == (308, {"issue_id": b})
        assert "location" not in answer.headers


@pytest.mark.parametrize("fingerprint", ["a", "nobody's", "", "\0"])
def test_its_own_fingerprint_or_nobodys_makes_no_difference(triage, fingerprint):
    a = triage.issue("a")

    answer = triage.ask("GET", f"issues/{a}/", params={"fingerprint": fingerprint})
    missing = error(triage.ask("GET", f"issues/{UNKNOWN}/", params={"fingerprint": "nobody's"}))

    assert (answer.status_code, answer.json()["id"]) == (200, a)
    assert (missing.status, missing.detail) == (404, "Issue not found")


def test_an_issue_that_was_merged_away_says_where_it_went(triage):
    a, b, c = (triage.issue(value) for value in "abc")
    triage.merge(b, c)
    triage.merge(a, b)

    answer = triage.ask("GET", f"issues/{c}/")
    followed = triage.ask("GET", f"issues/{c}/", params={"fingerprint": "c"})

    assert (answer.status_code, error(answer).detail) == (404, "Issue not found")
    assert answer.headers["x-merged-into"] == a
    assert (followed.status_code, followed.json()) == (308, {"issue_id": a})
    assert "x-merged-into" not in triage.ask("GET", f"issues/{UNKNOWN}/").headers


# Changing


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"status": "resolved"}, {"status": "resolved"}),
        ({"status": " suppressed "}, {"status": "suppressed"}),
        ({"name": "  Paying  "}, {"name": "Paying"}),
        ({"name": None, "description": None}, {"name": None, "description": None}),
        ({"name": "", "description": "  "}, {"name": "", "description": ""}),
        ({"name": 5}, {"name": "5"}),
        ({"first_seen": "x", "assignee": 7, "unknown": []}, {}),
        ({}, {}),
    ],
)
def test_what_is_sent_changes_and_the_rest_stays(triage, method, body, expected):
    issue = triage.issue("a")
    before = triage.ok("GET", f"issues/{issue}/")

    answer = triage.ok(method, f"issues/{issue}/", json=body)

    (environment,) = answer["environments"]
    assert environment["status"] == answer["status"]
    assert answer == {**before, **expected, "environments": [environment]}
    assert triage.ok("GET", f"issues/{issue}/") == answer
    row = triage.figures()[issue]
    assert (row.status, row.name) == (answer["status"], answer["name"]), "the next query shows it"


@pytest.mark.parametrize(
    ("body", "code", "detail", "attr"),
    [
        ({"status": "archived"}, "invalid_choice", '"archived" is not a valid choice.', "status"),
        ({"status": "pending_release"}, "invalid_choice", '"pending_release" is not a valid choice.', "status"),
        ({"status": "all"}, "invalid_choice", '"all" is not a valid choice.', "status"),
        ({"status": ""}, "invalid_choice", '"" is not a valid choice.', "status"),
        ({"status": None}, "null", "This field may not be null.", "status"),
        ({"name": []}, "invalid_input", "Not a valid string.", "name"),
        ({"description": True}, "invalid_input", "Not a valid string.", "description"),
        ({"name": {}, "status": "x"}, "invalid_choice", '"x" is not a valid choice.', "status"),
    ],
)
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_value_that_cannot_be_is_refused(triage, method, body, code, detail, attr):
    issue = triage.issue("a")

    answer = error(triage.ask(method, f"issues/{issue}/", json=body))

    assert (answer.status, answer.type, answer.code) == (400, "validation_error", code)
    assert (answer.detail, answer.attr) == (detail, attr)
    assert triage.kinds() == []


def test_a_bad_body_is_told_before_an_unknown_issue(triage):
    assert error(triage.ask("PATCH", f"issues/{UNKNOWN}/", json={"status": "x"})).status == 400


def test_a_change_to_the_same_changes_and_logs_nothing(triage):
    issue = triage.issue("a")
    triage.change(issue, status="active", name="PayError", description="card declined")

    assert triage.kinds() == []


def test_issues_cannot_be_deleted(triage):
    issue = triage.issue("a")

    answer = triage.ask("DELETE", f"issues/{issue}/")

    assert error(answer).detail == 'Method "DELETE" not allowed.'
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, PATCH, PUT"


# Assigning


@pytest.fixture
def role(triage):
    cast = triage.api.cast
    with writing(triage.engine) as connection:
        return changes.create_role(connection, OPERATOR, cast.organization.id, "Payments", [], NOW)


def test_an_issue_is_assigned_to_a_user_a_role_or_nobody(triage, role):
    issue = triage.issue("a")
    member = triage.user(triage.api.cast.member)
    seen = []
    for assignee in (member, {"type": "role", "id": str(role.id).upper()}, None):
        triage.assign(issue, assignee)
        seen.append((triage.ok("GET", f"issues/{issue}/")["assignee"], triage.figures()[issue].assignee))

    assert seen == [(each, each) for each in (member, {"type": "role", "id": str(role.id)}, None)]


@pytest.mark.parametrize("id", ["text", "number"])
def test_a_users_id_may_be_a_number_or_its_text(triage, id):
    issue, member = triage.issue("a"), triage.user(triage.api.cast.member)

    triage.assign(issue, {**member, "id": str(member["id"]) if id == "text" else member["id"]})

    assert triage.ok("GET", f"issues/{issue}/")["assignee"] == member


def test_no_assignee_is_nobody(triage):
    issue = triage.issue("a")
    triage.assign(issue, triage.user(triage.api.cast.owner))

    assert triage.ok("PATCH", f"issues/{issue}/assign/", json={}) == {"success": True}
    assert triage.ok("GET", f"issues/{issue}/")["assignee"] is None


def test_assigning_the_same_again_logs_nothing(triage):
    issue, owner = triage.issue("a"), triage.user(triage.api.cast.owner)
    for assignee in (None, owner, owner):
        triage.assign(issue, assignee)

    assert triage.kinds() == ["assigned"]


FOREIGN_USER = "Assignee user does not belong to this organization."
FOREIGN_ROLE = "Assignee role does not belong to this organization."


@pytest.mark.parametrize(
    ("assignee", "detail", "attr", "code"),
    [
        ({"type": "user", "id": "stranger"}, FOREIGN_USER, None, "invalid_input"),
        ({"type": "user", "id": 999_999}, FOREIGN_USER, None, "invalid_input"),
        ({"type": "user", "id": 10**30}, FOREIGN_USER, None, "invalid_input"),
        ({"type": "user", "id": -1}, FOREIGN_USER, None, "invalid_input"),
        ({"type": "role", "id": UNKNOWN}, FOREIGN_ROLE, None, "invalid_input"),
        ({"type": "role", "id": 7}, FOREIGN_ROLE, None, "invalid_input"),
        ({"type": "group", "id": 7}, '"group" is not a valid choice.', "assignee__type", "invalid_choice"),
        ({"type": "user"}, "This field is required.", "assignee__id", "required"),
        ({"id": 7}, "This field is required.", "assignee__type", "required"),
        ({"type": "user", "id": True}, "Expected a string or integer.", "assignee__id", "invalid_input"),
        (7, "Invalid data. Expected a dictionary, but got int.", "assignee", "invalid_input"),
    ],
)
@pytest.mark.parametrize("route", ["assign", "bulk"])
def test_nobody_else_can_be_assigned(triage, route, assignee, detail, attr, code):
    issue = triage.issue("a")
    if isinstance(assignee, dict) and assignee.get("id") == "stranger":
        assignee = triage.user(triage.api.cast.stranger)

    if route == "assign":
        answer = error(triage.ask("PATCH", f"issues/{issue}/assign/", json={"assignee": assignee}))
    else:
        body = {"ids": [issue], "action": "assign", "assignee": assignee}
        answer = error(triage.ask("POST", "issues/bulk/", json=body))

    assert (answer.status, answer.type, answer.code) == (400, "validation_error", code)
    assert (answer.detail, answer.attr) == (detail, attr)
    assert triage.kinds() == []


# Cohorts


@pytest.mark.parametrize("body", [{}, {"cohortId": None}, {"cohort_id": 5}])
def test_a_cohort_must_be_named(triage, body):
    answer = error(triage.ask("PUT", f"issues/{triage.issue('a')}/cohort/", json=body))

    assert (answer.status, answer.detail) == (400, "Please provide a cohort id")


def test_every_cohort_is_unknown(triage):
    answer = error(triage.ask("PUT", f"issues/{triage.issue('a')}/cohort/", json={"cohortId": 5}))

    assert (answer.status, answer.code, answer.detail) == (404, "not_found", "Cohort not found")
