"""Keeps events aside that cannot be stored, and gives them out again to be processed once more.

Nothing is lost for it: an event is kept whole, and where there is no room for it whoever has it waits.
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
from mothlight.storage.metadata.engine import alone, reading, writing
from mothlight.storage.metadata.repositories import quarantine
from mothlight.storage.metadata.repositories.quarantine import DEFECT, MOST_BYTES, Cause, Key, Quarantined

log = structlog.get_logger(__name__)

FULL = f"the quarantine is full ({MOST_BYTES // 1024**2} MiB): see `mothlight quarantine list`"

_decode = msgspec.json.Decoder(ReceivedEvent).decode


class QuarantineFull(Unavailable):
    """There is no room for another event until somebody makes some."""

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

    def add(self, event: ReceivedEvent, cause: Cause, reason: str, *, has_changed_persons: bool) -> None:
        """Keep an event; one that is kept already failed again.

        Raises:
            QuarantineFull: there is no room for it.
            Unavailable: the metadata database is away, or does not take it.
        """
        kept = msgspec.json.encode(_masked(event))
        row = Quarantined(
            project_id=event.project_id,
            event_uuid=event.uuid,
            cause=cause,
            reason=reason,
            size=len(kept),
            is_due=False,
            received_at=event.received_at,
            failed_at=self._clock(),
        )
        try:
            with writing(self._engine) as connection:
                if not quarantine.has_room(connection, row.key, row.size):
                    raise QuarantineFull
                quarantine.add(connection, row, kept.decode(), has_changed_persons=has_changed_persons)
            for due in self._given_out:
                due.failed.add(row.key)
        except sa.exc.DBAPIError as problem:
            # The last place for an event must not fail for good, or the event would hold up its thread and be lost.
            raise Unavailable("the quarantine cannot be written", reason=str(problem.orig)) from problem

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


def _masked(event: ReceivedEvent) -> ReceivedEvent:
    """The event with secrets in local variables masked (pipeline 3.7), as it may be kept for long."""
    try:
        masked = masked_list(event.properties)
    except Exception as defect:  # noqa: BLE001 - it may be what the event is here for
        # Rather the whole event, which only the operator sees, than none.
        log.warning("quarantined_event_unmasked", uuid=str(event.uuid), reason=f"{type(defect).__name__}: {defect}")
        return event
    return msgspec.structs.replace(event, properties={**event.properties, **masked})
