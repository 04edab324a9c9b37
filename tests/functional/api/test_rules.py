"""`{kind}_rules/…` (api.md 3.6)."""

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from mothlight.storage.metadata import tables
from mothlight.storage.metadata.engine import writing
from tests.functional.api.conftest import error

FILTERS = {"type": "AND", "values": [{"key": "$exception_types", "value": ["PayError"], "operator": "exact"}]}
NESTED = {"type": "OR", "values": [FILTERS, {"key": "plan", "value": 5, "extra": {"kept": 1}}], "label": "as sent"}
KINDS = ("assignment", "grouping", "suppression", "bypass", "severity")
LISTED_WHOLE = ("grouping",)


def body(triage, kind, **more):
    """A valid body of a kind."""
    own = {
        "assignment": {"assignee": {"type": "user", "id": triage.api.cast.owner.user.id}},
        "severity": {"severity": "high"},
    }
    return {"filters": FILTERS, **own.get(kind, {}), **more}


def add(triage, kind, **more):
    answer = triage.ask("POST", f"{kind}_rules/", json=body(triage, kind, **more))
    assert answer.status_code == 201, answer.text
    return answer.json()


def refused(triage, kind, sent, method="POST", path=""):
    answer = error(triage.ask(method, f"{kind}_rules/{path}", json=sent))
    return answer.status, answer.code, answer.detail, answer.attr


@pytest.mark.parametrize("kind", KINDS)
def test_a_rule_is_made_shown_changed_and_deleted(triage, kind):
    made = add(triage, kind, filters=NESTED, unknown="ignored")

    own = {
        "assignment": {"assignee": {"type": "user", "id": triage.api.cast.owner.user.id}},
        "grouping": {"assignee": None, "description": None, "issue": None},
        "suppression": {"sampling_rate": 1.0},
        "bypass": {},
        "severity": {"severity": "high"},
    }
    assert made == {
        "id": made["id"],
        "filters": NESTED,
        "order_key": 0,
        "disabled_data": None,
        "created_at": "2026-04-24T12:00:00Z",
        "updated_at": "2026-04-24T12:00:00Z",
        **own[kind],
    }
    place = f"{kind}_rules/{made['id']}/"
    assert triage.ok("GET", place) == made

    triage.api.hands.moment += timedelta(minutes=1)
    for method in ("PATCH", "PUT"):
        answer = triage.ask(method, place, json={"filters": FILTERS})
        assert (answer.status_code, answer.content) == (204, b"")
    assert triage.ok("GET", place) == {**made, "filters": FILTERS, "updated_at": "2026-04-24T12:01:00Z"}

    assert triage.ask("DELETE", place).status_code == 204
    for method in ("GET", "PATCH", "DELETE"):
        assert error(triage.ask(method, place, json={})).detail == "Not found."


@pytest.mark.parametrize("kind", KINDS)
def test_lists_are_in_order_and_in_pages_but_for_grouping_rules(triage, kind):
    made = []
    for _ in range(3):
        triage.api.hands.moment += timedelta(seconds=1)
        made.append(add(triage, kind)["id"])
    orders = {made[0]: 2, made[2]: -1, str(uuid4()): 7, "no id": 8}
    assert triage.ask("PATCH", f"{kind}_rules/reorder/", json={"orders": orders}).status_code == 204

    answer = triage.ok("GET", f"{kind}_rules/", params={"limit": 2})

    expected = [made[2], made[1], made[0]]
    if kind in LISTED_WHOLE:
        assert answer.keys() == {"results"}
        assert [rule["id"] for rule in answer["results"]] == expected
    else:
        assert (answer["count"], [rule["id"] for rule in answer["results"]]) == (3, expected[:2])
        assert answer["next"].endswith(f"{kind}_rules/?limit=2&offset=2")


def test_a_rule_of_another_kind_or_project_is_unknown(triage):
    made = add(triage, "bypass")["id"]
    cast = triage.api.cast

    assert triage.ask("GET", f"suppression_rules/{made}/").status_code == 404
    theirs = {"project": cast.other_project.id, "by": cast.stranger}
    assert triage.ask("GET", f"bypass_rules/{made}/", **theirs).status_code == 404
    assert triage.ask("DELETE", f"bypass_rules/{made}/", **theirs).status_code == 404
    triage.ask("PATCH", "bypass_rules/reorder/", json={"orders": {made: 5}}, **theirs)
    assert triage.ok("GET", f"bypass_rules/{made}/")["order_key"] == 0
    assert triage.ask("GET", "bypass_rules/no-id/").status_code == 404


NOT_AN_OBJECT = {
    "assignment": "Expected a JSON object.",
    "grouping": "Expected a JSON object.",
    "suppression": "Expected an object.",
    "bypass": "Expected an object.",
}
INVALID = ("invalid_input", "Invalid filters payload.", "filters")


@pytest.mark.parametrize("kind", NOT_AN_OBJECT)
@pytest.mark.parametrize("filters", [[], "text", 5, True])
def test_filters_that_are_no_object_are_refused(triage, kind, filters):
    assert refused(triage, kind, body(triage, kind, filters=filters)) == (
        400, "invalid_input", NOT_AN_OBJECT[kind], "filters",
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_malformed_filters_are_refused_on_create_and_update(triage, kind):
    made = add(triage, kind)
    for filters in (
        {"type": "AND", "values": [{}]},
        {"type": "AND", "values": "x"},
        {"type": "AND", "values": [{"key": "plan", "value": "(", "operator": "regex"}]},
    ):
        assert refused(triage, kind, body(triage, kind, filters=filters)) == (400, *INVALID)
        assert refused(triage, kind, {"filters": filters}, "PATCH", f"{made['id']}/") == (400, *INVALID)
    assert triage.ok("GET", f"{kind}_rules/{made['id']}/") == made


EMPTY = {"type": "AND", "values": []}


@pytest.mark.parametrize(
    ("kind", "sent", "expected"),
    [
        ("assignment", {"assignee": {"type": "user", "id": 1}}, ("required", "This field is required.", "filters")),
        ("assignment", {"filters": EMPTY}, ("required", "This field is required.", "assignee")),
        ("assignment", {"filters": EMPTY, "assignee": None}, ("null", "This field may not be null.", "assignee")),
        ("grouping", {"filters": EMPTY},
         ("invalid_input", "Filters must contain at least one filter value.", "filters")),
        ("grouping", {"filters": {"type": "AND", "values": [EMPTY]}},
         ("invalid_input", "Filters must contain at least one filter value.", "filters")),
        ("bypass", {"filters": EMPTY}, ("invalid_input", "A bypass rule must have at least one filter.", "filters")),
        ("suppression", {"filters": {}}, ("invalid_input", "Invalid filters", "filters")),
        ("suppression", {"filters": {"type": "AND"}}, ("invalid_input", "Invalid filters", "filters")),
        ("suppression", {"sampling_rate": 1.5},
         ("max_value", "Ensure this value is less than or equal to 1.0.", "sampling_rate")),
        ("suppression", {"sampling_rate": -0.1},
         ("min_value", "Ensure this value is greater than or equal to 0.0.", "sampling_rate")),
        ("suppression", {"sampling_rate": "much"}, ("invalid_input", "A valid number is required.", "sampling_rate")),
        ("severity", {"filters": EMPTY, "severity": "awful"},
         ("invalid_choice", '"awful" is not a valid choice.', "severity")),
    ],
)  # fmt: skip
def test_what_each_kind_needs(triage, kind, sent, expected):
    assert refused(triage, kind, sent) == (400, *expected)


def test_suppression_rules_without_filters_match_everything(triage):
    made = triage.ask("POST", "suppression_rules/", json={}).json()

    assert (made["filters"], made["sampling_rate"]) == (EMPTY, 1.0)


USERS, ROLES = "User assignee IDs must be integers.", "Role assignee IDs must be UUIDs."
NEITHER = "Expected an integer user ID or UUID role ID."


@pytest.mark.parametrize(
    ("assignee", "detail", "attr"),
    [
        ({"type": "user", "id": True}, NEITHER, "assignee__id"),
        ({"type": "user", "id": 1.5}, NEITHER, "assignee__id"),
        ({"type": "user", "id": "ada"}, NEITHER, "assignee__id"),
        ({"type": "user", "id": "01890a5d-ac96-774b-bcce-b302099a8057"}, USERS, "assignee__id"),
        ({"type": "role", "id": 5}, ROLES, "assignee__id"),
        ({"type": "role", "id": "5"}, ROLES, "assignee__id"),
        ({"type": "group", "id": 5}, '"group" is not a valid choice.', "assignee__type"),
        ({"type": "user", "id": 999_999}, "Assignee user does not belong to this organization.", None),
    ],
)
@pytest.mark.parametrize("kind", ["assignment", "grouping"])
def test_an_assignee_that_cannot_be_is_refused(triage, kind, assignee, detail, attr):
    status, _, told, at = refused(triage, kind, body(triage, kind, assignee=assignee))

    assert (status, told, at) == (400, detail, attr)


def add_role(triage):
    role = uuid4()
    with writing(triage.engine) as connection:
        values = {"id": role, "organization_id": triage.api.cast.project.organization_id, "name": "Payments"}
        connection.execute(sa.insert(tables.roles).values(**values, created_at=triage.api.hands.now()))
    return str(role)


def test_ids_of_assignees_come_back_as_integers_and_texts(triage):
    owner = triage.api.cast.owner.user.id
    role = add_role(triage)

    assert add(triage, "assignment", assignee={"type": "user", "id": str(owner)})["assignee"] == {
        "type": "user", "id": owner,
    }  # fmt: skip
    assert add(triage, "grouping", assignee={"type": "role", "id": role})["assignee"] == {"type": "role", "id": role}
    assert add(triage, "assignment", order_key=4)["order_key"] == 4


def test_an_update_has_a_disabled_rule_evaluated_again(triage):
    made = add(triage, "suppression")["id"]
    with writing(triage.engine) as connection:
        rule = sa.update(tables.rules).where(tables.rules.c.project_id == triage.project)
        connection.execute(rule.values(disabled_data={"message": "it broke", "props": {}}))
    assert triage.ok("GET", f"suppression_rules/{made}/")["disabled_data"] == {"message": "it broke", "props": {}}

    triage.ask("PATCH", "suppression_rules/reorder/", json={"orders": {made: 7}})
    moved = triage.ok("GET", f"suppression_rules/{made}/")
    assert (moved["order_key"], moved["disabled_data"]["message"]) == (7, "it broke"), "another place is no edit"
    triage.ask("PATCH", f"suppression_rules/{made}/", json={})

    assert triage.ok("GET", f"suppression_rules/{made}/")["disabled_data"] is None


def test_a_grouping_rule_shows_its_issue(triage):
    made = add(triage, "grouping")
    triage.capture(None)

    shown = triage.ok("GET", "grouping_rules/")["results"][0]["issue"]

    assert shown == {"id": triage.owner(f"custom-rule:{made['id']}"), "name": "PayError"}


@pytest.mark.parametrize("kind", KINDS)
def test_changes_of_rules_stand_in_the_journal_and_can_be_taken_back(triage, kind):
    made = add(triage, kind)
    place, rules = f"{kind}_rules/{made['id']}/", f"{kind}_rules/"
    triage.ask("PATCH", place, json={"filters": NESTED})
    triage.ask("PATCH", f"{rules}reorder/", json={"orders": {made["id"]: 3}})
    changed = triage.ok("GET", place)
    triage.ask("DELETE", place)

    deleted, reordered, edited, created = triage.changes()[:4]
    assert {each["kind"] for each in (deleted, reordered, edited, created)} == {"settings_changed"}
    assert deleted["summary"] == f"Changed settings: a rule from {kind} by 2 conditions in place 3 to none"
    triage.ok("POST", f"changes/{deleted['id']}/undo/")
    again = triage.ok("GET", place)
    assert {**again, "updated_at": None} == {**changed, "updated_at": None}
    triage.ok("POST", f"changes/{reordered['id']}/undo/", json={"force": True})
    assert triage.ok("GET", place)["order_key"] == 0
    triage.ok("POST", f"changes/{triage.changes()[0]['id']}/undo/")
    assert triage.ok("GET", place)["order_key"] == 3


def test_a_change_that_changes_nothing_is_no_entry(triage):
    made = add(triage, "bypass")
    before = triage.changes()
    triage.ask("PATCH", f"bypass_rules/{made['id']}/", json={"filters": FILTERS})
    triage.ask("PATCH", "bypass_rules/reorder/", json={"orders": {made["id"]: 0}})

    assert triage.changes() == before


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({}, ("required", "This field is required.", "orders")),
        ({"orders": [1]}, ("invalid_input", "Invalid data. Expected a dictionary, but got list.", "orders")),
        ({"orders": {"x": "y"}}, ("invalid_input", "A valid integer is required.", "orders__x")),
    ],
)
def test_an_order_that_cannot_be_read_is_refused(triage, sent, expected):
    assert refused(triage, "bypass", sent, "PATCH", "reorder/") == (400, *expected)
