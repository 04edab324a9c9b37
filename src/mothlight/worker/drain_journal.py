"""Takes accepted entries from the backlog through the pipeline, on a thread of its own.

While a batch is being stored, which is the event store's work, the next one is prepared, which is ours.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import msgspec
import structlog

from mothlight.journal.backlog import Backlog, Taken
from mothlight.model.errors import Unavailable
from mothlight.model.event import ReceivedEvent
from mothlight.model.outcome import DropReason
from mothlight.model.tally import Tally
from mothlight.persons.apply import Entry, PersonsFailed
from mothlight.pipeline.quarantine import QuarantineFull
from mothlight.pipeline.run import Pipeline
from mothlight.pipeline.states import Outcome, Parked, Prepared
from mothlight.storage.metadata.repositories.quarantine import DEFECT, REFUSED, Cause
from mothlight.worker.defects import Defects
from mothlight.worker.parking import Parking

log = structlog.get_logger(__name__)

EVENTS_AT_ONCE = 5_000
GATHER_SECONDS = ((50, 0.2), (2_500, 0.6))
"""How far apart batches of less than so many events begin at least: the event store wants few large inserts, not many
small ones. Where little comes in, it shows sooner."""
WAIT_SECONDS = 0.5
"""How long an idle worker waits before it looks whether it shall stop."""
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
"""Between attempts while a store is away; each pause is twice the one before."""
MOST_REASON_CHARACTERS = 500
CALLED_BACK_SECONDS = 1.0
"""How often an idle worker looks whether events in quarantine shall be processed again."""

PARKED_SECONDS = 0.05
"""The same while events wait for source maps."""

T = TypeVar("T")


class Stopped(Exception):
    """The worker shall not wait any longer; what is not processed stays in the journal."""


class _Load(msgspec.Struct, frozen=True):
    """What goes through the pipeline together."""

    taken: Sequence[Taken]
    returned: Sequence[Parked] = ()
    """Events that waited for source maps."""

    def entries(self) -> list[Entry]:
        """All of it, as if nothing had been parked."""
        back = [Entry(each.sequence, [each.item.event], writer=each.writer) for each in self.returned]
        return [*_entries(self.taken), *back]


class _Flight(msgspec.Struct):
    """A batch that is being stored."""

    load: _Load
    prepared: Prepared
    outcome: Future[Outcome]


class DrainJournal:
    """One consumer of the backlog.

    A store that is away is waited for, and nothing is lost. An event that the pipeline fails on does not hold up the
    others: it is found by halving, kept in quarantine, and counted. Only a quarantine without room holds up everything.
    """

    def __init__(self, backlog: Backlog, pipeline: Pipeline, tally: Tally) -> None:
        self._backlog = backlog
        self._pipeline = pipeline
        self._tally = tally
        self._stopping = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="drain-journal", daemon=True)
        self._storing = ThreadPoolExecutor(1, thread_name_prefix="store-events")
        self._flight: _Flight | None = None
        self._parking = Parking()
        self._looked_back = float("-inf")
        self._defects = Defects()
        self._waits: str | None = None
        self._died: str | None = None

    @property
    def failing(self) -> str | None:
        """Why nothing moves at present, or None."""
        return self._died or self._waits

    def start(self) -> None:
        """Begin to drain."""
        self._thread.start()

    def stop(self, *, drain: bool = True, timeout: float = 20.0) -> bool:
        """Stop, after what waits in the backlog is processed if `drain`; whether it ended within `timeout` seconds.

        What is not processed stays in the journal.
        """
        if not drain:
            self._stopping.set()
        self._closing.set()
        self._backlog.close()
        self._thread.join(timeout)
        in_time = not self._thread.is_alive()
        self._stopping.set()
        self._thread.join(LONGEST_PAUSE_SECONDS)
        return in_time and self._died is None

    def _run(self) -> None:
        try:
            self._patiently(self._pipeline.quarantine.call_back)
            while not self._stopping.is_set():
                self._process_again()
                begun = time.monotonic()
                returned = self._parking.take_ready(self._is_ready)
                taken = self._backlog.take(EVENTS_AT_ONCE, 0 if self._flight or returned else self._patience())
                load = _Load(taken, returned)
                if not taken and not returned and self._is_idle() and self._backlog.closed:
                    return
                self._process(load)
                self._defects.tell_counts()
                self._gather(taken, begun)
        except Stopped:
            return
        except Exception as defect:
            # What is accepted stays in the journal, and the next start takes it up.
            log.exception("pipeline_died")
            self._died = f"a defect stopped the processing of events ({type(defect).__name__}): restart the server"
        finally:
            self._defects.tell_counts(all_of_them=True)
            self._storing.shutdown()

    def _is_ready(self, parked: Parked) -> bool:
        """Whether an event that waits for a source map may go on; at the end all do."""
        return self._closing.is_set() or not self._pipeline.waiting(parked)

    def _is_idle(self) -> bool:
        return self._flight is None and not self._parking.is_used

    def _patience(self) -> float:
        """How long to wait for events at most."""
        return PARKED_SECONDS if self._parking.is_used else WAIT_SECONDS

    def _gather(self, taken: Sequence[Taken], begun: float) -> None:
        """Let events gather after a small batch."""
        events = sum(len(events) for _, events in taken)
        seconds = next((seconds for less_than, seconds in GATHER_SECONDS if events < less_than), None)
        if taken and seconds is not None:
            self._land()
            self._closing.wait(max(0.0, seconds - (time.monotonic() - begun)))

    def _process(self, load: _Load) -> None:
        """Prepare a batch while the one before it is being stored; then let it be stored."""
        try:
            prepared = self._patiently(lambda: self._prepare(load)) if load.taken or load.returned else None
        except Stopped:
            raise
        except Exception as defect:  # noqa: BLE001 - whatever it is, it must not stop the other events
            self._land()
            self._settle_apart(load.entries(), defect)
            self._finish(load)
            return
        self._land()
        if prepared is not None:
            outcome = self._storing.submit(self._patiently, lambda: self._pipeline.store(prepared))
            self._flight = _Flight(load, prepared, outcome)

    def _prepare(self, load: _Load) -> Prepared:
        may_park = self._parking.has_room and not self._closing.is_set()
        return self._pipeline.prepare(_entries(load.taken), load.returned, may_park=may_park)

    def _land(self) -> None:
        """Wait until the batch that is being stored is stored."""
        flight, self._flight = self._flight, None
        if flight is None:
            return
        try:
            outcome = flight.outcome.result()
        except Stopped:
            raise
        except Exception as defect:  # noqa: BLE001
            self._pipeline.abandon(flight.prepared)
            self._settle_apart(flight.load.entries(), defect)
            self._finish(flight.load)
        else:
            self._pipeline.conclude(flight.prepared, outcome)
            self._conclude(outcome)
            self._finish(flight.load, flight.prepared.parked)

    def _settle(self, entries: Sequence[Entry]) -> None:
        """Bring entries to their end, one step after the other."""
        try:
            outcome = self._patiently(lambda: self._pipeline.run(entries))
        except Stopped:
            raise
        except Exception as defect:  # noqa: BLE001
            self._settle_apart(entries, defect)
        else:
            self._conclude(outcome)

    def _settle_apart(self, entries: Sequence[Entry], defect: Exception) -> None:
        self._defects.met(defect, sum(len(entry.events) for entry in entries))
        parts = halve(entries)
        if parts is None:
            self._quarantine(entries, defect)
            return
        for part in parts:
            self._settle(part)

    def _quarantine(self, entries: Sequence[Entry], defect: Exception) -> None:
        """Keep aside the one event, if there is one, that the pipeline fails on."""
        reason = f"{type(defect).__name__}: {defect}"[:MOST_REASON_CHARACTERS]
        has_changed_persons = not isinstance(defect, PersonsFailed)
        events = [event for entry in entries for event in entry.events]
        self._defects.kept_aside(defect, len(events))
        for event in events:
            self._keep_aside(event, DEFECT, reason, has_changed_persons=has_changed_persons)
            self._tally.settle(0, {str(DropReason.QUARANTINED): 1})

    def _conclude(self, outcome: Outcome) -> None:
        """Keep aside what the store refused, and count."""
        for refused in outcome.refused:
            self._keep_aside(refused.event, REFUSED, refused.reason, has_changed_persons=True)
        self._tally.settle(outcome.stored, outcome.dropped)

    def _keep_aside(self, event: ReceivedEvent, cause: Cause, reason: str, *, has_changed_persons: bool) -> None:
        def keep() -> None:
            try:
                self._pipeline.quarantine.add(event, cause, reason, has_changed_persons=has_changed_persons)
            except QuarantineFull:
                # This thread is the one that can make room, when somebody asks for it.
                self._process_again()
                raise

        self._patiently(keep)

    def _process_again(self) -> None:
        """Bring some events in quarantine through the pipeline again, if somebody asked for it."""
        if self._closing.is_set() or time.monotonic() - self._looked_back < CALLED_BACK_SECONDS:
            return
        try:
            more = self._pipeline.quarantine.has_due() and self._process_due()
        except Unavailable as problem:
            log.warning("quarantine_postponed", reason=problem.reason)
            more = False
        if not more:
            self._looked_back = time.monotonic()

    def _process_due(self) -> bool:
        """Settle some events that are due; False where another node does so."""
        self._land()
        quarantine = self._pipeline.quarantine
        with quarantine.due() as due:
            if due.entries:
                self._tally.recover(len(due.entries))
                self._settle(due.entries)
                self._patiently(lambda: quarantine.release(due))
                log.info("quarantine_processed", events=len(due.entries), failed=len(due.failed))
        return bool(due.entries)

    def _finish(self, load: _Load, parked: Sequence[Parked] = ()) -> None:
        """Say of which entries nothing is left to do. `parked`: events of them of which something is."""
        done = self._parking.park([position for position, _ in load.taken], parked)
        for position in [*done, *self._parking.give_back(load.returned)]:
            self._backlog.finish(position)

    def _patiently(self, work: Callable[[], T]) -> T:
        """The result of the work, as soon as the stores let it succeed. Raises `Stopped`."""
        pause = FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            try:
                result = work()
            except Unavailable as problem:
                if not isinstance(problem, QuarantineFull):
                    log.warning("store_away", reason=problem.reason, again_in_seconds=pause)
                elif self._waits != problem.detail:
                    log.warning("quarantine_full", reason=problem.reason)
                self._waits = problem.detail
                self._stopping.wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            else:
                self._waits = None
                return result
        raise Stopped


def halve(entries: Sequence[Entry]) -> tuple[Sequence[Entry], Sequence[Entry]] | None:
    """Two parts that together are the same; None for a single event."""
    if len(entries) > 1:
        middle = len(entries) // 2
        return entries[:middle], entries[middle:]
    entry = entries[0]
    middle = len(entry.events) // 2
    if middle == 0:
        return None
    first = msgspec.structs.replace(entry, events=entry.events[:middle], is_last=False)
    return [first], [msgspec.structs.replace(entry, events=entry.events[middle:])]


def _entries(taken: Sequence[Taken]) -> list[Entry]:
    return [Entry(position.sequence, events, writer=position.writer) for position, events in taken]
