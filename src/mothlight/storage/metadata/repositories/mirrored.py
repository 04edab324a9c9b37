"""All rows that the event store holds copies of, in slices, for whoever writes every copy anew.

To add a kind of copies: a line in `KINDS`, and a writer in `storage.mirror.Mirror`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from mothlight.storage.metadata.repositories.statements import take_turns
from mothlight.storage.metadata.tables import fingerprints, grouping_keys, issues, person_overrides, persons, projects

Lock = Callable[[sa.Connection, int, Sequence[Any]], None]
"""Waits for all who are changing rows with these keys, and lets nobody change them until the end of the transaction."""


class Mirrored(msgspec.Struct, frozen=True):
    """A table with rows that are copied, by `key`."""

    key: sa.Column[Any]
    project: sa.Column[int]
    lock: Lock


def list_project_ids(connection: sa.Connection) -> list[int]:
    """All projects."""
    return list(connection.scalars(sa.select(projects.c.id).order_by(projects.c.id)))


def next_keys(connection: sa.Connection, kind: str, project_id: int, after: Any, limit: int) -> list[Any]:
    """The keys that follow `after`, in order; the first ones after None."""
    mirrored = KINDS[kind]
    query = sa.select(mirrored.key).where(mirrored.project == project_id).order_by(mirrored.key).limit(limit)
    return list(connection.scalars(query if after is None else query.where(mirrored.key > after)))


def lock_keys(connection: sa.Connection, kind: str, project_id: int, keys: Sequence[Any]) -> None:
    """Keep rows as they are until the end of the transaction. Those of changed rows are waited for."""
    KINDS[kind].lock(connection, project_id, keys)


def _lock_persons(connection: sa.Connection, project_id: int, _keys: Sequence[Any]) -> None:
    take_turns(connection, "persons", project_id)


def _lock_issues(connection: sa.Connection, project_id: int, keys: Sequence[Any]) -> None:
    # Rows are locked in the order in which all others lock them, here and below.
    rows = sa.select(issues.c.id).where(issues.c.project_id == project_id, issues.c.id.in_(keys)).order_by(issues.c.id)
    connection.execute(rows.with_for_update(read=True)).all()


def _lock_owners(connection: sa.Connection, project_id: int, keys: Sequence[Any]) -> None:
    rows = (
        sa.select(fingerprints.c.id)
        .join(grouping_keys, grouping_keys.c.fingerprint_id == fingerprints.c.id)
        .where(grouping_keys.c.project_id == project_id, grouping_keys.c.grouping_key.in_(keys))
        .order_by(fingerprints.c.id)
    )
    connection.execute(rows.with_for_update(read=True)).all()


KINDS: Mapping[str, Mirrored] = {
    # What others point at comes first.
    "override": Mirrored(person_overrides.c.old_person_id, person_overrides.c.project_id, _lock_persons),
    "person": Mirrored(persons.c.id, persons.c.project_id, _lock_persons),
    "issue": Mirrored(issues.c.id, issues.c.project_id, _lock_issues),
    "owner": Mirrored(grouping_keys.c.grouping_key, grouping_keys.c.project_id, _lock_owners),
}
"""By the kind that notes name."""
