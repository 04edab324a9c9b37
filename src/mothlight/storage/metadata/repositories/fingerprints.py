"""Fingerprints as changes and lists need them: locked, moved, found, counted. What the pipeline asks is in `issues`."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.storage.metadata.repositories.issues import StoredFingerprint
from mothlight.storage.metadata.repositories.statements import in_slices
from mothlight.storage.metadata.tables import fingerprints


class ListedFingerprint(msgspec.Struct, frozen=True):
    """A fingerprint as lists show it."""

    id: UUID
    fingerprint: str
    issue_id: UUID
    created_at: datetime
    first_seen: datetime | None


def lock_fingerprints(
    connection: sa.Connection, project_id: int, values: Collection[str]
) -> dict[str, StoredFingerprint]:
    """Those of the fingerprints that exist, locked until the end of the transaction. Lock their issues before."""
    found: dict[str, StoredFingerprint] = {}
    for some in in_slices(sorted(values)):
        rows = connection.execute(
            sa.select(fingerprints.c.id, fingerprints.c.fingerprint, fingerprints.c.issue_id)
            .where(fingerprints.c.project_id == project_id, fingerprints.c.fingerprint.in_(some))
            .order_by(fingerprints.c.id)
            .with_for_update()
        )
        found.update((row[1], StoredFingerprint(*row)) for row in rows)
    return found


def fingerprints_of_issues(connection: sa.Connection, project_id: int, ids: Collection[UUID]) -> dict[str, UUID]:
    """All fingerprints of the issues, oldest first, with their owners."""
    found: list[tuple[str, UUID]] = []
    for some in in_slices(list(ids)):
        rows = connection.execute(
            sa.select(fingerprints.c.fingerprint, fingerprints.c.issue_id)
            .where(fingerprints.c.project_id == project_id, fingerprints.c.issue_id.in_(some))
            .order_by(fingerprints.c.created_at, fingerprints.c.id)
        )
        found += [(row[0], row[1]) for row in rows]
    return dict(found)


def find_fingerprint_owner(connection: sa.Connection, project_id: int, fingerprint: str) -> UUID | None:
    """The issue that owns a fingerprint."""
    owner: UUID | None = connection.scalar(
        sa.select(fingerprints.c.issue_id).where(
            fingerprints.c.project_id == project_id, fingerprints.c.fingerprint == fingerprint
        )
    )
    return owner


def find_fingerprint(connection: sa.Connection, project_id: int, fingerprint_id: UUID) -> ListedFingerprint | None:
    """One by its id."""
    return _first_fingerprint(connection, project_id, fingerprints.c.id == fingerprint_id)


def find_fingerprint_by_value(connection: sa.Connection, project_id: int, value: str) -> ListedFingerprint | None:
    """One by its value, of which there is one in a project."""
    return _first_fingerprint(connection, project_id, fingerprints.c.fingerprint == value)


def list_fingerprints(
    connection: sa.Connection, project_id: int, issue_id: UUID | None, limit: int, offset: int
) -> list[ListedFingerprint]:
    """Fingerprints of an issue, or all, oldest created first."""
    query = _select_fingerprints(project_id, issue_id).order_by(fingerprints.c.created_at, fingerprints.c.id)
    return [ListedFingerprint(*row) for row in connection.execute(query.limit(limit).offset(offset))]


def count_fingerprints(connection: sa.Connection, project_id: int, issue_id: UUID | None) -> int:
    """How many fingerprints there are."""
    query = sa.select(sa.func.count()).select_from(_select_fingerprints(project_id, issue_id).subquery())
    return connection.execute(query).scalar_one()


def move_fingerprints(connection: sa.Connection, ids: Collection[UUID], issue_id: UUID) -> None:
    """Give fingerprints, which are locked, to another issue."""
    for some in in_slices(list(ids)):
        connection.execute(
            sa.update(fingerprints)
            .where(fingerprints.c.id.in_(some))
            .values(issue_id=issue_id, version=fingerprints.c.version + 1)
        )


def _select_fingerprints(project_id: int, issue_id: UUID | None = None) -> sa.Select[Any]:
    query = sa.select(
        fingerprints.c.id,
        fingerprints.c.fingerprint,
        fingerprints.c.issue_id,
        fingerprints.c.created_at,
        fingerprints.c.first_seen,
    ).where(fingerprints.c.project_id == project_id)
    return query if issue_id is None else query.where(fingerprints.c.issue_id == issue_id)


def _first_fingerprint(
    connection: sa.Connection, project_id: int, condition: sa.ColumnElement[bool]
) -> ListedFingerprint | None:
    row = connection.execute(_select_fingerprints(project_id).where(condition)).one_or_none()
    return None if row is None else ListedFingerprint(*row)


def owners_of(connection: sa.Connection, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The issue of each of the fingerprints, by id."""
    found: dict[UUID, UUID] = {}
    for some in in_slices(sorted(ids)):
        rows = connection.execute(
            sa.select(fingerprints.c.id, fingerprints.c.issue_id).where(fingerprints.c.id.in_(some))
        )
        found.update((row[0], row[1]) for row in rows)
    return found


def delete_fingerprint(connection: sa.Connection, fingerprint_id: UUID) -> None:
    """Remove a fingerprint that no grouping key has."""
    connection.execute(sa.delete(fingerprints).where(fingerprints.c.id == fingerprint_id))
