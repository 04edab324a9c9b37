"""Events that arrive while their fingerprint goes to another issue, on every metadata database."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from mothlight.issues.merge import merge, plan_merge
from mothlight.issues.split import Part, plan_split, split
from mothlight.storage.metadata.engine import writing
from tests.support.event_rows import hashed
from tests.support.issue_desk import IssueDesk

PATIENCE_SECONDS = 30


@pytest.fixture
def desk(engine):
    return IssueDesk(engine, (7,))


def status(desk, issue):
    return desk.state().values[issue]["status"]


def test_an_event_whose_fingerprint_was_split_off_in_between_does_not_reopen_the_issue_that_it_left(desk):
    a, b = desk.see("a", "b")
    desk.merge(a, [b])
    desk.change([a], status="resolved")
    read_before = desk.owner("b")
    (new,) = desk.split(a, ["b"])

    moved = desk.arrive("b", owner=read_before)

    assert [sighting.grouping_key for sighting in moved] == [hashed("b")]
    assert status(desk, a) == "resolved"
    assert desk.arrive("b") == [], "with the owner of now it is received"
    assert (status(desk, a), status(desk, new)) == ("resolved", "active")


def test_an_event_whose_issue_was_merged_away_in_between_reopens_the_one_that_took_it_in(desk):
    a, b = desk.see("a", "b")
    desk.change([a], status="resolved")
    read_before = desk.owner("b")
    desk.merge(a, [b])

    moved = desk.arrive("b", owner=read_before)

    assert (len(moved), status(desk, a)) == (1, "resolved")
    desk.arrive("b")
    assert status(desk, a) == "active"
    assert [entry.issue_ids for entry in desk.entries() if entry.kind == "reopened"] == [[a]]


@pytest.mark.parametrize("change", ["merge", "split"])
def test_an_event_waits_for_a_change_that_is_under_way_and_sees_what_became_of_it(desk, change):
    """Two connections: one holds the locks of a change, the other waits for them with what it read before."""
    a, b = desk.see("a", "b")
    if change == "split":
        desk.merge(a, [b])
        desk.change([a], status="resolved")
    read_before = desk.owner("b")

    with ThreadPoolExecutor(1) as threads:
        with writing(desk.engine) as connection:
            author = desk.author()
            if change == "merge":
                merge(connection, author, plan_merge(connection, desk.project, a, [b]))
            else:
                split(connection, author, plan_split(connection, author, a, [Part("b")]))
            arriving = threads.submit(desk.arrive, "b", owner=read_before)
            _wait_until_somebody_waits(desk.engine)
            assert not arriving.done()
        moved = arriving.result(timeout=PATIENCE_SECONDS)

    assert len(moved) == 1
    assert status(desk, a) == ("active" if change == "merge" else "resolved")
    assert [entry.kind for entry in desk.entries()].count("reopened") == 0
    assert desk.arrive("b") == []


def _wait_until_somebody_waits(engine):
    """PostgreSQL says so. SQLite has one writer at a time, so whoever comes second waits, whenever it comes."""
    if engine.dialect.name != "postgresql":
        return
    waiting = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    until = time.monotonic() + PATIENCE_SECONDS
    with engine.connect() as connection:
        while not connection.scalar(waiting):
            assert time.monotonic() < until, "nobody waits"
            connection.rollback()
