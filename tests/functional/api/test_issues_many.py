"""Merge, split and bulk (api.md 3.1)."""

import pytest

from tests.functional.api.conftest import error
from tests.support.triage import UNKNOWN

# Merging


def test_the_target_keeps_its_values_and_gets_everything_else(triage):
    a, b, c = triage.issue("a", 3), triage.issue("b", 5), triage.issue("c", 2)
    triage.change(a, status="resolved", name="A", description="of a")
    triage.change(b, name="B")
    before = triage.state()[a]

    assert triage.merge(a, b, a, c, b) == {"success": True}

    assert triage.state()[a] == {**before, "fingerprints": ["a", "b", "c"]}
    assert triage.versions() == {"a": 0, "b": 1, "c": 1}
    row = triage.figures()[a]
    assert (list(triage.figures()), row.occurrences, row.users, row.status) == ([a], 10, 5, "resolved")
    assert triage.kinds() == ["merged", "updated", "updated"]


def test_merged_fingerprints_take_new_events_to_the_target(triage):
    a, b = triage.issue("a"), triage.issue("b")
    triage.merge(a, b)

    triage.capture("b", 4)

    assert triage.figures()[a].occurrences == 6
    assert triage.owner("b") == a


@pytest.mark.parametrize(
    ("target", "sources", "expected"),
    [
        (None, ("member",), "member"),
        (None, ("member", None), "member"),
        (None, ("member", "member"), "member"),
        (None, ("member", "owner"), None),
        (None, (None, None), None),
        ("owner", ("member",), "owner"),
    ],
)
def test_a_target_without_assignee_takes_the_only_one(triage, target, sources, expected):
    def assignee(name):
        return None if name is None else triage.user(getattr(triage.api.cast, name))

    a = triage.issue("a")
    others = [triage.issue(f"s{number}") for number, _ in enumerate(sources)]
    for issue, name in zip((a, *others), (target, *sources), strict=True):
        triage.assign(issue, assignee(name))

    triage.merge(a, *others)

    assert triage.ok("GET", f"issues/{a}/")["assignee"] == triage.figures()[a].assignee == assignee(expected)


def test_a_merge_with_itself_alone_is_no_success(triage):
    a = triage.issue("a")

    assert triage.merge(a, a.upper(), a) == {"success": False}
    assert triage.kinds() == []


def test_sources_that_exist_are_merged_and_others_ignored(triage):
    a, b = triage.issue("a"), triage.issue("b")

    assert triage.merge(a, UNKNOWN, b) == {"success": True}
    assert list(triage.state()) == [a]


def test_without_any_known_source_nothing_happens(triage):
    a = triage.issue("a")

    answer = error(triage.ask("POST", f"issues/{a}/merge/", json={"ids": [UNKNOWN, a]}))

    assert (answer.status, answer.detail) == (404, "Issue not found")
    assert triage.kinds() == []


@pytest.mark.parametrize(
    ("body", "code", "detail", "attr"),
    [
        ({}, "required", "This field is required.", "ids"),
        ({"ids": None}, "null", "This field may not be null.", "ids"),
        ({"ids": []}, "empty", "This list may not be empty.", "ids"),
        ({"ids": "x"}, "not_a_list", 'Expected a list of items but got type "str".', "ids"),
        ({"ids": [UNKNOWN, "x"]}, "invalid_input", "Must be a valid UUID.", "ids__1"),
    ],
)
def test_a_merge_needs_ids(triage, body, code, detail, attr):
    answer = error(triage.ask("POST", f"issues/{UNKNOWN}/merge/", json=body))

    assert (answer.status, answer.code, answer.detail, answer.attr) == (400, code, detail, attr)


# Splitting


def test_each_fingerprint_becomes_an_issue_in_the_order_asked(triage):
    a = triage.issue("a", 3)
    triage.merge(a, triage.issue("b", 2), triage.issue("c"), triage.issue(" d"))
    triage.change(a, status="resolved", name="A")
    triage.assign(a, triage.user(triage.api.cast.owner))
    parts = [
        {"fingerprint": "c", "name": "C", "description": "of c"},
        {"fingerprint": "nobody's"},
        {"fingerprint": "b"},
        {"fingerprint": "c", "name": "again"},
        {"fingerprint": " d", "name": "", "description": None},
    ]

    answer = triage.ok("POST", f"issues/{a}/split/", json={"fingerprints": parts})

    assert answer["success"] is True
    state = triage.state()
    made = [state[issue] for issue in answer["new_issue_ids"]]
    assert [each["fingerprints"] for each in made] == [["c"], ["b"], [" d"]]
    assert [each["name"] for each in made] == ["C", "Untitled issue", "Untitled issue"]
    assert [each["description"] for each in made] == ["of c", None, None]
    assert {(each["status"], each["assignee"]) for each in made} == {("active", None)}
    assert (state[a]["fingerprints"], state[a]["status"], state[a]["name"]) == (["a"], "resolved", "A")
    assert [triage.figures()[each["id"]].occurrences for each in made] == [1, 2, 1]
    assert triage.figures()[a].occurrences == 3


def test_an_issue_may_end_without_fingerprints(triage):
    a = triage.issue("a")

    (made,) = triage.split(a, "a")

    assert triage.state()[a]["fingerprints"] == []
    assert list(triage.figures()) == [made]
    assert triage.owner("a") == made


@pytest.mark.parametrize("body", [{}, {"fingerprints": []}, {"fingerprints": [{"fingerprint": "b"}]}])
def test_a_split_of_nothing_succeeds_and_changes_nothing(triage, body):
    a, _ = triage.issue("a"), triage.issue("b")

    assert triage.ok("POST", f"issues/{a}/split/", json=body) == {"success": True, "new_issue_ids": []}
    assert triage.kinds() == []


@pytest.mark.parametrize(
    ("parts", "code", "detail", "attr"),
    [
        ([{}], "required", "This field is required.", "fingerprints__0__fingerprint"),
        ([{"fingerprint": "a"}, {"name": "x"}], "required", "This field is required.", "fingerprints__1__fingerprint"),
        ([{"fingerprint": 5}], "invalid_input", "Not a valid string.", "fingerprints__0__fingerprint"),
        ([{"fingerprint": None}], "null", "This field may not be null.", "fingerprints__0__fingerprint"),
        (["a"], "invalid_input", "Invalid data. Expected a dictionary, but got str.", "fingerprints__0"),
        ("a", "not_a_list", 'Expected a list of items but got type "str".', "fingerprints"),
    ],
)
def test_a_part_that_cannot_be_is_refused(triage, parts, code, detail, attr):
    a = triage.issue("a")

    answer = error(triage.ask("POST", f"issues/{a}/split/", json={"fingerprints": parts}))

    assert (answer.status, answer.code, answer.detail, answer.attr) == (400, code, detail, attr)
    assert triage.owner("a") == a


# In bulk


def test_a_status_is_set_for_all_that_exist(triage):
    a, b, c = (triage.issue(value) for value in "abc")
    body = {"ids": [a, UNKNOWN, b, a], "action": "set_status", "status": "suppressed"}

    assert triage.ok("POST", "issues/bulk/", json=body) == {"success": True}

    assert {issue: row.status for issue, row in triage.figures().items()} == {
        a: "suppressed",
        b: "suppressed",
        c: "active",
    }
    assert triage.kinds() == ["updated"], "one entry for all"


@pytest.mark.parametrize("with_assignee", [True, False])
def test_all_are_assigned_at_once(triage, with_assignee):
    a, b = triage.issue("a"), triage.issue("b")
    owner = triage.user(triage.api.cast.owner)
    triage.assign(a, triage.user(triage.api.cast.member))

    body = {"ids": [a, b], "action": "assign", "assignee": owner if with_assignee else None}
    assert triage.ok("POST", "issues/bulk/", json=body) == {"success": True}

    expected = owner if with_assignee else None
    assert [triage.figures()[issue].assignee for issue in (a, b)] == [expected, expected]


@pytest.mark.parametrize("status", ["archived", "pending_release", "x", "", None, 5, ["active"]])
def test_a_bulk_status_that_cannot_be_is_refused(triage, status):
    a = triage.issue("a")

    body = {"ids": [a], "action": "set_status", "status": status}
    answer = error(triage.ask("POST", "issues/bulk/", json=body))

    assert (answer.status, answer.code, answer.detail, answer.attr) == (400, "invalid_input", "Invalid status", None)
    assert triage.figures()[a].status == "active"


def test_a_missing_bulk_status_is_refused(triage):
    answer = error(triage.ask("POST", "issues/bulk/", json={"ids": [], "action": "set_status"}))

    assert answer.detail == "Invalid status"


@pytest.mark.parametrize("action", ["eat", None, 5, ["assign"]])
def test_an_unknown_action_does_nothing(triage, action):
    a = triage.issue("a")

    body = {"ids": [a], "action": action, "status": "resolved"}

    assert triage.ok("POST", "issues/bulk/", json=body) == {"success": True}
    assert triage.kinds() == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"action": "set_status", "status": "resolved"},
        {"ids": [], "action": "assign"},
        {"ids": [UNKNOWN], "action": "assign"},
    ],
)
def test_a_bulk_change_of_nothing_succeeds(triage, body):
    assert triage.ok("POST", "issues/bulk/", json=body) == {"success": True}


def test_bulk_ids_are_uuids(triage):
    answer = error(triage.ask("POST", "issues/bulk/", json={"ids": ["x"], "action": "assign"}))

    assert (answer.status, answer.detail, answer.attr) == (400, "Must be a valid UUID.", "ids__0")


def test_a_bulk_change_to_the_same_logs_nothing(triage):
    a = triage.issue("a")
    triage.ok("POST", "issues/bulk/", json={"ids": [a], "action": "set_status", "status": "active"})

    assert triage.kinds() == []
