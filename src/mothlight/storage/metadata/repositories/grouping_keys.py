"""Grouping keys as questions need them: what fingerprints were made of, and who owns the events of a stack."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.storage.metadata.repositories.statements import Row, in_slices, insert_or_update
from mothlight.storage.metadata.tables import fingerprints, grouping_keys


class StoredKey(msgspec.Struct, frozen=True):
    """A grouping key and what its fingerprint was computed from."""

    grouping_key: int
    fingerprint_id: UUID
    version: str | None
    """None for manual and rule fingerprints."""
    record: list[dict[str, Any]]
    stack: str
    """Hash, or empty."""
    created_at: datetime


class StackOwner(msgspec.Struct, frozen=True):
    """An issue with events of a stack."""

    stack: str
    issue_id: UUID
    grouping_key: int


def keys_of_fingerprints(
    connection: sa.Connection, project_id: int, fingerprint_ids: Collection[UUID], at_most: int
) -> list[StoredKey]:
    """The newest keys of the fingerprints, newest first, at most so many."""
    columns = grouping_keys.c
    rows = connection.execute(
        sa.select(
            columns.grouping_key,
            columns.fingerprint_id,
            columns.fingerprint_version,
            columns.record,
            columns.stack,
            columns.created_at,
        )
        .where(columns.project_id == project_id, columns.fingerprint_id.in_(fingerprint_ids))
        .order_by(columns.created_at.desc(), columns.grouping_key)
        .limit(at_most)
    )
    return [StoredKey(*row) for row in rows]


def stacks_of_issue(connection: sa.Connection, project_id: int, issue_id: UUID, at_most: int) -> list[str]:
    """Hashes of the newest distinct stacks of an issue, newest first."""
    newest = sa.func.max(grouping_keys.c.created_at)
    rows = connection.execute(
        sa.select(grouping_keys.c.stack)
        .join(fingerprints, fingerprints.c.id == grouping_keys.c.fingerprint_id)
        .where(
            fingerprints.c.project_id == project_id, fingerprints.c.issue_id == issue_id, grouping_keys.c.stack != ""
        )
        .group_by(grouping_keys.c.stack)
        .order_by(newest.desc(), grouping_keys.c.stack)
        .limit(at_most)
    )
    return [row[0] for row in rows]


def owners_of_stacks(connection: sa.Connection, project_id: int, stacks: Collection[str]) -> list[StackOwner]:
    """Who owns the events that have one of the stacks."""
    found: list[StackOwner] = []
    for some in in_slices(sorted(stacks)):
        rows = connection.execute(
            sa.select(grouping_keys.c.stack, fingerprints.c.issue_id, grouping_keys.c.grouping_key)
            .join(fingerprints, fingerprints.c.id == grouping_keys.c.fingerprint_id)
            .where(grouping_keys.c.project_id == project_id, grouping_keys.c.stack.in_(some))
            .order_by(grouping_keys.c.grouping_key)
        )
        found += [StackOwner(*row) for row in rows]
    return found


def replace_keys(connection: sa.Connection, rows: Sequence[Row]) -> None:
    """Grouping keys as rows of the table, in the place of what they were."""
    insert_or_update(connection, grouping_keys, rows)
