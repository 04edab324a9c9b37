"""The outbox: what people should hear about issues, until alerts were decided on."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.storage.metadata.repositories.statements import Row, in_slices
from mothlight.storage.metadata.tables import announcements


class StoredAnnouncement(msgspec.Struct, frozen=True):
    """A row."""

    id: UUID
    project_id: int
    issue_id: UUID
    kind: str
    fingerprint: str | None
    environment: str | None
    event_uuid: UUID
    event_timestamp: datetime
    issue: dict[str, Any]
    assignee: dict[str, Any] | None
    figures: dict[str, Any] | None
    created_at: datetime


_COLUMNS = tuple(announcements.c[name] for name in StoredAnnouncement.__struct_fields__)


def insert_announcements(connection: sa.Connection, rows: Sequence[Row]) -> None:
    """Enter rows of the table."""
    if rows:
        connection.execute(sa.insert(announcements), rows)


def due_announcements(connection: sa.Connection, now: datetime, most: int) -> list[StoredAnnouncement]:
    """Those that alerts are to be decided on now, of all projects, longest due first."""
    query = sa.select(*_COLUMNS).where(announcements.c.due_at <= now)
    ordered = query.order_by(announcements.c.due_at, announcements.c.id).limit(most)
    return [StoredAnnouncement(*row) for row in connection.execute(ordered)]


def settle_announcements(connection: sa.Connection, ids: Collection[UUID], due_at: datetime | None) -> None:
    """Alerts are decided on; with a moment, they are to be looked at again then."""
    for some in in_slices(sorted(ids)):
        connection.execute(sa.update(announcements).where(announcements.c.id.in_(some)).values(due_at=due_at))


def announcements_since(
    connection: sa.Connection, project_id: int, kind: str, since: datetime, most: int
) -> list[StoredAnnouncement]:
    """Those of one kind of a project from a moment on, oldest first."""
    query = sa.select(*_COLUMNS).where(
        announcements.c.project_id == project_id,
        announcements.c.kind == kind,
        announcements.c.created_at >= since,
    )
    ordered = query.order_by(announcements.c.created_at, announcements.c.id).limit(most)
    return [StoredAnnouncement(*row) for row in connection.execute(ordered)]


def delete_announcements_before(connection: sa.Connection, moment: datetime) -> None:
    """Forget those that are decided on and old."""
    old = sa.and_(announcements.c.due_at.is_(None), announcements.c.created_at < moment)
    connection.execute(sa.delete(announcements).where(old))
