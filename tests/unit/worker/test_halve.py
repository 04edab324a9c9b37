"""Halving entries to find an event."""

from mothlight.persons.apply import Entry
from mothlight.worker.drain_journal import halve
from tests.support.received import received


def test_entries_are_kept_whole_as_long_as_there_are_several():
    entries = [Entry(number, [received(), received()]) for number in (1, 2, 3)]

    assert halve(entries) == (entries[:1], entries[1:])


def test_only_the_last_part_of_an_entry_completes_it():
    events = [received() for _ in range(3)]

    first, second = halve([Entry(9, events)])

    assert first == [Entry(9, events[:1], is_last=False)]
    assert second == [Entry(9, events[1:], is_last=True)]
    assert halve(first) is None


def test_the_first_part_of_a_first_part_completes_nothing():
    events = [received() for _ in range(2)]

    first, second = halve([Entry(9, events, is_last=False)])

    assert not first[0].is_last
    assert not second[0].is_last


def test_an_entry_without_events_cannot_be_halved():
    assert halve([Entry(9, [])]) is None
