"""Records of symbol sets (pipeline.md 9.1). Their files are blobs."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.storage.metadata.repositories.statements import in_slices
from mothlight.storage.metadata.tables import projects, releases, symbol_sets

MOST_REF_BYTES = 2048
TOUCH_EVERY = timedelta(hours=12)
FAILURE_LASTS = timedelta(days=1)
"""How long a failure to fetch counts before it is tried again."""

Status = Literal["all", "valid", "invalid"]


class SymbolSet(msgspec.Struct, frozen=True):
    """One symbol set's record."""

    id: UUID
    ref: str
    """What frames name it by: chunk id, debug id, map id, or the URL of a script."""
    storage_key: str | None
    content_hash: str | None
    """SHA-512 in hex of the stored bytes, as the uploader said."""
    failure_reason: str | None
    release_id: UUID | None
    created_at: datetime
    last_used: datetime | None

    @property
    def is_complete(self) -> bool:
        """Whether it may be used: its file is there, and the upload was finished."""
        return self.storage_key is not None and self.content_hash is not None

    @property
    def is_pending(self) -> bool:
        """Whether an upload was begun and not finished."""
        return self.storage_key is not None and self.content_hash is None

    def is_failure(self, now: datetime) -> bool:
        """Whether fetching failed, so short a while ago that it is not tried again."""
        if self.storage_key is not None or self.failure_reason is None:
            return False
        return self.last_used is not None and self.last_used > now - FAILURE_LASTS


class SymbolSetSearch(msgspec.Struct, frozen=True):
    """Which sets of a project are listed, and in what order."""

    ref: str | None = None
    search: str | None = None
    """A part of the reference, or of the release's version, project or commit; in any case."""
    status: Status = "all"
    order_by: str = "-created_at"
    """A name of `ORDERS`, with `-` in front for descending."""


ORDERS = {"created_at": symbol_sets.c.created_at, "ref": symbol_sets.c.ref, "last_used": symbol_sets.c.last_used}


def bounded_ref(ref: str) -> str:
    """A reference as it is stored: at most 2,048 bytes."""
    return ref.encode("utf-8", "replace")[:MOST_REF_BYTES].decode("utf-8", "ignore")


def sets_by_id(
    connection: sa.Connection, project_id: int, ids: Sequence[UUID], *, lock: bool = False
) -> dict[UUID, SymbolSet]:
    """Those of the ids that are sets of the project; with `lock` nobody else changes them meanwhile."""
    return {found.id: found for found in _read(connection, project_id, symbol_sets.c.id, ids, lock=lock)}


def sets_by_ref(
    connection: sa.Connection, project_id: int, refs: Sequence[str], *, lock: bool = False
) -> dict[str, SymbolSet]:
    """Those of the references that are sets of the project; with `lock` nobody else changes them meanwhile."""
    return {found.ref: found for found in _read(connection, project_id, symbol_sets.c.ref, refs, lock=lock)}


def list_sets(
    connection: sa.Connection, project_id: int, search: SymbolSetSearch, limit: int, offset: int
) -> list[SymbolSet]:
    """A part of the sets that are asked for."""
    column = ORDERS[search.order_by.removeprefix("-")]
    directed = column.desc().nulls_last() if search.order_by.startswith("-") else column.asc().nulls_last()
    query = _matching(_select(project_id), search).order_by(directed, symbol_sets.c.id.desc())
    return [SymbolSet(*row) for row in connection.execute(query.limit(limit).offset(offset))]


def count_sets(connection: sa.Connection, project_id: int, search: SymbolSetSearch) -> int:
    """How many sets are asked for."""
    counted = sa.select(sa.func.count()).select_from(symbol_sets).where(symbol_sets.c.project_id == project_id)
    return int(connection.execute(_matching(counted, search)).scalar_one())


def insert_set(connection: sa.Connection, project_id: int, new: SymbolSet) -> None:
    """Store a new record.

    Raises:
        sqlalchemy.exc.IntegrityError: the reference is taken; the transaction is over.
    """
    connection.execute(sa.insert(symbol_sets).values(project_id=project_id, **msgspec.structs.asdict(new)))


def change_set(connection: sa.Connection, project_id: int, set_id: UUID, **values: Any) -> None:
    """Change columns of one record."""
    connection.execute(
        sa.update(symbol_sets)
        .where(symbol_sets.c.project_id == project_id, symbol_sets.c.id == set_id)
        .values(**values)
    )


def touch_sets(connection: sa.Connection, project_id: int, ids: Collection[UUID], now: datetime) -> None:
    """Say that the sets are used; written at most every 12 hours."""
    for some in in_slices(list(ids)):
        connection.execute(
            sa.update(symbol_sets)
            .where(
                symbol_sets.c.project_id == project_id,
                symbol_sets.c.id.in_(some),
                sa.or_(symbol_sets.c.last_used.is_(None), symbol_sets.c.last_used < now - TOUCH_EVERY),
            )
            .values(last_used=now)
        )


def delete_sets(connection: sa.Connection, project_id: int, ids: Collection[UUID]) -> list[SymbolSet]:
    """Remove records; returns those that were there."""
    found = list(sets_by_id(connection, project_id, list(ids)).values())
    for some in in_slices([each.id for each in found]):
        connection.execute(
            sa.delete(symbol_sets).where(symbol_sets.c.project_id == project_id, symbol_sets.c.id.in_(some))
        )
    return found


def delete_failures(connection: sa.Connection, before: datetime) -> int:
    """Remove records of all projects that are nothing but a failure, last met before a moment; returns how many."""
    is_failure = sa.and_(symbol_sets.c.storage_key.is_(None), symbol_sets.c.failure_reason.is_not(None))
    return connection.execute(sa.delete(symbol_sets).where(is_failure, symbol_sets.c.last_used < before)).rowcount


def say_changed(connection: sa.Connection, project_id: int) -> None:
    """Say that the project's symbol sets answer otherwise than before, in the transaction that makes it so."""
    connection.execute(
        sa.update(projects).where(projects.c.id == project_id).values(symbols_version=projects.c.symbols_version + 1)
    )


def say_looked_for(connection: sa.Connection, project_id: int) -> None:
    """Say that the project has records from now on, in the transaction that writes the first one."""
    connection.execute(
        sa.update(projects)
        .where(projects.c.id == project_id, projects.c.symbols_version == 0)
        .values(symbols_version=1)
    )


def keys_in_use(connection: sa.Connection, keys: Sequence[str]) -> set[str]:
    """Those of the blobs' keys that a record of any project names. For the sweep of blobs, which know no projects."""
    return {
        key
        for some in in_slices(keys)
        for key in connection.scalars(sa.select(symbol_sets.c.storage_key).where(symbol_sets.c.storage_key.in_(some)))
    }


def _matching(query: sa.Select[Any], search: SymbolSetSearch) -> sa.Select[Any]:
    if search.ref is not None:
        query = query.where(symbol_sets.c.ref == search.ref)
    if search.status != "all":
        is_valid = sa.and_(symbol_sets.c.storage_key.is_not(None), symbol_sets.c.content_hash.is_not(None))
        query = query.where(is_valid if search.status == "valid" else sa.not_(is_valid))
    if search.search:
        query = query.outerjoin(releases, releases.c.id == symbol_sets.c.release_id)
        commit = releases.c.metadata["git"]["commit_id"].as_string()
        columns = (symbol_sets.c.ref, releases.c.version, releases.c.project, commit)
        query = query.where(sa.or_(*(column.icontains(search.search, autoescape=True) for column in columns)))
    return query


def _select(project_id: int) -> sa.Select[Any]:
    return sa.select(*(symbol_sets.c[name] for name in SymbolSet.__struct_fields__)).where(
        symbol_sets.c.project_id == project_id
    )


def _read(
    connection: sa.Connection, project_id: int, column: sa.Column[Any], values: Sequence[object], *, lock: bool = False
) -> list[SymbolSet]:
    found: list[SymbolSet] = []
    for some in in_slices(values):
        query = _select(project_id).where(column.in_(some)).order_by(symbol_sets.c.id)
        found += [SymbolSet(*row) for row in connection.execute(query.with_for_update() if lock else query)]
    return found
