"""Keeps events aside that cannot be stored, and gives them out again to be processed once more.

An event that a defect brought here is never lost for want of room: whoever has it waits. Those that the event store
refuses are made by whoever sends them, so they wait for nothing, and the newest of them take the room of the oldest.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import sqlalchemy as sa
import structlog

from mothlight.kit.clock import Clock
from mothlight.model.errors import Unavailable
from mothlight.model.event import ReceivedEvent
from mothlight.persons.apply import Entry
from mothlight.pipeline.rows import masked_list
from mothlight.pipeline.stages.normalise import LIST
from mothlight.storage.metadata.engine import alone, reading, writing
from mothlight.storage.metadata.repositories import quarantine
from mothlight.storage.metadata.repositories.quarantine import DEFECT, MOST_BYTES, REFUSED, Cause, Key, Quarantined

log = structlog.get_logger(__name__)

FULL = f"the quarantine is full ({MOST_BYTES // 1024**2} MiB): see `mothlight quarantine list`"

_decode = msgspec.json.Decoder(ReceivedEvent).decode


class QuarantineFull(Unavailable):
    """There is no room for another event that failed by a defect until somebody makes some."""

    def __init__(self) -> None:
        super().__init__(FULL)


class Due(msgspec.Struct, eq=False):
    """Events that shall be processed again, and which of them have failed again."""

    entries: list[Entry]
    failed: set[Key]


class Quarantine:
    """The quarantine table of the metadata."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._given_out: list[Due] = []
        self.lost = 0
        """Refused events that newer ones took the room from, since the start of this process."""

    def add(self, event: ReceivedEvent, cause: Cause, reason: str, *, has_changed_persons: bool) -> None:
        """Keep an event; one that is kept already failed again.

        Raises:
            QuarantineFull: there is no room for it.
            Unavailable: the metadata database is away, or does not take it.
        """
        kept_event, what_is_missing = _masked(event)
        kept = msgspec.json.encode(kept_event)
        row = Quarantined(
            project_id=event.project_id,
            event_uuid=event.uuid,
            cause=cause,
            reason=reason + what_is_missing,
            size=len(kept),
            is_due=False,
            received_at=event.received_at,
            failed_at=self._clock(),
        )
        try:
            with writing(self._engine) as connection:
                lost = self._find_room(connection, row)
                quarantine.add(connection, row, kept.decode(), has_changed_persons=has_changed_persons)
            self._tell_losses(lost)
            for due in self._given_out:
                due.failed.add(row.key)
        except sa.exc.DBAPIError as problem:
            # The last place for an event must not fail for good, or the event would hold up its thread and be lost.
            raise Unavailable("the quarantine cannot be written", reason=str(problem.orig)) from problem

    def _find_room(self, connection: sa.Connection, row: Quarantined) -> int:
        """See to it that the event can be added; how many others went for it. Raises `QuarantineFull`."""
        if row.cause == REFUSED:
            return quarantine.make_room(connection, row.key, row.size, row.failed_at)
        if not quarantine.has_room(connection, row.key, row.size):
            raise QuarantineFull
        return 0

    def _tell_losses(self, lost: int) -> None:
        if lost:
            self.lost += lost
            log.warning("quarantine_forgets", events=lost, since_start=self.lost)

    def call_back(self) -> None:
        """Have all events processed again that failed by a defect; at a start, for an upgrade usually is the mend.

        Raises:
            Unavailable: the metadata database is away.
        """
        with writing(self._engine) as connection:
            quarantine.make_due(connection, [DEFECT])

    def has_due(self) -> bool:
        """Whether an event shall be processed again. Raises `Unavailable`."""
        with reading(self._engine) as connection:
            return quarantine.has_due(connection)

    @contextmanager
    def due(self) -> Iterator[Due]:
        """Some events that shall be processed again, in order of receipt, each as an entry of its own.

        To be used with `release`, before the end of the block. No other node gets any meanwhile. Raises `Unavailable`.
        """
        with alone(self._engine, "quarantine") as is_ours:
            due = Due(self._read_due() if is_ours else [], set())
            self._given_out.append(due)
            try:
                yield due
            finally:
                self._given_out.remove(due)

    def release(self, due: Due) -> None:
        """Forget events that were processed again, but for those that were added again. Raises `Unavailable`."""
        keys = {(event.project_id, event.uuid) for entry in due.entries for event in entry.events}
        with writing(self._engine) as connection:
            quarantine.release(connection, keys - due.failed)

    def _read_due(self) -> list[Entry]:
        with reading(self._engine) as connection:
            found = quarantine.read_due(connection)
        entries = [self._entry(key, text) for key, text in found.items()]
        return [entry for entry in entries if entry is not None]

    def _entry(self, key: Key, text: str) -> Entry | None:
        try:
            event = _decode(text)
        except (msgspec.DecodeError, RecursionError) as problem:
            log.warning("quarantined_event_unreadable", project_id=key[0], uuid=str(key[1]), reason=str(problem))
            with writing(self._engine) as connection:
                quarantine.give_up(connection, key, f"this version cannot read it: {problem}")
            return None
        return Entry(1, [event], writer=quarantine.writer_name(key))


def _masked(event: ReceivedEvent) -> tuple[ReceivedEvent, str]:
    """The event with secrets in local variables masked (pipeline 3.7), as it may be kept for long; what it lacks."""
    try:
        return msgspec.structs.replace(event, properties={**event.properties, **masked_list(event.properties)}), ""
    except Exception as defect:  # noqa: BLE001 - it may be what the event is here for
        # What cannot be masked is not kept: its secrets would be in every backup of the metadata.
        problem = f"{type(defect).__name__}: {defect}"
        log.warning("quarantined_without_list", uuid=str(event.uuid), reason=problem)
        properties = {name: value for name, value in event.properties.items() if name != LIST}
        lacks = f" ({LIST} is not kept: its secrets cannot be masked, {problem})"
        return msgspec.structs.replace(event, properties=properties), lacks
