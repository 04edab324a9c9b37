"""Stores that are away, crashes, rows and events that cannot be stored: nothing is lost, nothing doubled."""

import time

import pytest
from structlog.testing import capture_logs

from mothlight.journal.backlog import Backlog
from mothlight.journal.interface import Position as JournalPosition
from mothlight.model.errors import Unavailable
from mothlight.model.tally import Tally
from mothlight.persons.apply import Entry
from mothlight.pipeline.stages import fingerprint as fingerprint_stage
from mothlight.storage.events.interface import RefusedRow
from mothlight.storage.metadata import tables
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.quarantine import find_events, list_quarantine
from mothlight.worker import drain_journal
from mothlight.worker.drain_journal import DrainJournal
from tests.support.received import exception, later, raw

METHODS = (
    "known_events",
    "known_stacks",
    "insert_stacks",
    "insert_owners",
    "insert_issues",
    "insert_persons",
    "insert_events",
)


class Unsteady:
    """A real store whose calls fail when a test says so, before or after they did their work."""

    def __init__(self, store):
        self.store = store
        self.failures = {}
        self.refuses = set()
        self.breaks = set()

    def __getattr__(self, name):
        def call(*arguments):
            when = self.failures.get(name, [])
            failure = when.pop(0) if when else None
            if failure == "before":
                raise Unavailable("the event store is away")
            answer = self._insert(*arguments) if name == "insert_events" else getattr(self.store, name)(*arguments)
            if failure == "after":
                raise Unavailable("the answer was lost")
            return answer

        return call

    def _insert(self, rows):
        if any(row.distinct_id in self.breaks for row in rows):
            raise RuntimeError("a defect while storing")
        bad = [row for row in rows if row.distinct_id in self.refuses]
        self.store.insert_events([row for row in rows if row not in bad])
        return [RefusedRow(row, "cannot be parsed") for row in bad]


class Queue:
    """Entries that wait, as a backlog hands them out."""

    def __init__(self, *entries):
        self.waiting = [(Position(number), events) for number, events in enumerate(entries, start=1)]
        self.finished = []
        self.closed = False

    def take(self, _max_events, _timeout):
        taken, self.waiting = self.waiting, []
        return taken

    def finish(self, position):
        self.finished.append(position.sequence)

    def close(self):
        self.closed = True


class Position:
    def __init__(self, sequence):
        self.sequence = sequence
        self.writer = "writer"


@pytest.fixture(autouse=True)
def logs():
    """What is logged; failures here are many, and meant."""
    with capture_logs() as entries:
        yield entries


@pytest.fixture
def unsteady(line):
    line.store = Unsteady(line.store)
    line.pipeline = line.new_pipeline(line.store)
    return line.store


@pytest.fixture
def drain(line, unsteady, monkeypatch):
    """Take entries, each a list of events, through the worker; the tally, and which entries it finished."""
    monkeypatch.setattr(drain_journal, "FIRST_PAUSE_SECONDS", 0.001)

    def run(*entries):
        tally, queue = Tally(), Queue(*entries)
        tally.accept(sum(map(len, entries)))
        worker = DrainJournal(queue, line.pipeline, tally)
        worker.start()
        assert worker.stop(timeout=20)
        return tally.read(), queue.finished

    return run


def some(line):
    return [
        line.event({"$set": {"plan": "pro"}}),
        line.event({"$anon_distinct_id": "anon"}, name="$identify"),
        line.event({"$exception_list": [exception("Other")]}, distinct_id="anon"),
    ]


def check_all_there(line, events):
    assert line.uuids() == [str(event.uuid) for event in events if event.name == "$exception"]
    assert sorted((row.name, row.aggregations.occurrences) for row in line.list()) == [("Other", 1), ("PayError", 1)]
    assert len(line.rows(tables.announcements)) == 2
    assert len(line.rows(tables.persons)) == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("method", METHODS)
def test_a_store_that_is_away_for_a_moment_loses_and_doubles_nothing(line, unsteady, drain, method, when):
    events = some(line)
    unsteady.failures[method] = [when, when]

    counts, finished = drain(events)

    check_all_there(line, events)
    assert finished == [1]
    assert counts.pending == 0


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("method", METHODS)
def test_a_crash_loses_and_doubles_nothing(line, unsteady, method, when):
    """The entry is processed again by a new process, whatever the first one had done."""
    entry = Entry(1, some(line))
    unsteady.failures[method] = [when]
    with pytest.raises(Unavailable):
        line.pipeline.run([entry])

    line.new_pipeline().run([entry])

    check_all_there(line, entry.events)


def test_a_replay_of_everything_changes_nothing(line):
    entry = Entry(1, some(line))
    line.pipeline.run([entry])
    events, issues = line.events(), line.rows(tables.issues)

    outcome = line.new_pipeline().run([entry])

    assert (outcome.stored, outcome.dropped) == (0, {"not_exception": 1, "duplicate": 2})
    assert (line.events(), line.rows(tables.issues)) == (events, issues)


def test_owners_that_a_dead_node_did_not_copy_are_copied_before_events_are_stored(line, unsteady):
    entry = Entry(1, [line.event()])
    unsteady.failures["insert_owners"] = ["before"]
    with pytest.raises(Unavailable):
        line.pipeline.run([entry])
    unsteady.failures["insert_events"] = ["before"]

    with pytest.raises(Unavailable):
        line.new_pipeline().run([entry])

    sql = "SELECT count() FROM owners WHERE project_id = {project:UInt32}"
    assert line.store.store.query(line.project, sql) == [(1,)]
    assert line.rows(tables.mirror_outbox) == []


def test_a_row_that_the_store_refuses_is_kept_aside_and_the_others_are_stored(line, unsteady, drain):
    unsteady.refuses.add("bad")
    bad = line.event(distinct_id="bad")

    counts, finished = drain([line.event(), bad, line.event()])

    assert (counts.stored, counts.dropped, finished) == (2, {"quarantined": 1}, [1])
    with reading(line.engine) as connection:
        (kept,) = list_quarantine(connection, 10)
    assert (kept.key, kept.cause, kept.reason) == ((line.project, bad.uuid), "refused", "cannot be parsed")


def test_an_event_that_the_pipeline_fails_on_does_not_hold_up_the_others(line, drain, monkeypatch, logs):
    events = [line.event({"n": n}) for n in range(5)]
    grouping_key = fingerprint_stage.grouping_key

    def fails(entries, stack, manual):
        if manual == "bad":
            raise RuntimeError("a defect")
        return grouping_key(entries, stack, manual)

    monkeypatch.setattr(fingerprint_stage, "grouping_key", fails)
    events[3].properties["$exception_fingerprint"] = raw("bad")

    counts, finished = drain(events[:1], events[1:], [])

    assert (counts.stored, counts.dropped, counts.pending) == (4, {"quarantined": 1}, 0)
    assert finished == [1, 2, 3]
    assert line.uuids() == [str(event.uuid) for event in events if event is not events[3]]
    with reading(line.engine) as connection:
        (kept,) = list_quarantine(connection, 10)
    assert (kept.event_uuid, kept.cause, kept.reason) == (events[3].uuid, "defect", "RuntimeError: a defect")
    first, then = logs
    assert (first["event"], bool(first["exc_info"])) == ("pipeline_failed", True), "a defect is logged with its trace"
    assert (then["event"], then["events"], then["defect"]) == ("events_quarantined", 1, "RuntimeError")


def test_a_defect_while_storing_does_not_hold_up_the_others(line, unsteady, drain):
    unsteady.breaks.add("bad")
    events = [line.event(), line.event(distinct_id="bad"), line.event()]

    counts, finished = drain(events)

    assert (counts.stored, counts.dropped, finished) == (2, {"quarantined": 1}, [1])
    assert line.uuids() == [str(events[0].uuid), str(events[2].uuid)]


def test_an_event_that_comes_again_while_it_is_being_stored_is_stored_once(line, unsteady):
    """The next batch is prepared while the one before is stored, so the store does not know its events yet."""
    tally, event = Tally(), line.event()
    queue = Queue([event], [event, line.event()])
    queue.take = lambda *_: [queue.waiting.pop(0)] if queue.waiting else []
    unsteady.failures["insert_events"] = ["before"]
    worker = DrainJournal(queue, line.pipeline, tally)

    worker.start()
    assert worker.stop()

    assert (tally.read().stored, tally.read().dropped) == (2, {"duplicate": 1})
    assert queue.finished == [1, 2]
    assert len(line.uuids()) == 2


def test_persons_are_changed_once_around_an_event_that_fails(line, drain, monkeypatch):
    bad = line.event({"$exception_fingerprint": "bad"})
    setting = [line.event({"$set": {"n": n}, "$set_once": {"first": n}}, name="$set") for n in (1, 2)]
    monkeypatch.setattr(fingerprint_stage, "grouping_key", lambda *_: 1 / 0)

    drain([setting[0], bad, setting[1]])

    (person,) = line.rows(tables.persons)
    assert person.properties == '{"first":1,"n":2}'


def test_secrets_of_an_event_kept_aside_are_masked(line, drain, monkeypatch):
    monkeypatch.setattr(fingerprint_stage, "grouping_key", lambda *_: 1 / 0)
    frames = [{"platform": "python", "function": "f", "code_variables": {"password": "hunter2"}}]

    event = line.event({"$exception_list": [exception(stacktrace={"type": "raw", "frames": frames})]})
    drain([event])

    with reading(line.engine) as connection:
        (kept,) = find_events(connection, event.uuid)
    assert "code_variables" in kept
    assert "hunter2" not in kept


def test_a_worker_that_is_told_to_stop_leaves_the_rest_in_the_journal(line, unsteady):
    unsteady.failures["known_events"] = ["before"] * 1000
    tally, queue = Tally(), Queue([line.event()])
    worker = DrainJournal(queue, line.pipeline, tally)
    worker.start()

    assert not worker.stop(timeout=0.3) or queue.finished == []
    assert queue.finished == []
    assert tally.read().stored == 0


def test_says_why_nothing_moves(line, unsteady, monkeypatch):
    monkeypatch.setattr(drain_journal, "FIRST_PAUSE_SECONDS", 0.01)
    unsteady.failures["known_events"] = ["before"] * 4
    seen = []
    known_events = line.store.store.known_events
    worker = DrainJournal(Queue([line.event()]), line.pipeline, Tally())
    monkeypatch.setattr(line.store.store, "known_events", lambda *a: seen.append(worker.failing) or known_events(*a))

    worker.start()
    worker.stop()

    # Where there may be other nodes, it is looked once more when it is stored.
    assert seen in (["the event store is away"], ["the event store is away", None])
    assert worker.failing is None


class DoneJournal:
    """Hears what is done."""

    def __init__(self):
        self.sequences = []

    def done(self, position):
        self.sequences.append(position.sequence)


def test_a_real_backlog_is_drained_at_the_end(line):
    """With the real queue: what was offered is stored, and the journal is told that it is done."""
    tally, journal = Tally(), DoneJournal()
    backlog = Backlog(journal, lambda _entry: [], tally)
    worker = DrainJournal(backlog, line.pipeline, tally)
    worker.start()
    for number in range(1, 21):
        tally.accept(2)
        events = [line.event({"n": number}), line.event(timestamp=later(number))]
        backlog.offer(JournalPosition(number, 1, 0, 100, 2, later(0)), events, 100)

    assert worker.stop()
    assert (tally.read().stored, tally.read().pending, journal.sequences[-1]) == (40, 0, 20)
    assert line.list()[0].aggregations.occurrences == 40


def test_small_batches_are_gathered_to_few_inserts(line, unsteady, monkeypatch):
    """The first event is stored at once; those that come shortly after it are stored together."""
    monkeypatch.setattr(drain_journal, "GATHER_SECONDS", ((100, 10),))
    tally, inserts = Tally(), []
    backlog = Backlog(DoneJournal(), lambda _entry: [], tally)
    insert_events = line.store.store.insert_events
    monkeypatch.setattr(
        line.store.store, "insert_events", lambda rows: inserts.append(len(rows)) or insert_events(rows)
    )
    worker = DrainJournal(backlog, line.pipeline, tally)
    worker.start()

    for number in range(1, 12):
        backlog.offer(JournalPosition(number, 1, 0, 100, 1, later(0)), [line.event()], 100)
        while tally.read().stored == 0:
            time.sleep(0.001)
    assert worker.stop()

    assert inserts == [1, 10]
