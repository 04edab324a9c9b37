"""The way from the intake to the pipeline: accepted entries in order of sequence, in memory as far as that is wise.

Past a bound of bytes only the positions are kept; the consumer then gets the events by reading the journal again.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import datetime

import msgspec
import structlog

from mothlight.journal.entry import JournalEntry
from mothlight.journal.interface import Damaged, Journal, Position
from mothlight.model.event import ReceivedEvent
from mothlight.model.tally import Tally

log = structlog.get_logger(__name__)

MEBIBYTE = 1024 * 1024

UNREADABLE = "unreadable"
"""Dropped: the journal does not give the entry back, or no longer as many events as it was accepted with."""

Taken = tuple[Position, list[ReceivedEvent]]


class _Offered(msgspec.Struct):
    position: Position
    events: list[ReceivedEvent] | None
    size: int


class Backlog:
    """A queue with many producers and one consumer, bounded by what the process should hold."""

    def __init__(
        self,
        journal: Journal,
        decode: Callable[[JournalEntry], list[ReceivedEvent]],
        tally: Tally,
        *,
        memory_bytes: int = 40 * MEBIBYTE,
        max_events: int = 1_000_000,
        max_bytes: int = 2048 * MEBIBYTE,
    ) -> None:
        """`memory_bytes` bounds decoded bodies in memory, `max_events` and `max_bytes` what may wait in all."""
        self._journal = journal
        self._decode = decode
        self._tally = tally
        self._memory_bytes = memory_bytes
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._offers: deque[_Offered] = deque()
        self._in_memory = 0
        self._unfinished: OrderedDict[int, Position] = OrderedDict()
        self._unfinished_events = 0
        self._unfinished_bytes = 0
        self._finished: set[int] = set()
        self._changed = threading.Condition()
        self._closed = False

    def recover(self) -> int:
        """Queue what an earlier process left in the journal, before any offer; gives the number of its events."""
        total = 0
        for position in self._journal.recover():
            self._tally.recover(position.events)
            self.offer(position, None, 0)
            total += position.events
        return total

    def offer(self, position: Position, events: list[ReceivedEvent] | None, size: int) -> None:
        """Queue a durable entry, in order of sequence. `size`: bytes that its events hold in memory."""
        with self._changed:
            if self._in_memory >= self._memory_bytes:
                events = None
            if events is not None:
                self._in_memory += size
            self._offers.append(_Offered(position, events, size))
            self._unfinished[position.sequence] = position
            self._unfinished_events += position.events
            self._unfinished_bytes += position.size
            self._changed.notify()

    def take(self, max_events: int, timeout: float) -> list[Taken]:
        """The next entries, together about `max_events` events, at least one entry if there is any.

        Waits up to `timeout` seconds for a first one; empty after that, or when the backlog is closed and drained.
        Entries come out once; the consumer says `finish` for each.
        """
        return [self._load(offered) for offered in self._next_offers(max_events, timeout)]

    def finish(self, position: Position) -> None:
        """Everything in this entry is stored or dropped. Entries may be finished in any order."""
        with self._changed:
            self._finished.add(position.sequence)
            self._unfinished_events -= position.events
            self._unfinished_bytes -= position.size
            done = self._pop_finished()
        if done is not None:
            self._journal.done(done)

    @property
    def full(self) -> bool:
        """No more should be accepted until the consumer has caught up."""
        return self._unfinished_events >= self._max_events or self._unfinished_bytes >= self._max_bytes

    @property
    def crowded(self) -> bool:
        """More would not fit into memory: the consumer is behind, and senders had better slow down."""
        return self._in_memory >= self._memory_bytes

    @property
    def events(self) -> int:
        """Events in entries that are not finished."""
        return self._unfinished_events

    def lag(self, now: datetime) -> float:
        """Seconds since the oldest unfinished entry was received; 0 without one."""
        with self._changed:
            oldest = next(iter(self._unfinished.values()), None)
        return 0.0 if oldest is None else max(0.0, (now - oldest.received_at).total_seconds())

    def close(self) -> None:
        """Wake the consumer; from now on `take` never waits. What is queued can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """`close` was called."""
        return self._closed

    def _next_offers(self, max_events: int, timeout: float) -> list[_Offered]:
        with self._changed:
            self._changed.wait_for(lambda: self._offers or self._closed, timeout)
            chosen: list[_Offered] = []
            events = 0
            while self._offers and (not chosen or events + self._offers[0].position.events <= max_events):
                offered = self._offers.popleft()
                chosen.append(offered)
                events += offered.position.events
                if offered.events is not None:
                    self._in_memory -= offered.size
            return chosen

    def _load(self, offered: _Offered) -> Taken:
        if offered.events is not None:
            return offered.position, offered.events
        try:
            events = self._decode(self._journal.read(offered.position))
        except Damaged as error:
            log.warning("journal_entry_damaged", sequence=offered.position.sequence, reason=str(error))
            events = []
        self._balance(offered.position.events - len(events))
        return offered.position, events

    def _balance(self, missing: int) -> None:
        """Keep the counters true when a newer version decodes an entry to another number of events."""
        if missing > 0:
            self._tally.settle(0, {UNREADABLE: missing})
        elif missing < 0:
            self._tally.accept(-missing)

    def _pop_finished(self) -> Position | None:
        """Forget the finished entries at the front; gives the last of them."""
        last = None
        while self._unfinished:
            sequence = next(iter(self._unfinished))
            if sequence not in self._finished:
                break
            self._finished.remove(sequence)
            last = self._unfinished.pop(sequence)
        return last
