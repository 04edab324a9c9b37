"""Statements that the two engines spell differently, or that need care with many values."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

MOST_VALUES = 5_000
"""Values in one `IN`: under the limits on bound parameters of both engines."""

Row = dict[str, Any]
T = TypeVar("T")


def in_slices(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """The values in slices that one statement can bind."""
    for start in range(0, len(values), MOST_VALUES):
        yield values[start : start + MOST_VALUES]


def insert_missing(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Insert rows; those whose unique key is taken change nothing."""
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), rows)


def insert_or_update(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Insert rows; those whose primary key is taken replace the other columns."""
    if not rows:
        return
    statement = _insert(connection, table)
    keys = [column.name for column in table.primary_key]
    replaced = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=replaced), rows)


def take_turns(connection: sa.Connection, subject: str, project_id: int) -> None:
    """Wait until no other transaction works on this subject of the project; until the end of this one nobody else does.

    SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(subject), project_id)))


def _insert(connection: sa.Connection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
