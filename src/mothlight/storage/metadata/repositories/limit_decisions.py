"""What limits decided about events that are not stored yet, one row for each batch."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from mothlight.storage.metadata.repositories.statements import Row, in_slices
from mothlight.storage.metadata.tables import limit_decisions


def read_decisions(connection: sa.Connection, writers: Collection[str]) -> list[tuple[UUID, bytes]]:
    """Id and content of the rows about entries of these writers, oldest first."""
    found: list[tuple[UUID, bytes]] = []
    for some in in_slices(sorted(writers)):
        rows = connection.execute(
            sa.select(limit_decisions.c.id, limit_decisions.c.decided)
            .where(limit_decisions.c.writer.in_(some))
            .order_by(limit_decisions.c.created_at, limit_decisions.c.id)
        )
        found += [(row[0], row[1]) for row in rows]
    return found


def write_decisions(connection: sa.Connection, rows: Collection[Row]) -> None:
    """New rows of the table."""
    connection.execute(sa.insert(limit_decisions), list(rows))


def delete_decisions(connection: sa.Connection, ids: Collection[UUID]) -> None:
    """Rows whose events are stored."""
    for some in in_slices(sorted(ids)):
        connection.execute(sa.delete(limit_decisions).where(limit_decisions.c.id.in_(some)))


def forget_decisions(connection: sa.Connection, before: datetime) -> None:
    """Rows that nobody came back for."""
    connection.execute(sa.delete(limit_decisions).where(limit_decisions.c.created_at < before))
