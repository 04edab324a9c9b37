"""Several people work on the same issues at once, on every metadata database: no lost update, no half merge."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mothlight.issues.receive import receive
from mothlight.issues.sighting import Sighting
from mothlight.issues.undo import ChangedSince
from mothlight.model.errors import Refused
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories.issues import Assignee, find_owners
from mothlight.storage.metadata.tables import grouping_keys
from tests.support.issue_desk import IssueDesk
from tests.support.received import later, received

VALUES = [f"f{number}" for number in range(8)]
USERS = (7, 8)
THREADS = 4
OPERATIONS = 25


def work(desk, seed, start):
    """Random operations on whatever is there; each may be refused, because others were there first."""
    dice = random.Random(seed)
    start.wait()
    for _ in range(OPERATIONS):
        ids = sorted(desk.state().values)
        some = dice.sample(ids, min(len(ids), dice.randint(1, 3)))
        try:
            match dice.choice(["merge", "merge", "split", "status", "assign", "undo"]):
                case "merge":
                    desk.merge(some[0], some)
                case "split":
                    desk.split(some[0], dice.sample(VALUES, 3))
                case "status":
                    desk.change(some, status=dice.choice(["active", "resolved", "suppressed"]))
                case "assign":
                    desk.change(some, assignee=dice.choice([None, *map(Assignee, USERS)]))
                case "undo":
                    desk.undo(dice.choice(desk.undoable() or desk.entries()).id, force=dice.random() < 0.3)
        except Refused:
            continue


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_journal_tells_exactly_what_happened_whoever_was_first(engine, seed):
    """Each change found what its entry says, so no update is lost; and all entries together give the present state."""
    desk = IssueDesk(engine, USERS)
    desk.see(*VALUES)
    before, told = desk.state(), len(desk.entries())
    start = threading.Barrier(THREADS)

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(lambda number: work(desk, seed * 100 + number, start), range(THREADS)))

    after = desk.state()
    assert set(after.owners) == set(VALUES)
    assert set(after.owners.values()) <= set(after.values)
    entries = desk.entries()[told:]
    assert len(entries) > THREADS
    replayed = desk.replay(before, entries)
    assert (replayed.values, replayed.owners) == (after.values, after.owners)
    # Nobody here names an environment: each has the state of its issue.
    assert {issue: set(states.values()) for issue, states in after.states.items()} == {
        issue: {values["status"]} for issue, values in after.values.items()
    }


def test_events_that_arrive_meanwhile_do_not_get_in_the_way(engine):
    """The pipeline locks issues and fingerprints too: new ones are linked, resolved ones return, nobody deadlocks."""
    desk = IssueDesk(engine, USERS)
    desk.see(*VALUES)
    start = threading.Barrier(3)

    def arrive():
        start.wait()
        for number in range(OPERATIONS):
            desk.see(f"new {number}", VALUES[number % len(VALUES)])
            _receive_all(desk, number)

    with ThreadPoolExecutor(3) as threads:
        outcomes = [
            threads.submit(arrive),
            threads.submit(work, desk, 5, start),
            threads.submit(work, desk, 6, start),
        ]
        for outcome in outcomes:
            outcome.result(timeout=60)

    after = desk.state()
    assert set(after.owners) == {*VALUES, *(f"new {number}" for number in range(OPERATIONS))}
    assert set(after.owners.values()) <= set(after.values)


def _receive_all(desk, number):
    """An event of every grouping key, earlier and later than all before."""
    with reading(desk.engine) as connection:
        keys = connection.scalars(
            grouping_keys.select()
            .with_only_columns(grouping_keys.c.grouping_key)
            .where(grouping_keys.c.project_id == desk.project)
        ).all()
        owners = find_owners(connection, desk.project, keys)
    moment = later(1_000 + number)
    seen = []
    for key, owner in owners.items():
        sighting = Sighting.of(key, received(desk.project, timestamp=moment, received_at=moment))
        sighting.earliest = later(-1_000 - number)
        seen.append((sighting, owner))
    with writing(desk.engine) as connection:
        receive(connection, desk.project, seen, moment, desk.author().make_id)


def both(first, second):
    """Do two things at the same moment; what each raised."""
    start = threading.Barrier(2)

    def attempt(action):
        start.wait()
        try:
            action()
        except Refused as refusal:
            return refusal
        return None

    with ThreadPoolExecutor(2) as threads:
        return [outcome.result(60) for outcome in [threads.submit(attempt, first), threads.submit(attempt, second)]]


@pytest.mark.parametrize("_round", range(5))
def test_of_two_who_merge_two_issues_into_each_other_one_wins(engine, _round):
    desk = IssueDesk(engine)
    a, b = desk.see("a", "b")

    outcomes = both(lambda: desk.merge(a, [b]), lambda: desk.merge(b, [a]))

    refused = [outcome for outcome in outcomes if outcome is not None]
    assert [(each.status, each.detail) for each in refused] == [(404, "Issue not found")]
    state = desk.state()
    assert len(state.values) == 1
    assert set(state.owners.values()) == set(state.values)


@pytest.mark.parametrize("_round", range(5))
def test_of_two_who_undo_the_same_change_one_is_told_so(engine, _round):
    desk = IssueDesk(engine)
    a, b = desk.see("a", "b")
    desk.merge(a, [b])
    entry = desk.undoable()[0].id

    outcomes = both(lambda: desk.undo(entry), lambda: desk.undo(entry))

    (refused,) = [outcome for outcome in outcomes if outcome is not None]
    assert isinstance(refused, ChangedSince)
    assert refused.changes == [desk.undoable()[0].id]
    assert desk.state().owners == {"a": a, "b": b}


@pytest.mark.parametrize("_round", range(5))
def test_two_who_split_the_same_fingerprint_make_one_issue(engine, _round):
    desk = IssueDesk(engine)
    a, b = desk.see("a", "b")
    desk.merge(a, [b])

    both(lambda: desk.split(a, ["b"]), lambda: desk.split(a, ["b"]))

    state = desk.state()
    assert len(state.values) == 2
    assert state.owners["b"] != a
