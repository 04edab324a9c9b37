"""Retention, deletion of projects, and what dead nodes leave behind."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from mothlight.issues.move import move_fingerprint
from mothlight.journal.backlog import Backlog
from mothlight.journal.interface import Position
from mothlight.model.errors import Unavailable
from mothlight.model.tally import Tally
from mothlight.storage.metadata import tables
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.mirror import Mirror
from mothlight.upkeep.deleted_projects import GRACE, delete_leftovers
from mothlight.upkeep.retention import drop_old_events
from mothlight.worker.worker import Worker, standard_chores
from tests.functional.pipeline.conftest import Line
from tests.support.received import NOW


class Dropping:
    """Notes what is dropped. The shared store of the run holds other tests' events, so nothing is dropped there."""

    def __init__(self):
        self.moments = []

    def drop_events_before(self, moment):
        self.moments.append(moment)
        return 3


def test_events_older_than_the_days_kept_go():
    store = Dropping()

    assert drop_old_events(store, 90, lambda: NOW) == 3
    assert store.moments == [NOW - timedelta(days=90)]


def test_zero_days_keep_all():
    store = Dropping()

    assert drop_old_events(store, 0, lambda: NOW) == 0
    assert store.moments == []


def delete(line, at=NOW):
    with writing(line.engine) as connection:
        connection.execute(sa.delete(tables.projects).where(tables.projects.c.id == line.project))
        connection.execute(sa.insert(tables.deleted_projects).values(project_id=line.project, deleted_at=at))


def all_rows(line):
    names = ("events", "stacks", "owners", "issues", "persons", "person_overrides")
    sql = "SELECT count() FROM {} WHERE project_id = {{project:UInt32}}"
    return sum(line.store.query(line.project, sql.format(name))[0][0] for name in names)


def test_everything_of_a_deleted_project_goes_and_nothing_of_another(line, engine, embedded_store):
    other = Line(engine, embedded_store, line.reader)
    for each in (line, other):
        each.run(each.event(), each.event({"$anon_distinct_id": "anon"}, name="$identify"))
    kept = all_rows(other)
    delete(line)

    assert delete_leftovers(engine, embedded_store, lambda: NOW + GRACE + timedelta(seconds=1)) == 1
    assert all_rows(line) == 0
    assert all_rows(other) == kept > 0
    assert delete_leftovers(engine, embedded_store, lambda: NOW + 3 * GRACE) == 0, "it is done once"


def test_a_batch_that_was_under_way_is_waited_for(line, engine, embedded_store):
    line.run(line.event())
    delete(line)

    assert delete_leftovers(engine, embedded_store, lambda: NOW + GRACE) == 0
    assert all_rows(line) > 0


def test_the_mirror_brings_nothing_of_a_deleted_project_back(line, engine, embedded_store):
    line.run(line.event())
    with writing(engine) as connection:
        row = {"project_id": line.project, "kind": "issue", "key": str(line.issue.id), "created_at": NOW}
        connection.execute(sa.insert(tables.mirror_outbox), row)
    delete(line)
    embedded_store.delete_project(line.project)

    Mirror(engine, embedded_store).sync()

    assert all_rows(line) == 0
    with reading(engine) as connection:
        assert connection.execute(sa.select(tables.mirror_outbox)).all() == []


def test_a_change_whose_node_died_before_copying_it_is_copied_by_upkeep(line, engine, embedded_store):
    line.run(line.event({"$exception_fingerprint": "a"}), line.event({"$exception_fingerprint": "b"}))
    target = next(row.issue_id for row in line.rows(tables.fingerprints) if row.fingerprint == "b")
    with writing(engine) as connection:
        move_fingerprint(connection, line.project, "a", target, NOW)
    before = len(line.list())

    chores = standard_chores(engine, embedded_store, line.mirror, retention_days=0, clock=line.clock)
    for chore in chores:
        chore.work()

    assert (before, len(line.list())) == (2, 1)
    assert [chore.name for chore in chores] == ["mirror", "clock", "deleted_projects", "limits", "retention"]


def test_notes_stay_while_the_store_is_away(line, engine):
    line.run(line.event())
    with writing(engine) as connection:
        row = {"project_id": line.project, "kind": "issue", "key": str(line.issue.id), "created_at": NOW}
        connection.execute(sa.insert(tables.mirror_outbox), row)

    class Away:
        def insert_issues(self, _rows):
            raise Unavailable("away")

    with pytest.raises(Unavailable):
        Mirror(engine, Away()).sync()

    assert len(line.rows(tables.mirror_outbox)) == 1
    assert line.mirror.sync() == 1


def test_the_newest_state_wins_whoever_writes_it_last(line, engine, embedded_store):
    """A node that loaded an older state and writes it later overwrites nothing: its version is lower."""
    line.run(line.event())
    line.change(status="suppressed")
    versions = "SELECT status, version FROM issues WHERE project_id = {project:UInt32} ORDER BY version"
    newest = embedded_store.query(line.project, versions)[-1]

    with writing(engine) as connection:
        row = {"project_id": line.project, "kind": "issue", "key": str(line.issue.id), "created_at": NOW}
        connection.execute(sa.insert(tables.mirror_outbox), row)
    line.mirror.sync()

    status, version = embedded_store.query(line.project, versions)[-1]
    assert status == newest[0] == "suppressed"
    assert version > newest[1]


def test_a_worker_stores_what_was_offered_and_stops_with_nothing_left(line, engine, embedded_store):
    tally = Tally()

    class Journal:
        def done(self, position):
            self.last = position.sequence

    journal = Journal()
    backlog = Backlog(journal, lambda _entry: [], tally)
    chores = standard_chores(engine, embedded_store, line.mirror, retention_days=0, clock=line.clock)
    worker = Worker(backlog, line.pipeline, tally, chores)

    worker.start()
    backlog.offer(Position(1, 1, 0, 100, 1, NOW), [line.event()], 100)

    assert worker.stop()
    assert (journal.last, tally.read().stored, worker.failing) == (1, 1, None)
    assert not {"drain-journal", "upkeep"} & {thread.name for thread in threading.enumerate()}
