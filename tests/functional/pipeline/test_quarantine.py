"""Events that cannot be stored are kept whole, hold up nothing as long as there is room, and can be processed again."""

import itertools
import time
from contextlib import contextmanager
from datetime import timedelta

import msgspec
import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from mothlight.journal.backlog import Backlog
from mothlight.journal.interface import Position
from mothlight.kit.clock import system_clock
from mothlight.model.errors import Unavailable
from mothlight.model.event import ReceivedEvent
from mothlight.model.tally import Tally
from mothlight.persons import apply
from mothlight.pipeline import quarantine as quarantine_module
from mothlight.pipeline.quarantine import Quarantine, QuarantineFull
from mothlight.pipeline.stages import fingerprint as fingerprint_stage
from mothlight.storage.events.interface import RefusedRow
from mothlight.storage.metadata import tables
from mothlight.storage.metadata.engine import alone, open_database, reading, writing
from mothlight.storage.metadata.repositories import quarantine as repository
from mothlight.upkeep.deleted_projects import GRACE, delete_leftovers
from mothlight.worker import drain_journal
from mothlight.worker.drain_journal import DrainJournal
from tests.support.received import NOW, later


@pytest.fixture(autouse=True)
def logs():
    """What is logged; failures here are many, and meant."""
    with capture_logs() as entries:
        yield entries


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(drain_journal, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(drain_journal, "LONGEST_PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(drain_journal, "CALLED_BACK_SECONDS", 0.01)


class Running:
    """A worker with a backlog, as one process has them."""

    def __init__(self, line, pipeline):
        self.tally = Tally()
        self._backlog = Backlog(self, lambda _entry: [], self.tally)
        self.worker = DrainJournal(self._backlog, pipeline, self.tally)
        self._line = line

    def read(self, position):
        raise AssertionError(f"everything fits into memory, {position} too")

    def done(self, position):
        """The journal may forget it."""

    def accept(self, *events):
        sequence = next(self._line.sequences)
        self.tally.accept(len(events))
        self._backlog.offer(Position(sequence, 1, 0, 100, len(events), NOW, "writer"), list(events), 100)

    def wait_until(self, condition):
        deadline = time.monotonic() + 15
        while not condition():
            assert time.monotonic() < deadline, (self.tally.read(), self.worker.failing)
            time.sleep(0.005)

    def settle(self):
        self.wait_until(lambda: self.tally.read().pending == 0)


@pytest.fixture
def running(line):
    """Runs a worker for the length of a block; another one each time, as after a restart."""

    @contextmanager
    def run():
        process = Running(line, line.new_pipeline(line.store))
        process.worker.start()
        try:
            yield process
        finally:
            process.worker.stop(drain=False, timeout=10)

    return run


@pytest.fixture
def defect(monkeypatch):
    """A pipeline that fails on events with the fingerprint `bad`, until it is mended."""
    grouping_key = fingerprint_stage.grouping_key
    state = {"bad": True}

    def fails(entries, stack, manual):
        if manual == "bad" and state["bad"]:
            raise RuntimeError("a defect")
        return grouping_key(entries, stack, manual)

    monkeypatch.setattr(fingerprint_stage, "grouping_key", fails)
    return lambda: state.update(bad=False)


class Refusing:
    """A real store that refuses the rows of a user until it is mended."""

    def __init__(self, store):
        self._store = store
        self.refuses = True

    def __getattr__(self, name):
        return getattr(self._store, name)

    def insert_events(self, rows):
        bad = [row for row in rows if self.refuses and row.distinct_id == "bad"]
        self._store.insert_events([row for row in rows if row not in bad])
        return [RefusedRow(row, "cannot be parsed") for row in bad]


def bad_event(line, properties=None, **more):
    return line.event({"$exception_fingerprint": "bad", **(properties or {})}, **more)


def quarantined(line):
    with reading(line.engine) as connection:
        return repository.list_quarantine(connection, 100)


def make_due(line, *causes):
    with writing(line.engine) as connection:
        return repository.make_due(connection, causes)


def progress_rows(line):
    with reading(line.engine) as connection:
        rows = connection.execute(sa.select(tables.journal_progress.c.writer)).scalars()
        return [writer for writer in rows if writer.startswith("quarantine")]


def test_an_event_that_the_pipeline_fails_on_is_kept_whole(line, running, defect):
    event = bad_event(line, {"text": "x" * 200_000, "n": 1}, historical=True, received_at=later(5))

    with running() as process:
        process.accept(line.event(), event)
        process.settle()

    (kept,) = quarantined(line)
    with reading(line.engine) as connection:
        (text,) = repository.find_events(connection, event.uuid)
    restored = msgspec.json.decode(text, type=ReceivedEvent)
    assert msgspec.structs.replace(restored, properties={}) == msgspec.structs.replace(event, properties={})
    assert {name: msgspec.json.decode(value) for name, value in restored.properties.items()} == {
        name: msgspec.json.decode(value) for name, value in event.properties.items()
    }
    assert (kept.cause, kept.reason, kept.size) == ("defect", "RuntimeError: a defect", len(text.encode()))
    assert not kept.is_due


def test_the_next_start_processes_it_again(line, running, defect):
    event = bad_event(line)
    with running() as process:
        process.accept(event)
        process.settle()
        assert process.tally.read().dropped == {"quarantined": 1}
    defect()

    with running() as process:
        process.wait_until(lambda: process.tally.read().stored == 1)
        counted = process.tally.read()

    assert (counted.accepted, counted.recovered, counted.stored, counted.pending) == (0, 1, 1, 0)
    assert line.uuids() == [str(event.uuid)]
    assert [row.name for row in line.list()] == ["PayError"]
    assert (quarantined(line), progress_rows(line)) == ([], [])


def test_what_fails_again_stays_and_is_counted_again(line, running, defect):
    line.now = later(0)
    event = bad_event(line)
    with running() as process:
        process.accept(event)
        process.settle()
    line.now = later(60)

    with running() as process:
        process.wait_until(lambda: process.tally.read().dropped == {"quarantined": 1})
        counted = process.tally.read()

    (kept,) = quarantined(line)
    assert (counted.recovered, counted.stored, counted.pending) == (1, 0, 0)
    assert (kept.event_uuid, kept.failed_at, kept.is_due) == (event.uuid, later(60), False)


def test_a_running_server_hears_that_events_shall_be_processed_again(line, running, defect):
    event = bad_event(line)
    with running() as process:
        process.accept(event)
        process.settle()
        defect()
        assert make_due(line, "defect") == 1

        process.wait_until(lambda: process.tally.read().stored == 1)
        process.accept(line.event())
        process.wait_until(lambda: process.tally.read().stored == 2)

    counted = process.tally.read()
    assert (counted.accepted, counted.recovered, counted.dropped) == (2, 1, {"quarantined": 1})


def test_many_are_processed_again_in_slices_and_in_order_of_receipt(line, running, defect, monkeypatch):
    monkeypatch.setattr(repository, "EVENTS_AT_ONCE", 3)
    events = [bad_event(line, received_at=later(-number)) for number in range(8)]
    with running() as process:
        process.accept(*events)
        process.settle()
    defect()
    seen = []
    known_events = line.store.known_events
    monkeypatch.setattr(line.store, "known_events", lambda *asked: seen.append(list(asked[1])) or known_events(*asked))

    with running() as process:
        process.wait_until(lambda: process.tally.read().stored == 8)

    # Where there may be other nodes, each slice is looked for once more when it is stored.
    slices = [slice_ for slice_, _ in itertools.groupby(seen)]
    assert [len(some) for some in slices] == [3, 3, 2]
    assert [uuid for some in slices for uuid in some] == [event.uuid for event in reversed(events)]


def test_an_event_that_is_larger_than_a_slice_is_processed_alone(line, running, defect, monkeypatch):
    monkeypatch.setattr(repository, "BYTES_AT_ONCE", 10)
    with running() as process:
        process.accept(bad_event(line), bad_event(line))
        process.settle()
    defect()

    with running() as process:
        process.wait_until(lambda: process.tally.read().stored == 2)

    assert quarantined(line) == []


def test_what_it_told_about_persons_is_not_told_again(line, running, defect):
    """Its place among the other changes was when it came."""
    with running() as process:
        process.accept(bad_event(line, {"$set": {"plan": "free"}}), line.event({"$set": {"plan": "pro"}}, name="$set"))
        process.settle()
    defect()

    with running() as process:
        process.wait_until(lambda: process.tally.read().stored == 1)

    (person,) = line.rows(tables.persons)
    assert person.properties == '{"plan":"pro"}'


def test_what_a_defect_kept_from_being_told_about_persons_is_told_later(line, running, monkeypatch):
    read_operation = apply.read_operation
    monkeypatch.setattr(
        apply, "read_operation", lambda event: 1 / 0 if event.distinct_id == "bad" else read_operation(event)
    )
    events = [
        line.event({"$set": {"n": 1}}, name="$set"),
        line.event({"$set": {"n": 2}}, name="$set", distinct_id="bad"),
        line.event({"$set": {"n": 3}}, name="$set", distinct_id="grace"),
    ]
    with running() as process:
        process.accept(*events)
        process.settle()
        assert process.tally.read().dropped == {"not_exception": 2, "quarantined": 1}
    monkeypatch.setattr(apply, "read_operation", read_operation)

    with running() as process:
        process.wait_until(lambda: process.tally.read().dropped == {"not_exception": 1})

    assert sorted(row.properties for row in line.rows(tables.persons)) == ['{"n":1}', '{"n":2}', '{"n":3}']
    assert (quarantined(line), progress_rows(line)) == ([], [])


def test_a_row_that_the_store_refuses_is_processed_again_only_on_request(line, running):
    line.store = Refusing(line.store)
    event = line.event({"$set": {"plan": "pro"}}, distinct_id="bad")
    with running() as process:
        process.accept(event, line.event())
        process.settle()
        assert (process.tally.read().stored, process.tally.read().dropped) == (1, {"quarantined": 1})
    line.store.refuses = False

    with running() as process:
        process.accept(line.event())
        process.settle()
        assert [row.cause for row in quarantined(line)] == ["refused"]
        make_due(line, "defect", "refused")
        process.wait_until(lambda: process.tally.read().stored == 2)

    assert str(event.uuid) in line.uuids()
    assert quarantined(line) == []


def test_a_row_that_is_refused_again_takes_no_more_room(line, running, monkeypatch):
    line.store = Refusing(line.store)
    with running() as process:
        process.accept(line.event(distinct_id="bad"))
        process.settle()
        monkeypatch.setattr(repository, "MOST_REFUSED_BYTES", quarantined(line)[0].size)
        make_due(line, "refused")
        process.wait_until(lambda: process.tally.read().recovered == 1)
        process.settle()

    assert [row.is_due for row in quarantined(line)] == [False]
    assert process.tally.read().dropped == {"quarantined": 2}


def test_a_full_quarantine_holds_everything_up_and_loses_nothing(line, running, defect, monkeypatch, logs):
    monkeypatch.setattr(repository, "MOST_BYTES", 100)
    bad, good = bad_event(line), line.event()

    with running() as process:
        process.accept(bad)
        process.accept(good)
        process.wait_until(lambda: process.worker.failing is not None)
        assert "the quarantine is full" in process.worker.failing
        assert (process.tally.read().pending, quarantined(line)) == (2, [])
        monkeypatch.setattr(repository, "MOST_BYTES", 10_000)
        process.settle()
        failing = process.worker.failing

    assert failing is None
    assert (process.tally.read().stored, process.tally.read().dropped) == (1, {"quarantined": 1})
    assert [entry["event"] for entry in logs].count("quarantine_full") == 1


def test_refused_rows_hold_up_nothing_and_the_oldest_go_for_the_newest(line, running, monkeypatch, logs):
    """What a store refuses is what somebody sends: no sender may stop the events of all others."""
    line.store = Refusing(line.store)
    bad = [line.event(distinct_id="bad") for _ in range(3)]
    with running() as process:
        process.accept(bad[0])
        process.settle()
        monkeypatch.setattr(repository, "MOST_REFUSED_BYTES", 2 * quarantined(line)[0].size)
        monkeypatch.setattr(repository, "MOST_BYTES", 1)
        for each in bad[1:]:
            line.now += timedelta(seconds=1)
            process.accept(each, line.event())
            process.settle()

    assert {row.event_uuid for row in quarantined(line)} == {each.uuid for each in bad[1:]}
    assert (process.tally.read().stored, process.tally.read().dropped) == (2, {"quarantined": 3})
    forgotten = [entry for entry in logs if entry["event"] == "quarantine_forgets"]
    assert [(entry["events"], entry["since_start"]) for entry in forgotten] == [(1, 1)]
    with reading(line.engine) as connection:
        assert repository.find_losses(connection) == repository.Losses(1, line.now)


@pytest.mark.parametrize("how", ["processed again", "discarded"])
def test_who_makes_room_in_a_full_quarantine_lets_it_go_on(line, running, defect, monkeypatch, how):
    with running() as process:
        process.accept(bad_event(line))
        process.settle()
        monkeypatch.setattr(repository, "MOST_BYTES", quarantined(line)[0].size)
        process.accept(bad_event(line), line.event())
        process.wait_until(lambda: process.worker.failing is not None)
        assert "the quarantine is full" in process.worker.failing

        if how == "processed again":
            defect()
            make_due(line, "defect")
        else:
            with writing(line.engine) as connection:
                assert repository.discard(connection) == 1
        process.settle()

    counted = process.tally.read()
    assert counted.accepted + counted.recovered == counted.stored + sum(counted.dropped.values())
    assert counted.stored >= 1


def test_an_event_that_this_version_cannot_read_stays_and_holds_up_nothing(line, running, defect, logs):
    with running() as process:
        process.accept(bad_event(line), bad_event(line))
        process.settle()
    first, second = quarantined(line)
    defect()
    with writing(line.engine) as connection:
        connection.execute(
            sa.update(tables.quarantine).where(tables.quarantine.c.event_uuid == first.event_uuid).values(event="{}")
        )

    with running() as process:
        process.wait_until(lambda: process.tally.read().stored == 1)
        process.settle()

    (kept,) = quarantined(line)
    assert (kept.event_uuid, kept.is_due) == (first.event_uuid, False)
    assert "this version cannot read it" in kept.reason
    assert line.uuids() == [str(second.event_uuid)]
    assert "quarantined_event_unreadable" in {entry["event"] for entry in logs}


def test_an_event_whose_secrets_cannot_be_masked_is_kept_without_its_list(line, logs, monkeypatch):
    """Masking may be what fails on it. What is in quarantine is in every backup of the metadata too."""
    event = line.event()
    monkeypatch.setattr(quarantine_module, "masked_list", lambda _: 1 / 0)

    Quarantine(line.engine, line.clock).add(event, "defect", "why", has_changed_persons=False)

    with reading(line.engine) as connection:
        (text,) = repository.find_events(connection, event.uuid)
    restored = msgspec.json.decode(text, type=ReceivedEvent)
    assert {name: bytes(value) for name, value in restored.properties.items()} == {
        name: bytes(value) for name, value in event.properties.items() if name != "$exception_list"
    }
    assert "$exception_list is not kept" in quarantined(line)[0].reason
    assert [entry["event"] for entry in logs] == ["quarantined_without_list"]


def test_what_the_database_does_not_take_is_waited_with(line):
    """A defect in keeping an event aside must not end the thread that all events depend on."""
    quarantine = Quarantine(line.engine, lambda: NOW)
    with writing(line.engine) as connection:
        connection.exec_driver_sql("DROP TABLE quarantine")

    try:
        with pytest.raises(Unavailable):
            quarantine.add(line.event(), "defect", "why", has_changed_persons=False)
    finally:
        with writing(line.engine) as connection:
            tables.quarantine.create(connection)


def test_a_reason_with_odd_characters_is_kept(line):
    quarantine = Quarantine(line.engine, lambda: NOW)
    event = line.event({"text": "\0 and \ud83e\udd8b"})

    quarantine.add(event, "defect", "nul \0 here", has_changed_persons=False)

    assert [row.reason for row in quarantined(line)] == ["nul \ufffd here"]


def test_room_is_counted_over_all_events(line, monkeypatch):
    quarantine = Quarantine(line.engine, lambda: NOW)
    first = line.event()
    quarantine.add(first, "defect", "why", has_changed_persons=False)
    size = quarantined(line)[0].size
    monkeypatch.setattr(repository, "MOST_BYTES", int(1.5 * size))

    with pytest.raises(QuarantineFull):
        quarantine.add(line.event(), "defect", "why", has_changed_persons=False)
    quarantine.add(first, "defect", "why again", has_changed_persons=False)

    assert [row.reason for row in quarantined(line)] == ["why again"]


def test_what_failed_again_stays_even_if_it_is_asked_for_again_meanwhile(line):
    """Two operators, or one who is impatient."""
    quarantine = Quarantine(line.engine, lambda: NOW)
    event, other = line.event(), line.event()
    for each in (event, other):
        quarantine.add(each, "defect", "why", has_changed_persons=False)
    quarantine.call_back()

    with quarantine.due() as due:
        quarantine.add(event, "defect", "again", has_changed_persons=False)
        make_due(line, "defect")
        quarantine.release(due)

    assert [(row.event_uuid, row.is_due) for row in quarantined(line)] == [(event.uuid, True)]


def test_what_is_in_it_finds_room_even_in_a_quarantine_that_is_over_its_bound(line, monkeypatch):
    quarantine = Quarantine(line.engine, lambda: NOW)
    event = line.event()
    quarantine.add(event, "defect", "why", has_changed_persons=False)
    monkeypatch.setattr(repository, "MOST_BYTES", 1)

    quarantine.add(event, "defect", "again", has_changed_persons=False)

    assert [row.reason for row in quarantined(line)] == ["again"]


def test_two_nodes_never_process_the_same_events_again_at_once(line, database_url):
    quarantine = Quarantine(line.engine, lambda: NOW)
    quarantine.add(line.event(), "defect", "why", has_changed_persons=False)
    quarantine.call_back()
    other = open_database(database_url)

    with quarantine.due() as ours, alone(other, "quarantine") as is_free:
        assert len(ours.entries) == 1
        assert is_free == (line.engine.dialect.name == "sqlite"), "a SQLite file has one server"
    with alone(other, "quarantine") as is_free:
        assert is_free
    other.dispose()


def test_events_of_a_deleted_project_go_with_it(line, engine):
    class Store:
        def delete_project(self, project_id):
            """The event store's own part is tested with it."""

    Quarantine(engine, lambda: NOW).add(line.event(), "defect", "why", has_changed_persons=True)
    with writing(engine) as connection:
        connection.execute(sa.delete(tables.projects).where(tables.projects.c.id == line.project))
        connection.execute(
            sa.insert(tables.deleted_projects).values(project_id=line.project, deleted_at=NOW - 2 * GRACE)
        )

    assert delete_leftovers(engine, Store(), system_clock) == 1
    assert (quarantined(line), progress_rows(line)) == ([], [])


def test_a_defect_beyond_the_events_is_told_and_loses_nothing(line, running, monkeypatch, logs):
    """Nothing is stored without the worker's thread, so a balancer must hear that it ended."""
    with running() as process:
        process.accept(line.event())
        process.settle()
        monkeypatch.setattr(process.worker, "_gather", lambda *_: 1 / 0)
        process.accept(line.event())
        process.wait_until(lambda: process.worker.failing is not None)
        failing = process.worker.failing

        assert not process.worker.stop(), "not everything may be processed"

    assert failing == "a defect stopped the processing of events (ZeroDivisionError): restart the server"
    assert "pipeline_died" in {entry["event"] for entry in logs}
