"""Releases that a project told us about."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.storage.metadata.repositories.statements import in_slices
from mothlight.storage.metadata.tables import releases


class Release(msgspec.Struct, frozen=True):
    """One release of an application."""

    id: UUID
    hash_id: str
    version: str
    project: str
    """The application's name, not one of our projects."""
    metadata: Any
    created_at: datetime


class HashTaken(Exception):
    """Another release of the project has this hash."""


def releases_by_id(connection: sa.Connection, project_id: int, ids: Sequence[UUID]) -> dict[UUID, Release]:
    """Those of the ids that are releases of the project."""
    return {release.id: release for release in _read(connection, project_id, releases.c.id, ids)}


def releases_by_hash(connection: sa.Connection, project_id: int, hashes: Sequence[str]) -> dict[str, Release]:
    """Those of the hashes that name a release of the project."""
    return {release.hash_id: release for release in _read(connection, project_id, releases.c.hash_id, hashes)}


def list_releases(connection: sa.Connection, project_id: int, limit: int, offset: int) -> list[Release]:
    """Releases, newest created first."""
    query = _select(project_id).order_by(releases.c.created_at.desc(), releases.c.id.desc())
    return [Release(*row) for row in connection.execute(query.limit(limit).offset(offset))]


def count_releases(connection: sa.Connection, project_id: int) -> int:
    """How many releases the project has."""
    query = sa.select(sa.func.count()).select_from(releases).where(releases.c.project_id == project_id)
    return connection.execute(query).scalar_one()


def insert_release(connection: sa.Connection, project_id: int, release: Release) -> None:
    """Store a new release.

    Raises:
        HashTaken: the transaction is over.
    """
    with _unless_taken():
        connection.execute(sa.insert(releases).values(project_id=project_id, **msgspec.structs.asdict(release)))


def update_release(connection: sa.Connection, project_id: int, release_id: UUID, values: Mapping[str, Any]) -> bool:
    """Change some columns; False when the project has no such release.

    Raises:
        HashTaken: the transaction is over.
    """
    if not values:
        return bool(releases_by_id(connection, project_id, [release_id]))
    with _unless_taken():
        changed = connection.execute(sa.update(releases).where(*_one(project_id, release_id)).values(**values))
    return changed.rowcount > 0


def delete_release(connection: sa.Connection, project_id: int, release_id: UUID) -> bool:
    """Remove a release; False when the project has no such."""
    return connection.execute(sa.delete(releases).where(*_one(project_id, release_id))).rowcount > 0


@contextmanager
def _unless_taken() -> Iterator[None]:
    # Asking first would miss what another node adds at the same moment; the database does not.
    try:
        yield
    except sa.exc.IntegrityError as problem:
        raise HashTaken from problem


def _one(project_id: int, release_id: UUID) -> tuple[sa.ColumnElement[bool], ...]:
    return releases.c.project_id == project_id, releases.c.id == release_id


def _select(project_id: int) -> sa.Select[Any]:
    return sa.select(
        releases.c.id,
        releases.c.hash_id,
        releases.c.version,
        releases.c.project,
        releases.c.metadata,
        releases.c.created_at,
    ).where(releases.c.project_id == project_id)


def _read(
    connection: sa.Connection, project_id: int, column: sa.Column[Any], values: Sequence[object]
) -> list[Release]:
    return [
        Release(*row)
        for some in in_slices(values)
        for row in connection.execute(_select(project_id).where(column.in_(some)))
    ]
