"""Grouping keys whose events are stored and that have no issue yet."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from mothlight.model.issue_states import write_environments
from mothlight.storage.metadata.repositories.issues import environments_of
from mothlight.storage.metadata.repositories.statements import in_slices, insert_or_update
from mothlight.storage.metadata.tables import waiting_keys


class WaitingKey(msgspec.Struct, frozen=True):
    """One of them."""

    grouping_key: int
    since: datetime
    """Receipt of its first event."""
    earliest: datetime
    """The earliest event's own time."""
    received_at: datetime
    """The last receipt."""
    environments: frozenset[str]
    waiting: str
    """What its issue is to be made from, as JSON."""


def has_waiting(connection: sa.Connection, project_id: int) -> bool:
    """Whether any key of the project waits."""
    query = sa.select(waiting_keys.c.grouping_key).where(waiting_keys.c.project_id == project_id).limit(1)
    return connection.scalar(query) is not None


def waiting_projects(connection: sa.Connection) -> dict[int, tuple[int, datetime]]:
    """How many keys wait in each project where any does, and since when the first of them."""
    query = sa.select(
        waiting_keys.c.project_id, sa.func.count(), sa.func.min(waiting_keys.c.since, type_=waiting_keys.c.since.type)
    ).group_by(waiting_keys.c.project_id)
    return {row[0]: (row[1], row[2]) for row in connection.execute(query)}


def find_waiting(connection: sa.Connection, project_id: int, keys: Collection[int]) -> dict[int, WaitingKey]:
    """Those of the keys that wait."""
    found: dict[int, WaitingKey] = {}
    for some in in_slices(sorted(keys)):
        rows = connection.execute(_select(project_id).where(waiting_keys.c.grouping_key.in_(some)))
        found.update({key.grouping_key: key for key in map(_read, rows)})
    return found


def oldest_waiting(connection: sa.Connection, project_id: int, most: int) -> list[WaitingKey]:
    """Those that have waited longest."""
    query = _select(project_id).order_by(waiting_keys.c.since, waiting_keys.c.grouping_key).limit(most)
    return [_read(row) for row in connection.execute(query)]


def write_waiting(connection: sa.Connection, project_id: int, keys: Collection[WaitingKey]) -> None:
    """New ones, or other values for those that wait."""
    rows = [
        {
            "project_id": project_id,
            **msgspec.structs.asdict(key),
            "environments": write_environments(key.environments),
        }
        for key in sorted(keys, key=lambda key: key.grouping_key)
    ]
    insert_or_update(connection, waiting_keys, rows)


def delete_waiting(connection: sa.Connection, project_id: int, keys: Collection[int]) -> None:
    """They wait no more."""
    for some in in_slices(sorted(keys)):
        connection.execute(
            sa.delete(waiting_keys).where(
                waiting_keys.c.project_id == project_id, waiting_keys.c.grouping_key.in_(some)
            )
        )


def _select(project_id: int) -> "sa.Select[tuple[int, datetime, datetime, datetime, str, str]]":
    return sa.select(
        waiting_keys.c.grouping_key,
        waiting_keys.c.since,
        waiting_keys.c.earliest,
        waiting_keys.c.received_at,
        waiting_keys.c.environments,
        waiting_keys.c.waiting,
    ).where(waiting_keys.c.project_id == project_id)


def _read(row: "Sequence[object]") -> WaitingKey:
    key, since, earliest, received_at, environments, waiting = row
    return msgspec.convert(
        {
            "grouping_key": key,
            "since": since,
            "earliest": earliest,
            "received_at": received_at,
            "environments": environments_of(str(environments)),
            "waiting": waiting,
        },
        WaitingKey,
    )
