"""The queue between intake and pipeline."""

import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from mothlight.journal.backlog import UNREADABLE, Backlog
from mothlight.journal.entry import JournalEntry
from mothlight.journal.interface import Damaged, Position
from mothlight.model.event import ReceivedEvent
from mothlight.model.tally import Tally

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def position(sequence: int, events: int = 1, size: int = 100) -> Position:
    return Position(sequence, 1, 0, size, events, NOW + timedelta(seconds=sequence))


def events(sequence: int, count: int = 1) -> list[ReceivedEvent]:
    return [
        ReceivedEvent(1, UUID(int=sequence * 1000 + index), "$exception", "ada", NOW, NOW, {"n": msgspec.Raw(b"1")})
        for index in range(count)
    ]


class JournalOnPaper:
    """Keeps which entries exist, and how far they are done."""

    def __init__(self) -> None:
        self.left: list[Position] = []
        self.unreadable: set[int] = set()
        self.done_up_to: int | None = None
        self.reads: list[int] = []

    def read(self, position: Position) -> JournalEntry:
        self.reads.append(position.sequence)
        if position.sequence in self.unreadable:
            raise Damaged("bits fell off")
        return JournalEntry(id=UUID(int=position.sequence), received_at=NOW, path="/batch/", events=position.events)

    def recover(self):
        return iter(self.left)

    def done(self, position: Position) -> None:
        self.done_up_to = position.sequence


@pytest.fixture
def journal() -> JournalOnPaper:
    return JournalOnPaper()


@pytest.fixture
def tally() -> Tally:
    return Tally()


def backlog_over(journal: JournalOnPaper, tally: Tally, decoded: int | None = None, **bounds: int) -> Backlog:
    def decode(entry: JournalEntry) -> list[ReceivedEvent]:
        return events(entry.id.int, entry.events if decoded is None else decoded)

    return Backlog(journal, decode, tally, **bounds)


def test_entries_come_out_in_their_order(journal, tally):
    backlog = backlog_over(journal, tally)
    for sequence in (1, 2, 3):
        backlog.offer(position(sequence), events(sequence), 10)

    assert backlog.take(100, 0) == [(position(sequence), events(sequence)) for sequence in (1, 2, 3)]
    assert backlog.take(100, 0) == []


def test_a_take_stops_at_its_bound_of_events(journal, tally):
    backlog = backlog_over(journal, tally)
    for sequence in (1, 2, 3):
        backlog.offer(position(sequence, events=40), events(sequence, 40), 10)

    assert [len(taken) for _, taken in backlog.take(100, 0)] == [40, 40]


def test_an_entry_larger_than_the_bound_comes_alone(journal, tally):
    backlog = backlog_over(journal, tally)
    backlog.offer(position(1, events=500), events(1, 500), 10)
    backlog.offer(position(2), events(2), 10)

    assert [len(taken) for _, taken in backlog.take(100, 0)] == [500]


def test_what_memory_should_not_hold_is_read_from_the_journal_and_decodes_alike(journal, tally):
    backlog = backlog_over(journal, tally, memory_bytes=25)
    for sequence in (1, 2, 3, 4):
        backlog.offer(position(sequence), events(sequence), 10)
    taken = backlog.take(100, 0)

    assert taken == [(position(sequence), events(sequence)) for sequence in (1, 2, 3, 4)]
    assert journal.reads == [4]


def test_it_is_crowded_while_memory_holds_as_much_as_it_should(journal, tally):
    backlog = backlog_over(journal, tally, memory_bytes=15)
    crowded = [backlog.crowded]
    for sequence in (1, 2):
        backlog.offer(position(sequence), events(sequence), 10)
        crowded.append(backlog.crowded)
    backlog.take(100, 0)

    assert [*crowded, backlog.crowded] == [False, False, True, False]


def test_memory_is_free_again_once_entries_are_taken(journal, tally):
    backlog = backlog_over(journal, tally, memory_bytes=10)
    for sequence in (1, 2, 3):
        backlog.offer(position(sequence), events(sequence), 10)
        backlog.take(100, 0)

    assert journal.reads == []


def test_a_waiting_consumer_is_woken_by_an_offer(journal, tally):
    backlog = backlog_over(journal, tally)
    threading.Timer(0.05, backlog.offer, (position(1), events(1), 10)).start()

    assert backlog.take(100, 10) == [(position(1), events(1))]


def test_a_waiting_consumer_is_woken_by_the_end(journal, tally):
    backlog = backlog_over(journal, tally)
    threading.Timer(0.05, backlog.close).start()

    assert backlog.take(100, 10) == []
    assert backlog.closed


def test_what_is_queued_can_be_taken_after_the_end(journal, tally):
    backlog = backlog_over(journal, tally)
    backlog.offer(position(1), events(1), 10)
    backlog.close()

    assert len(backlog.take(100, 10)) == 1


def test_the_journal_is_done_up_to_the_first_unfinished_entry(journal, tally):
    backlog = backlog_over(journal, tally)
    for sequence in (1, 2, 3):
        backlog.offer(position(sequence), events(sequence), 10)
    moved = []
    for sequence in (2, 1, 3):
        backlog.finish(position(sequence))
        moved.append(journal.done_up_to)

    assert moved == [None, 2, 3]


def test_lag_is_the_age_of_the_oldest_unfinished_entry_taken_or_not(journal, tally):
    backlog = backlog_over(journal, tally)
    backlog.offer(position(1), events(1), 10)
    backlog.offer(position(4), events(4), 10)
    backlog.take(1, 0)
    before = backlog.lag(NOW + timedelta(seconds=10))
    backlog.finish(position(1))

    assert before == 9
    assert backlog.lag(NOW + timedelta(seconds=10)) == 6


def test_without_entries_there_is_no_lag(journal, tally):
    assert backlog_over(journal, tally).lag(NOW) == 0


@pytest.mark.parametrize("bounds", [{"max_events": 2}, {"max_bytes": 200}])
def test_it_is_full_at_either_bound_until_entries_are_finished(journal, tally, bounds):
    backlog = backlog_over(journal, tally, **bounds)
    backlog.offer(position(1), events(1), 10)
    one = backlog.full
    backlog.offer(position(2), events(2), 10)
    two = backlog.full
    backlog.take(100, 0)
    taken = backlog.full
    backlog.finish(position(1))

    assert (one, two, taken, backlog.full) == (False, True, True, False)


def test_what_an_earlier_process_left_is_queued_and_counted(journal, tally):
    journal.left = [position(1, events=2), position(2, events=3)]
    backlog = backlog_over(journal, tally)
    total = backlog.recover()

    assert total == 5
    assert tally.read().pending == 5
    assert backlog.take(100, 0) == [(position(1, events=2), events(1, 2)), (position(2, events=3), events(2, 3))]


def test_a_damaged_entry_is_counted_as_dropped_and_can_be_finished(journal, tally):
    journal.left = [position(1, events=2)]
    journal.unreadable = {1}
    backlog = backlog_over(journal, tally)
    backlog.recover()
    taken = backlog.take(100, 0)
    backlog.finish(position(1, events=2))

    assert taken == [(position(1, events=2), [])]
    assert tally.read().dropped == {UNREADABLE: 2}
    assert tally.read().pending == 0
    assert journal.done_up_to == 1


@pytest.mark.parametrize("decoded", [1, 3])
def test_counters_stay_true_when_an_entry_now_decodes_to_another_number_of_events(journal, tally, decoded):
    journal.left = [position(1, events=2)]
    backlog = backlog_over(journal, tally, decoded=decoded)
    backlog.recover()
    backlog.take(100, 0)

    assert tally.read().pending == decoded
