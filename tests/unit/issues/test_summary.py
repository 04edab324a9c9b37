"""Entries of the change journal in words."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from mothlight.issues.effect import Effect, of_values, write_effect
from mothlight.issues.summary import named_in, summarise
from mothlight.storage.metadata.repositories.changes import SETTINGS, Actor, Entry

NOW = datetime(2026, 4, 24, 12, tzinfo=UTC)
A, B, C, D = (UUID(int=number) for number in range(10, 14))
NAMES = {A: "A", B: "B", C: None}
PEOPLE = {"7": "ada@example.com"}


def entry(effect, kind="updated", depth=0):
    before, after = write_effect(effect)
    issue_ids = [issue for issue in effect.before if issue != SETTINGS]
    return Entry(
        1, UUID(int=1), kind, Actor("user", "7"), NOW, before, after, None, depth, UUID(int=1), None, issue_ids
    )


def values(before, after, *issues):
    return of_values(dict.fromkeys(issues, before), dict.fromkeys(issues, after))


ADA = {"type": "user", "id": 7}
SNAPSHOT = {"status": "active", "name": "Gone"}


@pytest.mark.parametrize(
    ("effect", "words"),
    [
        (values({"status": "active"}, {"status": "resolved"}, A), "Changed “A”: status from active to resolved"),
        (values({"name": None}, {"name": "A"}, A), "Changed “A”: name from none to “A”"),
        (values({"assignee": None}, {"assignee": ADA}, A), "Changed “A”: assignee from nobody to ada@example.com"),
        (
            values({"assignee": {"type": "role", "id": "r"}}, {"assignee": None}, A),
            "Changed “A”: assignee from role r to nobody",
        ),
        (
            values(
                {"status": "active", "elsewhere": {"status": "active"}, "environment:dev": {"status": "suppressed"}},
                {"status": "resolved", "elsewhere": {"status": "resolved"}, "environment:dev": None},
                A,
            ),
            "Changed “A”: status from active to resolved",
        ),
        (
            values({"environment:": None}, {"environment:": {"status": "resolved"}}, A),
            "Changed “A”: status in unnamed from that of all to resolved",
        ),
        (
            values(
                {"elsewhere": {"status": "resolved", "release": "1.4.2"}},
                {"elsewhere": {"status": "resolved", "release": "1.4.2", "next": True}},
                A,
            ),
            "Changed “A”: resolution from 1.4.2 to what comes after 1.4.2",
        ),
        (values({"status": "x"}, {"status": "y"}, A, B), "Changed “A” and “B”: status from x to y"),
        (values({"status": "x"}, {"status": "y"}, C), "Changed an issue without a name: status from x to y"),
        (values({"status": "x"}, {"status": "y"}, D), f"Changed issue {D}: status from x to y"),
        (values({"status": "x"}, {"status": "y"}, A, B, C, D), "Changed 4 issues: status from x to y"),
        (
            of_values({A: {"status": "x"}, B: {"status": "y"}}, {A: {"status": "z"}, B: {"status": "z"}}),
            "Changed “A” and “B”: status to z",
        ),
        (
            of_values({A: {"status": "z"}, B: {"status": "z"}}, {A: {"status": "x"}, B: {"status": "y"}}),
            "Changed “A” and “B”: status from z",
        ),
        (Effect({A: {}, D: SNAPSHOT}, {A: {}, D: None}, {"f": D}, {"f": A}), "Merged “Gone” into “A”"),
        (Effect({A: {}, D: None}, {A: {}, D: SNAPSHOT}, {"f": A}, {"f": D}), "Split “Gone” off “A”"),
        (
            values({"per_issue_rate_limit_value": 5}, {"per_issue_rate_limit_value": None}, SETTINGS),
            "Changed settings: per issue rate limit value from 5 to none",
        ),
    ],
)
def test_an_effect_is_told(effect, words):
    assert summarise(entry(effect), NAMES, PEOPLE) == words


def test_an_undo_tells_what_it_takes_back_and_a_redo_what_it_does():
    effect = values({"status": "x"}, {"status": "y"}, A)

    assert (
        summarise(entry(effect.reversed(), "undone", 1), NAMES, PEOPLE) == "Took back: Changed “A”: status from x to y"
    )
    assert summarise(entry(effect, "redone", 2), NAMES, PEOPLE) == "Did again: Changed “A”: status from x to y"
    assert summarise(entry(effect.reversed(), "undone", 3), NAMES, PEOPLE).startswith("Took back: ")


def test_of_many_issues_no_names_are_needed():
    few, many = entry(values({}, {}, A, B, C, D)), entry(values({}, {}, *(UUID(int=n) for n in range(20, 25))))

    assert (list(named_in(few)), list(named_in(many))) == ([A, B, C, D], [])
