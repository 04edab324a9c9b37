"""Effects: kept in entries, turned round, and what they say about each issue."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from mothlight.issues.effect import WHOLE, Effect, of_values, read_effect, restore, snapshot, touches, write_effect
from mothlight.storage.metadata.repositories.changes import SETTINGS, Actor, Entry
from mothlight.storage.metadata.repositories.issues import Assignee, StoredIssue

NOW = datetime(2026, 4, 24, 12, tzinfo=UTC)
A, B = UUID(int=10), UUID(int=11)
ISSUE = StoredIssue(B, "resolved", "high", "Name", None, NOW, None, NOW, Assignee(role_id=UUID(int=3)))

RENAMED = of_values({A: {"name": "x"}}, {A: {"name": None}})
BULK = of_values(
    {A: {"status": "active"}, B: {"status": "suppressed"}}, {A: {"status": "resolved"}, B: {"status": "resolved"}}
)
MERGED = Effect({A: {}, B: snapshot(ISSUE)}, {A: {}, B: None}, {"f": B}, {"f": A})
LIMITS = of_values({SETTINGS: {"project_rate_limit_value": None}}, {SETTINGS: {"project_rate_limit_value": 5}})


def entry(effect, issue_ids):
    before, after = write_effect(effect)
    return Entry(
        1, UUID(int=1), "updated", Actor("user", "7"), NOW, before, after, None, 0, UUID(int=1), None, issue_ids
    )


@pytest.mark.parametrize(
    ("effect", "issue_ids"),
    [(RENAMED, [A]), (BULK, [A, B]), (MERGED, [A, B]), (MERGED.reversed(), [A, B]), (LIMITS, [])],
)
def test_an_entry_gives_its_effect_back(effect, issue_ids):
    assert read_effect(entry(effect, issue_ids)) == effect


def test_values_of_one_issue_are_kept_flat_and_all_else_by_issue():
    assert write_effect(RENAMED) == ({"name": "x"}, {"name": None})
    assert write_effect(MERGED) == (
        {"issues": {str(A): {}, str(B): snapshot(ISSUE)}, "fingerprints": {"f": str(B)}},
        {"issues": {str(A): {}, str(B): None}, "fingerprints": {"f": str(A)}},
    )


def test_what_a_flat_entry_tells_beside_the_change_is_no_change():
    found = entry(of_values({A: {"status": "resolved"}}, {A: {"status": "active", "event": "e"}}), [A])

    assert read_effect(found) == of_values({A: {"status": "resolved"}}, {A: {"status": "active"}})


def test_turned_round_twice_it_is_the_same():
    assert MERGED.reversed().reversed() == MERGED
    assert (MERGED.made, MERGED.removed, MERGED.staying) == ([], [B], [A])
    assert (MERGED.reversed().made, MERGED.reversed().removed) == ([B], [])
    assert MERGED.reversed().moved() == {B: ["f"]}


@pytest.mark.parametrize("effect", [of_values({}, {}), of_values({A: {}}, {A: {}})])
def test_an_effect_that_changes_nothing_is_empty(effect):
    assert effect.is_empty
    assert not MERGED.is_empty


def test_an_issue_is_made_again_from_its_snapshot():
    assert restore(B, snapshot(ISSUE)) == ISSUE


def test_each_issue_is_told_with_what_changed():
    merged = {touch.issue_id: touch for touch in touches(MERGED)}
    undone = {touch.issue_id: touch for touch in touches(MERGED.reversed())}

    assert (merged[A].aspects, merged[A].activity, merged[A].merged_into) == ({"fingerprints"}, "merged", None)
    assert (merged[B].aspects, merged[B].activity, merged[B].merged_into) == (WHOLE, None, A)
    assert (undone[A].activity, undone[B].merged_into) == ("split", None)


@pytest.mark.parametrize(
    ("values", "activity"),
    [
        ({"elsewhere": {"status": "x"}}, "updated"),
        ({"environment:staging": None}, "updated"),
        ({"name": "x", "assignee": None}, "updated"),
        ({"assignee": None}, "assigned"),
        ({"description": "x"}, None),
    ],
)
def test_a_history_shows_status_name_and_assignee(values, activity):
    (touch,) = touches(of_values({A: values}, {A: dict.fromkeys(values, "other")}))

    assert (touch.activity, touch.aspects) == (activity, values.keys())


def test_settings_are_in_no_history():
    (touch,) = touches(LIMITS)

    assert (touch.issue_id, touch.activity) == (SETTINGS, None)


def test_a_merge_of_an_issue_without_fingerprints_touches_its_target_too():
    empty = Effect({A: {}, B: snapshot(ISSUE)}, {A: {}, B: None})

    assert {touch.issue_id: touch.aspects for touch in touches(empty)} == {A: {"fingerprints"}, B: WHOLE}


def test_states_of_environments_are_kept_below_one_name():
    cells = {"elsewhere": {"status": "active"}, "environment:": None, "environment:Straße 1": {"status": "resolved"}}
    changed = of_values({A: cells}, {A: {name: {"status": "suppressed"} for name in cells}})

    assert write_effect(changed)[0] == {
        "elsewhere": {"status": "active"},
        "environments": {"unnamed": None, "Straße 1": {"status": "resolved"}},
    }
    assert read_effect(entry(changed, [A])) == changed
    (touch,) = touches(changed)
    assert touch.aspects == {"elsewhere", "environment:", "environment:Stra%C3%9Fe%201"}
