"""Repairs: what symbol sets that arrived do to the stacks that are stored, how far each is, and what came of it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.storage.metadata.repositories.statements import in_slices, insert_missing
from mothlight.storage.metadata.tables import symbol_repair_changes, symbol_repair_issues, symbol_repairs

WAITING, RUNNING, FINISHED, SUPERSEDED, FAILED = "waiting", "running", "finished", "superseded", "failed"
UNFINISHED = (WAITING, RUNNING)
STACKS, KEYS = "stacks", "keys"
"""The steps of a repair, in this order."""

MOST_CHANGES = 1_000
"""Entries of the change journal that are named of one repair."""
MOST_FAILURE_CHARACTERS = 500


class Repair(msgspec.Struct, frozen=True):
    """A repair as it stands."""

    id: UUID
    project_id: int
    symbol_set_id: UUID
    ref: str
    storage_key: str
    """Of the file that arrived."""
    status: str
    """`waiting`, `running`, `finished`, `superseded` (another file came, or the set went), `failed`."""
    step: str
    cursor: str
    """The last stack that the step is done with."""
    stacks: int
    stacks_total: int | None
    events: int
    """That were stored before the file arrived."""
    frames_resolved: int
    """Frames of the stacks that the file makes readable."""
    failure: str | None
    created_at: datetime
    finished_at: datetime | None


class Consequences(msgspec.Struct, frozen=True):
    """What a repair did to issues."""

    issues_changed: int = 0
    issues_merged: int = 0
    changes: tuple[UUID, ...] = ()
    """Ids of entries of the change journal, oldest first; at most `MOST_CHANGES`."""


def insert_repairs(connection: sa.Connection, rows: Sequence[Repair]) -> None:
    """New repairs; a file that has one already keeps it."""
    insert_missing(connection, symbol_repairs, [msgspec.structs.asdict(row) for row in rows])


def unfinished_projects(connection: sa.Connection) -> list[int]:
    """Projects with a repair to do, those that wait for longest first."""
    first = sa.func.min(symbol_repairs.c.created_at)
    query = sa.select(symbol_repairs.c.project_id).where(symbol_repairs.c.status.in_(UNFINISHED))
    return list(connection.scalars(query.group_by(symbol_repairs.c.project_id).order_by(first)))


def unfinished_repairs(connection: sa.Connection, project_id: int, at_most: int) -> list[Repair]:
    """The project's repairs that are to be done, oldest first."""
    query = _select(project_id).where(symbol_repairs.c.status.in_(UNFINISHED))
    oldest_first = (symbol_repairs.c.created_at, symbol_repairs.c.id)
    return [Repair(*row) for row in connection.execute(query.order_by(*oldest_first).limit(at_most))]


def list_repairs(
    connection: sa.Connection, project_id: int, limit: int, offset: int, symbol_set_id: UUID | None = None
) -> list[Repair]:
    """Repairs of a project, or of one of its sets, newest first."""
    query = _select(project_id)
    if symbol_set_id is not None:
        query = query.where(symbol_repairs.c.symbol_set_id == symbol_set_id)
    newest_first = (symbol_repairs.c.created_at.desc(), symbol_repairs.c.id.desc())
    return [Repair(*row) for row in connection.execute(query.order_by(*newest_first).limit(limit).offset(offset))]


def change_repairs(connection: sa.Connection, project_id: int, ids: Collection[UUID], **values: Any) -> None:
    """Other values for columns of repairs."""
    for some in in_slices(list(ids)):
        connection.execute(
            sa.update(symbol_repairs)
            .where(symbol_repairs.c.project_id == project_id, symbol_repairs.c.id.in_(some))
            .values(**values)
        )


def take_up_failed(connection: sa.Connection) -> int:
    """Have all failed repairs done again from where they were; returns how many there are."""
    query = sa.update(symbol_repairs).where(symbol_repairs.c.status == FAILED)
    return connection.execute(query.values(status=WAITING, failure=None, finished_at=None)).rowcount


def note_consequences(
    connection: sa.Connection, repair_id: UUID, issue_ids: Collection[UUID], changes: Mapping[UUID, int]
) -> None:
    """Remember issues that a repair concerned, and entries of the journal with the number of issues each merged away.

    In the transaction in which it happens.
    """
    insert_missing(
        connection, symbol_repair_issues, [{"repair_id": repair_id, "issue_id": each} for each in sorted(issue_ids)]
    )
    insert_missing(
        connection,
        symbol_repair_changes,
        [{"repair_id": repair_id, "change_id": each, "merged": merged} for each, merged in changes.items()],
    )


def consequences(connection: sa.Connection, repair_ids: Collection[UUID]) -> dict[UUID, Consequences]:
    """What repairs did to issues; those that did nothing are absent."""
    found: dict[UUID, Consequences] = {}
    for some in in_slices(list(repair_ids)):
        issues = symbol_repair_issues.c
        counted = sa.select(issues.repair_id, sa.func.count()).where(issues.repair_id.in_(some))
        for repair_id, changed in connection.execute(counted.group_by(issues.repair_id)):
            found[repair_id] = Consequences(issues_changed=changed)
        changes = symbol_repair_changes.c
        merged = sa.select(changes.repair_id, sa.func.sum(changes.merged)).where(changes.repair_id.in_(some))
        for repair_id, count in connection.execute(merged.group_by(changes.repair_id)):
            ids = sa.select(changes.change_id).where(changes.repair_id == repair_id).order_by(changes.change_id)
            found[repair_id] = msgspec.structs.replace(
                found.get(repair_id, Consequences()),
                issues_merged=int(count),
                changes=tuple(connection.scalars(ids.limit(MOST_CHANGES))),
            )
    return found


def _select(project_id: int) -> sa.Select[Any]:
    return sa.select(*(symbol_repairs.c[name] for name in Repair.__struct_fields__)).where(
        symbol_repairs.c.project_id == project_id
    )
