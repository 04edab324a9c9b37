"""Messages of alerts on their way to channels: what waits, what arrived, what was given up."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.storage.metadata.tables import alert_deliveries

WAITING, DELIVERED, DEAD = "waiting", "delivered", "dead"
SINGLE, DIGEST, TEST = "single", "digest", "test"

Status = Literal["waiting", "delivered", "dead"]


class Delivery(msgspec.Struct, frozen=True):
    """A row."""

    id: UUID
    project_id: int
    alert_id: UUID | None
    channel_id: UUID
    message_id: UUID
    kind: str
    title: str
    status: Status
    attempts: int
    error: str | None
    seconds: float | None
    created_at: datetime
    due_at: datetime | None
    delivered_at: datetime | None


_TABLE = alert_deliveries.c
_COLUMNS = tuple(_TABLE[name] for name in Delivery.__struct_fields__)


def insert_deliveries(connection: sa.Connection, deliveries: Sequence[Delivery]) -> None:
    """Put messages on their way."""
    if deliveries:
        connection.execute(sa.insert(alert_deliveries), [msgspec.structs.asdict(each) for each in deliveries])


def has_due(connection: sa.Connection, now: datetime) -> bool:
    """Whether any wait that are due."""
    due = sa.and_(_TABLE.status == WAITING, _TABLE.due_at <= now)
    return connection.execute(sa.select(_TABLE.id).where(due).limit(1)).one_or_none() is not None


def claim_deliveries(connection: sa.Connection, now: datetime, until: datetime, most: int) -> list[Delivery]:
    """Take those that are due; nobody else does before `until`, by when what became of them must be written."""
    due = sa.and_(_TABLE.status == WAITING, _TABLE.due_at <= now)
    query = sa.select(*_COLUMNS).where(due).order_by(_TABLE.due_at, _TABLE.id).limit(most)
    # On PostgreSQL another node may claim at the same moment; SQLite has one writer.
    claimed = [Delivery(*row) for row in connection.execute(query.with_for_update(skip_locked=True))]
    if claimed:
        mine = _TABLE.id.in_([each.id for each in claimed])
        connection.execute(sa.update(alert_deliveries).where(mine).values(due_at=until))
    return [msgspec.structs.replace(each, due_at=until) for each in claimed]


def write_attempt(connection: sa.Connection, delivery: Delivery, claimed_until: datetime | None) -> bool:
    """Write what became of an attempt, unless another node has taken it over since; whether it was written."""
    mine = sa.and_(_TABLE.id == delivery.id, _TABLE.status == WAITING, _TABLE.due_at == claimed_until)
    values = {
        "status": delivery.status,
        "attempts": delivery.attempts,
        "error": delivery.error,
        "seconds": delivery.seconds,
        "due_at": delivery.due_at,
        "delivered_at": delivery.delivered_at,
    }
    return connection.execute(sa.update(alert_deliveries).where(mine).values(values)).rowcount == 1


def try_again(connection: sa.Connection, project_id: int, delivery_id: UUID, now: datetime) -> bool:
    """Send one that was given up from the start; whether it was one."""
    mine = sa.and_(_TABLE.project_id == project_id, _TABLE.id == delivery_id, _TABLE.status == DEAD)
    values = {"status": WAITING, "attempts": 0, "due_at": now}
    return connection.execute(sa.update(alert_deliveries).where(mine).values(values)).rowcount == 1


def find_delivery(connection: sa.Connection, project_id: int, delivery_id: UUID) -> Delivery | None:
    """One of a project."""
    query = sa.select(*_COLUMNS).where(_TABLE.project_id == project_id, _TABLE.id == delivery_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else Delivery(*row)


def list_deliveries(
    connection: sa.Connection,
    project_id: int,
    limit: int,
    offset: int,
    *,
    alert_id: UUID | None = None,
    channel_id: UUID | None = None,
    status: str | None = None,
) -> tuple[int, list[Delivery]]:
    """How many there are of a project, and one page of them, newest first."""
    wanted = [_TABLE.project_id == project_id]
    if alert_id is not None:
        wanted.append(_TABLE.alert_id == alert_id)
    if channel_id is not None:
        wanted.append(_TABLE.channel_id == channel_id)
    if status is not None:
        wanted.append(_TABLE.status == status)
    count = connection.scalar(sa.select(sa.func.count()).select_from(alert_deliveries).where(*wanted)) or 0
    query = sa.select(*_COLUMNS).where(*wanted).order_by(_TABLE.created_at.desc(), _TABLE.id.desc())
    return count, [Delivery(*row) for row in connection.execute(query.limit(limit).offset(offset))]


def last_deliveries(connection: sa.Connection, project_id: int, channel_ids: Collection[UUID]) -> dict[UUID, Delivery]:
    """The newest of each channel that has one."""
    newest = (list_deliveries(connection, project_id, 1, 0, channel_id=each)[1] for each in channel_ids)
    return {each.channel_id: each for some in newest for each in some}


def message_times(connection: sa.Connection, alert_id: UUID, since: datetime) -> list[datetime]:
    """When messages of an alert were put on their way from a moment on, oldest first."""
    moment = sa.func.min(_TABLE.created_at)
    query = (
        sa.select(moment)
        .where(_TABLE.alert_id == alert_id, _TABLE.kind != TEST, _TABLE.created_at >= since)
        .group_by(_TABLE.message_id)
        .order_by(moment)
    )
    return list(connection.scalars(query))


def drop_channel_deliveries(connection: sa.Connection, project_id: int, channel_id: UUID, error: str) -> None:
    """What waits for a channel that is gone is given up."""
    waiting = sa.and_(_TABLE.project_id == project_id, _TABLE.channel_id == channel_id, _TABLE.status == WAITING)
    connection.execute(sa.update(alert_deliveries).where(waiting).values(status=DEAD, error=error, due_at=None))


def count_by_status(connection: sa.Connection) -> dict[str, int]:
    """How many of all projects there are in each status."""
    query = sa.select(_TABLE.status, sa.func.count()).group_by(_TABLE.status)
    return {str(status): int(count) for status, count in connection.execute(query)}


def delete_deliveries_before(connection: sa.Connection, moment: datetime) -> None:
    """Forget old ones that need nothing more."""
    old = sa.and_(_TABLE.created_at < moment, _TABLE.status != WAITING)
    connection.execute(sa.delete(alert_deliveries).where(old))
