"""Changes that are taken back, and back again (docs/change-journal.md)."""

import pytest

from tests.support.triage import UNKNOWN


@pytest.fixture
def three(triage):
    """Three issues with 30 events each, of users 0 to 29, 0 to 9 (thrice) and 0 to 29."""
    a = triage.issue("a", 30)
    b = triage.issue("b", 10)
    triage.capture("b", 10)
    triage.capture("b", 10)
    return a, b, triage.issue("c", 30)


def test_a_merge_is_taken_back_with_names_states_assignees_and_events(triage, three):
    a, b, c = three
    member = triage.user(triage.api.cast.member)
    triage.change(b, status="resolved", name="B", description="of b")
    triage.assign(b, member)
    before, figures = triage.state(), triage.figures()

    assert triage.merge(a, b, c) == {"success": True}
    merged = triage.figures()
    triage.capture("b", 35)
    triage.capture("a", 1)
    entry = triage.undone()

    assert set(merged) == {a}
    assert (merged[a].occurrences, merged[a].users) == (90, 30)
    assert merged[a].assignee == member, "the target takes the one assignee"
    assert entry["kind"] == "undone"
    assert entry["left"] == []
    after = triage.state()
    assert after == before
    assert after[b]["status"] == "resolved"
    now = triage.figures()
    assert (now[a].occurrences, now[b].occurrences, now[c].occurrences) == (31, 65, 30)
    assert (now[a].users, now[b].users) == (figures[a].users, 35)


def test_new_events_go_to_the_restored_issue(triage, three):
    a, b, _ = three
    triage.merge(a, b)
    triage.undone()

    triage.capture("b", 5)

    assert triage.figures()[b].occurrences == 35
    assert triage.owner("b") == b


def test_an_undo_can_be_undone_and_that_again(triage, three):
    a, b, c = three
    triage.merge(a, b, c)
    merged = triage.state()
    undo = triage.undone()
    apart = triage.state()
    redo = triage.undone(undo)
    assert triage.state() == merged
    again = triage.undone(redo)

    assert triage.state() == apart
    assert [redo["kind"], again["kind"]] == ["redone", "undone"]
    assert triage.figures()[b].occurrences == 30
    entries = {entry["id"]: entry for entry in triage.changes(kind="merged,undone,redone")}
    chain = [entries[again["undoes"]], entries[redo["undoes"]], entries[undo["undoes"]]]
    assert [entry["undone_by"] for entry in chain] == [again["id"], redo["id"], undo["id"]]
    assert [entry["undoable"] for entry in entries.values()] == [True, False, False, False]


def test_a_split_is_joined_again(triage, three):
    a, b, c = three
    triage.merge(a, b, c)
    whole = triage.state()

    made = triage.split(a, "b", "c")
    apart = triage.figures()
    triage.capture("b", 2)
    triage.undone()

    assert [apart[issue].occurrences for issue in (a, *made)] == [30, 30, 30]
    assert triage.state() == whole
    assert triage.figures()[a].occurrences == 92
    gone = triage.ask("GET", f"issues/{made[0]}/")
    assert (gone.status_code, gone.headers["x-merged-into"]) == (404, a)


def test_a_split_can_be_redone_with_the_same_ids(triage, three):
    a, b, _ = three
    triage.merge(a, b)
    (made,) = triage.split(a, "b")
    apart = triage.state()

    triage.undone(triage.undone())

    assert triage.state() == apart
    assert triage.owner("b") == made


def test_a_bulk_change_is_taken_back_as_one(triage, three):
    a, b, c = three
    triage.change(b, status="suppressed")
    triage.change(c, status="resolved")
    before = triage.state()

    triage.ok("POST", "issues/bulk/", json={"ids": [a, b, c], "action": "set_status", "status": "resolved"})
    entry = triage.changes()[0]
    triage.undone(entry)

    assert sorted(entry["issue_ids"]) == sorted([a, b]), "the third was resolved already"
    assert triage.state() == before
    assert {issue: each.status for issue, each in triage.figures().items()} == {
        a: "active",
        b: "suppressed",
        c: "resolved",
    }


@pytest.mark.parametrize(
    "values",
    [{"status": "resolved"}, {"name": "New"}, {"description": None}, {"status": "suppressed", "name": ""}],
)
def test_values_are_taken_back(triage, values):
    issue = triage.issue("a")
    before = triage.state()

    triage.change(issue, **values)
    assert triage.state() != before
    triage.undone()

    assert triage.state() == before
    assert triage.figures()[issue].status == "active"


def test_an_assignment_is_taken_back_to_who_it_was(triage):
    issue = triage.issue("a")
    owner, member = triage.user(triage.api.cast.owner), triage.user(triage.api.cast.member)
    triage.assign(issue, owner)
    triage.assign(issue, member)

    triage.undone()
    assert triage.figures()[issue].assignee == owner
    triage.undone(triage.changes(kind="assigned")[1])

    assert triage.figures()[issue].assignee is None


def test_settings_are_taken_back(triage):
    triage.ok("PATCH", "settings/update_settings/", json={"per_issue_rate_limit_value": 5})
    triage.ok("PATCH", "settings/update_settings/", json={"project_rate_limit_value": 9})
    _, first = triage.changes()

    triage.undone(first)

    settings = triage.ok("GET", "settings/retrieve_settings/")
    assert (settings["per_issue_rate_limit_value"], settings["project_rate_limit_value"]) == (None, 9)
    assert (first["issue_ids"], first["before"]) == ([], {"per_issue_rate_limit_value": None})
    assert triage.undo(first).status_code == 409


def test_a_reopening_by_an_event_is_taken_back(triage):
    issue = triage.issue("a")
    triage.change(issue, status="resolved")
    triage.capture("a")
    (reopened,) = triage.changes(kind="reopened")

    entry = triage.undone(reopened)

    assert triage.figures()[issue].status == "resolved"
    assert entry["before"] == {"status": "active", "environments": {"unnamed": {"status": "active"}}}
    assert entry["after"]["status"] == entry["after"]["environments"]["unnamed"]["status"] == "resolved"


# Conflicts


def conflict(answer):
    body = answer.json()
    assert (answer.status_code, body["type"], body["code"], body["attr"]) == (409, "conflict", "changed_since", None)
    assert set(body) == {"type", "code", "detail", "attr", "changes"}
    return body["changes"]


def test_a_later_change_of_the_same_value_stands_in_the_way(triage):
    issue = triage.issue("a")
    triage.change(issue, status="resolved")
    triage.change(issue, status="suppressed")
    later, first = triage.changes(actor="user")
    before = triage.state()

    assert conflict(triage.undo(first)) == [later["id"]]
    assert conflict(triage.undo(first, force=True)) == [later["id"]], "nothing of it can be undone"
    assert triage.state() == before


def test_a_later_change_of_another_value_does_not(triage):
    issue = triage.issue("a")
    triage.change(issue, status="resolved")
    triage.change(issue, name="Other")
    _, first = triage.changes(actor="user")

    triage.undone(first)

    state = triage.state()[issue]
    assert (state["status"], state["name"]) == ("active", "Other")


def test_a_later_change_that_was_taken_back_does_not(triage):
    issue = triage.issue("a")
    triage.change(issue, status="resolved")
    triage.change(issue, status="suppressed")
    later, first = triage.changes(actor="user")
    triage.undone(later)

    triage.undone(first)

    assert triage.state()[issue]["status"] == "active"


def test_a_later_change_that_was_done_again_does(triage):
    issue = triage.issue("a")
    triage.change(issue, status="resolved")
    triage.change(issue, status="suppressed")
    later, first = triage.changes(actor="user")
    redo = triage.undone(triage.undone(later))

    assert conflict(triage.undo(first)) == [redo["id"]]


def test_what_is_undone_cannot_be_undone_again(triage):
    issue = triage.issue("a")
    triage.change(issue, status="resolved")
    entry = triage.changes()[0]
    undo = triage.undone(entry)

    assert conflict(triage.undo(entry)) == [undo["id"]]
    assert conflict(triage.undo(entry, force=True)) == [undo["id"]]


def test_force_undoes_the_rest_of_a_bulk_change(triage, three):
    a, b, c = three
    triage.ok("POST", "issues/bulk/", json={"ids": [a, b, c], "action": "set_status", "status": "resolved"})
    bulk = triage.changes()[0]
    triage.change(b, status="suppressed")
    later = triage.changes()[0]

    assert conflict(triage.undo(bulk)) == [later["id"]]
    entry = triage.undone(bulk, force=True)

    assert entry["left"] == [{"what": "status", "issue_id": b, "fingerprint": None, "changes": [later["id"]]}]
    assert sorted(entry["issue_ids"]) == sorted([a, c])
    assert [triage.state()[issue]["status"] for issue in three] == ["active", "suppressed", "active"]


def test_a_merge_whose_target_was_merged_on_cannot_be_undone(triage, three):
    a, b, c = three
    triage.merge(a, b)
    first = triage.changes()[0]
    triage.merge(c, a)
    second = triage.changes()[0]

    assert conflict(triage.undo(first)) == [second["id"]]
    assert conflict(triage.undo(first, force=True)) == [second["id"]]
    triage.undone(second)
    triage.undone(first)
    assert set(triage.state()) == {a, b, c}


def test_another_merge_into_the_same_target_does_not_stand_in_the_way(triage, three):
    a, b, c = three
    triage.merge(a, b)
    first = triage.changes()[0]
    triage.merge(a, c)

    triage.undone(first)

    assert {issue: each["fingerprints"] for issue, each in triage.state().items()} == {a: ["a", "c"], b: ["b"]}


def test_force_brings_back_an_issue_with_the_fingerprints_that_are_still_there(triage, three):
    a, b, c = three
    triage.merge(b, c)
    triage.merge(a, b)
    merge = triage.changes()[0]
    (made,) = triage.split(a, "c")
    split = triage.changes()[0]

    assert conflict(triage.undo(merge)) == [split["id"]]
    entry = triage.undone(merge, force=True)

    assert entry["left"] == [{"what": "fingerprint", "issue_id": a, "fingerprint": "c", "changes": [split["id"]]}]
    owned = {issue: each["fingerprints"] for issue, each in triage.state().items()}
    assert owned == {a: ["a"], b: ["b"], made: ["c"]}


def test_a_split_issue_that_was_worked_on_is_left(triage, three):
    a, b, c = three
    triage.merge(a, b, c)
    first, second = triage.split(a, "b", "c")
    split = triage.changes()[0]
    triage.change(first, status="resolved")
    later = triage.changes()[0]

    assert conflict(triage.undo(split)) == [later["id"]]
    entry = triage.undone(split, force=True)

    assert {each["what"] for each in entry["left"]} == {"issue", "fingerprint"}
    owned = {issue: each["fingerprints"] for issue, each in triage.state().items()}
    assert owned == {a: ["a", "c"], first: ["b"]}
    assert second not in owned


def test_a_restored_issue_that_was_worked_on_is_not_merged_again(triage, three):
    a, b, c = three
    triage.merge(a, b, c)
    undo = triage.undone()
    triage.change(b, name="Mine")
    later = triage.changes()[0]

    assert conflict(triage.undo(undo)) == [later["id"]]
    triage.undone(undo, force=True)

    owned = {issue: each["fingerprints"] for issue, each in triage.state().items()}
    assert owned == {a: ["a", "c"], b: ["b"]}


def test_a_target_that_got_its_assignee_by_the_merge_keeps_a_later_one(triage, three):
    a, b, _ = three
    cast = triage.api.cast
    triage.assign(b, triage.user(cast.member))
    triage.merge(a, b)
    merge = triage.changes()[0]
    triage.assign(a, triage.user(cast.owner))

    entry = triage.undone(merge, force=True)

    assert [each["what"] for each in entry["left"]] == ["assignee"]
    state = triage.state()
    assert state[a]["assignee"]["id"] == cast.owner.user.id
    assert state[b]["assignee"]["id"] == cast.member.user.id


def test_who_left_the_organization_is_not_assigned_again(triage, three):
    a, b, _ = three
    leaver = triage.api.cast.add_user("leaver@moths.test")
    triage.assign(b, triage.user(leaver))
    triage.merge(a, b)
    triage.assign(a, None)
    merge = triage.changes(kind="merged")[0]
    remove_user(triage.engine, leaver.user.id)

    entry = triage.undone(merge, force=True)

    assert {(each["what"], each["issue_id"]) for each in entry["left"]} == {("assignee", a), ("assignee", b)}
    assert triage.state()[b]["assignee"] is None


def remove_user(engine, user_id):
    import sqlalchemy as sa

    from mothlight.storage.metadata.engine import writing
    from mothlight.storage.metadata.tables import users

    with writing(engine) as connection:
        connection.execute(sa.delete(users).where(users.c.id == user_id))


@pytest.mark.parametrize("kind", ["created", "not_reopened"])
def test_what_only_tells_cannot_be_undone(triage, kind):
    issue = triage.issue("a")
    triage.change(issue, status="resolved")
    triage.capture("a", timestamp=triage.api.hands.now().replace(year=2025))
    (entry,) = triage.changes(kind=kind)

    answer = triage.undo(entry)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert entry["undoable"] is False


@pytest.mark.parametrize("entry", [UNKNOWN, "x"])
def test_an_unknown_entry_is_404(triage, entry):
    answer = triage.ask("POST", f"changes/{entry}/undo/")

    assert (answer.status_code, answer.json()["detail"]) == (404, "Not found.")


def test_force_must_be_a_boolean(triage):
    answer = triage.ask("POST", f"changes/{UNKNOWN}/undo/", json={"force": "perhaps"})

    assert (answer.status_code, answer.json()["detail"], answer.json()["attr"]) == (
        400,
        "Must be a valid boolean.",
        "force",
    )


def test_entries_of_another_project_cannot_be_undone(triage):
    api = triage.api
    issue = triage.issue("a")
    triage.change(issue, status="resolved")
    entry = triage.changes()[0]

    theirs = api.cast.other_project.id
    answer = api.tracking("POST", f"changes/{entry['id']}/undo/", project=theirs, by=api.cast.stranger)

    assert answer.status_code == 404
    assert triage.state()[issue]["status"] == "resolved"
