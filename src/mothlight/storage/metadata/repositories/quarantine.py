"""Events that could not be stored, whole, with the reason: for the operator, and to be processed again."""

from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import accumulate, takewhile
from typing import Any, Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.storage.metadata.repositories.progress import forget_progress, write_progress
from mothlight.storage.metadata.repositories.statements import insert_or_update
from mothlight.storage.metadata.tables import quarantine, quarantine_losses

MOST_BYTES = 256 * 1024 * 1024
"""Of all events that a defect brought here. What does not go in is waited with, for the operator to do something."""
MOST_REFUSED_BYTES = 64 * 1024 * 1024
"""Of all events whose rows the store refused. What is in them is the sender's doing, so they must never hold up others:
the oldest go."""
MOST_REASON_CHARACTERS = 2_000
EVENTS_AT_ONCE = 500
BYTES_AT_ONCE = 16 * 1024 * 1024

Cause = Literal["defect", "refused"]
"""The pipeline failed on it; or the event store refused its row."""
DEFECT: Cause = "defect"
REFUSED: Cause = "refused"

Key = tuple[int, UUID]
"""Project and uuid of an event."""


class Quarantined(msgspec.Struct, frozen=True):
    """What is told of an event that is not stored; `size` in bytes."""

    project_id: int
    event_uuid: UUID
    cause: Cause
    reason: str
    size: int
    is_due: bool
    """Shall be processed again, and is not yet."""
    received_at: datetime
    failed_at: datetime
    """When it failed last."""

    @property
    def key(self) -> Key:
        """What names it."""
        return self.project_id, self.event_uuid


def writer_name(key: Key) -> str:
    """Under which name `journal_progress` says whether the event has changed persons; its sequence number is 1."""
    return f"quarantine {key[0]} {key[1]}"


class Losses(msgspec.Struct, frozen=True):
    """Events that newer ones took the room from."""

    events: int
    last_at: datetime


def has_room(connection: sa.Connection, key: Key, size: int) -> bool:
    """Whether an event of so many bytes that a defect brought here may be added. One that is in it takes its place."""
    more = size - (connection.scalar(sa.select(quarantine.c.size).where(_is_one_of([key]))) or 0)
    return more <= 0 or _taken(connection, DEFECT) + more <= MOST_BYTES


def make_room(connection: sa.Connection, key: Key, size: int, moment: datetime) -> int:
    """Remove refused events, the oldest first, until one more of so many bytes fits; returns how many, and counts them.

    One that is in it already takes its own place.
    """
    is_refused = sa.and_(quarantine.c.cause == REFUSED, ~_is_one_of([key]))
    taken = connection.scalar(sa.select(sa.func.sum(quarantine.c.size)).where(is_refused)) or 0
    too_much = int(taken) + size - MOST_REFUSED_BYTES
    if too_much <= 0:
        return 0
    gone: list[Key] = []
    oldest = sa.select(quarantine.c.project_id, quarantine.c.event_uuid, quarantine.c.size).where(is_refused)
    for project_id, event_uuid, its_size in connection.execute(oldest.order_by(quarantine.c.failed_at)):
        if too_much <= 0:
            break
        gone.append((project_id, event_uuid))
        too_much -= its_size
    lost = _discard(connection, _is_one_of(gone))
    _count_losses(connection, lost, moment)
    return lost


def find_losses(connection: sa.Connection) -> Losses | None:
    """The refused events that newer ones took the room from, ever; None without one."""
    columns = (quarantine_losses.c.events, quarantine_losses.c.last_at)
    row = connection.execute(sa.select(*columns).where(quarantine_losses.c.cause == REFUSED)).first()
    return None if row is None else Losses(*row)


def add(connection: sa.Connection, row: Quarantined, event: str, *, has_changed_persons: bool) -> None:
    """Put an event in, or say that one in it failed again. `event`: its JSON."""
    # PostgreSQL keeps no U+0000; in JSON it is an escape.
    reason = row.reason.replace("\0", "\ufffd")[:MOST_REASON_CHARACTERS]
    values = {**msgspec.structs.asdict(row), "reason": reason, "event": event}
    insert_or_update(connection, quarantine, [values])
    if has_changed_persons:
        write_progress(connection, {writer_name(row.key): 1})


def list_quarantine(connection: sa.Connection, limit: int) -> list[Quarantined]:
    """What is in it, last failed first."""
    newest_first = (quarantine.c.failed_at.desc(), quarantine.c.event_uuid)
    return [Quarantined(*row) for row in connection.execute(_select().order_by(*newest_first).limit(limit))]


def sum_up(connection: sa.Connection) -> dict[str, tuple[int, int]]:
    """How many events there are of each cause, and their bytes together."""
    rows = connection.execute(
        sa.select(quarantine.c.cause, sa.func.count(), sa.func.sum(quarantine.c.size)).group_by(quarantine.c.cause)
    )
    return {cause: (events, int(size)) for cause, events, size in rows}


def find_events(connection: sa.Connection, event_uuid: UUID) -> list[str]:
    """The JSON of the events that have the uuid; projects are independent of each other, so there can be several."""
    query = sa.select(quarantine.c.event).where(quarantine.c.event_uuid == event_uuid)
    return list(connection.scalars(query.order_by(quarantine.c.project_id)))


def make_due(connection: sa.Connection, causes: Collection[Cause]) -> int:
    """Say that the events that failed for one of the causes shall be processed again; returns how many there are."""
    return connection.execute(sa.update(quarantine).where(quarantine.c.cause.in_(causes)).values(is_due=True)).rowcount


def has_due(connection: sa.Connection) -> bool:
    """Whether an event shall be processed again."""
    return connection.execute(sa.select(1).where(quarantine.c.is_due).limit(1)).first() is not None


def read_due(connection: sa.Connection) -> dict[Key, str]:
    """Some events that shall be processed again, with their JSON, in order of receipt; at least one if there is any."""
    first = connection.execute(
        sa.select(quarantine.c.project_id, quarantine.c.event_uuid, quarantine.c.size)
        .where(quarantine.c.is_due)
        .order_by(quarantine.c.received_at, quarantine.c.event_uuid)
        .limit(EVENTS_AT_ONCE)
    ).all()
    fitting = len(list(takewhile(lambda size: size <= BYTES_AT_ONCE, accumulate(row.size for row in first))))
    wanted = [(row.project_id, row.event_uuid) for row in first[: max(1, fitting)]]
    rows = connection.execute(
        sa.select(quarantine.c.project_id, quarantine.c.event_uuid, quarantine.c.event).where(_is_one_of(wanted))
    )
    events = {(project_id, event_uuid): event for project_id, event_uuid, event in rows}
    return {key: events[key] for key in wanted if key in events}


def give_up(connection: sa.Connection, key: Key, reason: str) -> None:
    """Say that an event cannot be processed again by this version."""
    connection.execute(sa.update(quarantine).where(_is_one_of([key])).values(is_due=False, reason=reason))


def release(connection: sa.Connection, keys: Collection[Key]) -> None:
    """Remove events that were processed again."""
    _discard(connection, _is_one_of(keys))


def discard(connection: sa.Connection, causes: Collection[Cause] = (DEFECT, REFUSED)) -> int:
    """Remove all events that failed for one of the causes; returns how many there were."""
    return _discard(connection, quarantine.c.cause.in_(causes))


def discard_project(connection: sa.Connection, project_id: int) -> None:
    """Remove all events of a project."""
    _discard(connection, quarantine.c.project_id == project_id)


def _taken(connection: sa.Connection, cause: Cause) -> int:
    return int(connection.scalar(sa.select(sa.func.sum(quarantine.c.size)).where(quarantine.c.cause == cause)) or 0)


def _count_losses(connection: sa.Connection, events: int, moment: datetime) -> None:
    known = find_losses(connection)
    total = events + (0 if known is None else known.events)
    insert_or_update(connection, quarantine_losses, [{"cause": REFUSED, "events": total, "last_at": moment}])


def _discard(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> int:
    gone = connection.execute(
        sa.delete(quarantine).where(condition).returning(quarantine.c.project_id, quarantine.c.event_uuid)
    ).all()
    forget_progress(connection, [writer_name((project_id, event_uuid)) for project_id, event_uuid in gone])
    return len(gone)


def _select() -> sa.Select[Any]:
    return sa.select(*(quarantine.c[name] for name in Quarantined.__struct_fields__))


def _is_one_of(keys: Collection[Key]) -> sa.ColumnElement[bool]:
    return sa.or_(sa.false(), *_of_projects(keys))


def _of_projects(keys: Collection[Key]) -> Iterator[sa.ColumnElement[bool]]:
    by_project: dict[int, list[UUID]] = {}
    for project_id, event_uuid in keys:
        by_project.setdefault(project_id, []).append(event_uuid)
    for project_id, some in by_project.items():
        yield sa.and_(quarantine.c.project_id == project_id, quarantine.c.event_uuid.in_(some))
