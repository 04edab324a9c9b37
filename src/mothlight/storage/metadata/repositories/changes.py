"""The change journal: who did what to which issue, when, before and after. Entries are added, never changed."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.storage.metadata.repositories.statements import Row, in_slices
from mothlight.storage.metadata.tables import change_issues, changes

SETTINGS = UUID(int=0)
"""Stands for the project's settings where an entry names what it is about."""


class Actor(msgspec.Struct, frozen=True):
    """Who did it."""

    type: str
    """`user` or `pipeline`."""
    id: str | None = None
    """Of a user."""
    key_id: UUID | None = None
    """The API key that the user came with."""


class Touch(msgspec.Struct, frozen=True):
    """What an entry says about one issue."""

    issue_id: UUID
    aspects: frozenset[str] = frozenset()
    """What of it changed."""
    activity: str | None = None
    """Under which name the issue's history shows the entry."""
    merged_into: UUID | None = None
    """Where the issue went, when the change removed it."""


class NewEntry(msgspec.Struct, frozen=True):
    """An entry that is to be written."""

    id: UUID
    kind: str
    actor: Actor
    created_at: datetime
    touches: Sequence[Touch]
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    undoes: UUID | None = None
    depth: int = 0
    origin: UUID | None = None


class Entry(msgspec.Struct, frozen=True):
    """An entry as it stands in the journal."""

    seq: int
    id: UUID
    kind: str
    actor: Actor
    created_at: datetime
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    undoes: UUID | None
    depth: int
    """0: no undo, 1: an undo, 2: the undo of an undo, …"""
    origin: UUID
    """The entry that was undone first; itself when it is no undo."""
    undone_by: UUID | None
    issue_ids: list[UUID]


class LaterTouch(msgspec.Struct, frozen=True):
    """What a later entry did to an issue."""

    seq: int
    id: UUID
    origin: UUID
    issue_id: UUID
    aspects: frozenset[str]


class ToldOfIssue(msgspec.Struct, frozen=True):
    """What an entry tells of one of its issues."""

    issue_id: UUID
    created_at: datetime
    after: dict[str, Any] | None


class EntryFilter(msgspec.Struct, frozen=True):
    """Which entries are asked for; None: any."""

    issue_id: UUID | None = None
    kinds: Collection[str] | None = None
    actor_type: str | None = None
    actor_id: str | None = None
    date_from: datetime | None = None
    """Inclusive, as is `date_to`."""
    date_to: datetime | None = None


class ActivityRow(msgspec.Struct, frozen=True):
    """One line of an issue's history."""

    entry: Entry
    issue_id: UUID
    activity: str


def insert_entries(connection: sa.Connection, project_id: int, entries: Sequence[NewEntry]) -> None:
    """Write entries in this order. What they tell has happened in this transaction, under the locks of its rows."""
    if not entries:
        return
    statement = sa.insert(changes).returning(changes.c.seq, sort_by_parameter_order=True)
    numbers = connection.scalars(statement, [_entry_row(project_id, entry) for entry in entries]).all()
    touches = [
        {
            "seq": seq,
            "issue_id": touch.issue_id,
            "project_id": project_id,
            "aspects": " ".join(sorted(touch.aspects)),
            "activity": touch.activity,
            "merged_into": touch.merged_into,
            "created_at": entry.created_at,
        }
        for seq, entry in zip(numbers, entries, strict=True)
        for touch in entry.touches
    ]
    if touches:
        connection.execute(sa.insert(change_issues), touches)


def find_entry(connection: sa.Connection, project_id: int, entry_id: UUID) -> Entry | None:
    """One entry."""
    found = _read(connection, _select(changes.c.project_id == project_id, changes.c.id == entry_id))
    return found[0] if found else None


def read_entries(connection: sa.Connection, project_id: int, numbers: Collection[int]) -> dict[int, Entry]:
    """Entries by their number in the journal."""
    return {
        entry.seq: entry
        for some in in_slices(sorted(numbers))
        for entry in _read(connection, _select(_unindexed(changes, project_id), changes.c.seq.in_(some)))
    }


def list_entries(
    connection: sa.Connection, project_id: int, wanted: EntryFilter, limit: int, offset: int
) -> list[Entry]:
    """Entries, newest first."""
    # The page is found by indexes alone; the wide columns are read for its rows only.
    numbers = connection.scalars(_page(project_id, wanted, limit, offset)).all()
    found = read_entries(connection, project_id, numbers)
    return [found[number] for number in numbers]


def count_entries(connection: sa.Connection, project_id: int, wanted: EntryFilter, at_most: int) -> int:
    """How many entries there are, as far as counting goes: millions would take longer than showing them."""
    some = sa.select(changes.c.seq).where(*_conditions(project_id, wanted)).limit(at_most)
    return _count(connection, sa.select(sa.func.count()).select_from(some.subquery()))


def list_activity(
    connection: sa.Connection, project_id: int, issue_id: UUID | None, limit: int, offset: int
) -> list[ActivityRow]:
    """Lines of the history of one issue, or of all, newest first."""
    columns = (change_issues.c.seq, change_issues.c.issue_id, change_issues.c.activity)
    rows = connection.execute(
        sa.select(*columns)
        .where(*_shown(project_id, issue_id))
        .order_by(change_issues.c.created_at.desc(), change_issues.c.seq.desc(), change_issues.c.issue_id)
        .limit(limit)
        .offset(offset)
    ).all()
    entries = read_entries(connection, project_id, {row[0] for row in rows})
    return [ActivityRow(entries[row[0]], row[1], row[2]) for row in rows]


def count_activity(connection: sa.Connection, project_id: int, issue_id: UUID | None) -> int:
    """How many lines the history has."""
    shown = _shown(project_id, issue_id)
    return _count(connection, sa.select(sa.func.count()).select_from(change_issues).where(*shown))


def later_touches(
    connection: sa.Connection, project_id: int, issue_ids: Collection[UUID], seq: int
) -> list[LaterTouch]:
    """What happened to the issues after an entry, oldest first, whether it was taken back or not."""
    found: list[LaterTouch] = []
    origin = sa.func.coalesce(changes.c.origin, changes.c.id, type_=changes.c.id.type)
    for some in in_slices(list(issue_ids)):
        rows = connection.execute(
            sa.select(changes.c.seq, changes.c.id, origin, change_issues.c.issue_id, change_issues.c.aspects)
            .select_from(change_issues)
            .join(changes, changes.c.seq == change_issues.c.seq)
            .where(
                change_issues.c.project_id == project_id,
                change_issues.c.issue_id.in_(some),
                change_issues.c.seq > seq,
                change_issues.c.aspects != "",
            )
        )
        found += [LaterTouch(row[0], row[1], row[2], row[3], frozenset(row[4].split())) for row in rows]
    return sorted(found, key=lambda touch: touch.seq)


def merged_into(connection: sa.Connection, project_id: int, issue_id: UUID) -> UUID | None:
    """Where an issue that is gone went with the last change that removed it."""
    found: UUID | None = connection.scalar(
        sa.select(change_issues.c.merged_into)
        .where(
            change_issues.c.project_id == project_id,
            change_issues.c.issue_id == issue_id,
            change_issues.c.merged_into.is_not(None),
        )
        .order_by(change_issues.c.seq.desc())
        .limit(1)
    )
    return found


def entries_of_kind(
    connection: sa.Connection, project_id: int, issue_ids: Collection[UUID], kind: str
) -> list[ToldOfIssue]:
    """What entries of a kind tell of some issues."""
    found: list[ToldOfIssue] = []
    for some in in_slices(list(issue_ids)):
        rows = connection.execute(
            sa.select(change_issues.c.issue_id, change_issues.c.created_at, changes.c.after)
            .join(changes, changes.c.seq == change_issues.c.seq)
            .where(
                change_issues.c.project_id == project_id,
                change_issues.c.issue_id.in_(some),
                changes.c.kind == kind,
            )
        )
        found += [ToldOfIssue(*row) for row in rows]
    return found


def _entry_row(project_id: int, entry: NewEntry) -> Row:
    return {
        "id": entry.id,
        "project_id": project_id,
        "kind": entry.kind,
        "actor_type": entry.actor.type,
        "actor_id": entry.actor.id,
        "key_id": entry.actor.key_id,
        "before": entry.before,
        "after": entry.after,
        "undoes": entry.undoes,
        "depth": entry.depth,
        "origin": entry.origin,
        "created_at": entry.created_at,
    }


def _select(*conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    undo = changes.alias("undo")
    return (
        sa.select(
            changes.c.seq,
            changes.c.id,
            changes.c.kind,
            changes.c.actor_type,
            changes.c.actor_id,
            changes.c.key_id,
            changes.c.created_at,
            changes.c.before,
            changes.c.after,
            changes.c.undoes,
            changes.c.depth,
            changes.c.origin,
            undo.c.id,
        )
        .select_from(changes.outerjoin(undo, undo.c.undoes == changes.c.id))
        .where(*conditions)
    )


def _unindexed(table: sa.Table, project_id: int) -> sa.ColumnElement[bool]:
    """For queries that another condition narrows better: one engine would walk through the project's entries."""
    return table.c.project_id + 0 == project_id


def _read(connection: sa.Connection, query: sa.Select[Any]) -> list[Entry]:
    rows = connection.execute(query).all()
    subjects = _issue_ids(connection, [row[0] for row in rows])
    return [_entry(row, subjects.get(row[0], [])) for row in rows]


def _entry(row: Sequence[Any], issue_ids: list[UUID]) -> Entry:
    return Entry(
        seq=row[0],
        id=row[1],
        kind=row[2],
        actor=Actor(row[3], row[4], row[5]),
        created_at=row[6],
        before=row[7],
        after=row[8],
        undoes=row[9],
        depth=row[10],
        origin=row[11] or row[1],
        undone_by=row[12],
        issue_ids=issue_ids,
    )


def _issue_ids(connection: sa.Connection, numbers: Sequence[int]) -> dict[int, list[UUID]]:
    found: dict[int, list[UUID]] = {}
    rows: Iterable[Any] = connection.execute(
        sa.select(change_issues.c.seq, change_issues.c.issue_id)
        .where(change_issues.c.seq.in_(numbers), change_issues.c.issue_id != SETTINGS)
        .order_by(change_issues.c.issue_id)
    )
    for seq, issue_id in rows:
        found.setdefault(seq, []).append(issue_id)
    return found


def _page(project_id: int, wanted: EntryFilter, limit: int, offset: int) -> sa.Select[int]:
    """Each kind has its entries in order in the index; of several the newest of all are taken."""
    kinds = wanted.kinds if wanted.kinds is not None else [None]
    each = [
        sa.select(changes.c.seq, changes.c.created_at)
        .where(*_conditions(project_id, wanted if kind is None else msgspec.structs.replace(wanted, kinds=[kind])))
        .order_by(changes.c.created_at.desc(), changes.c.seq.desc())
        .limit(limit + offset)
        .subquery()
        for kind in dict.fromkeys(kinds)
    ]
    found = each[0] if len(each) == 1 else sa.union_all(*(sa.select(part) for part in each)).subquery()
    return sa.select(found.c.seq).order_by(found.c.created_at.desc(), found.c.seq.desc()).limit(limit).offset(offset)


def _conditions(project_id: int, wanted: EntryFilter) -> list[sa.ColumnElement[bool]]:
    conditions = [changes.c.project_id == project_id if wanted.issue_id is None else _unindexed(changes, project_id)]
    if wanted.issue_id is not None:
        about = sa.select(change_issues.c.seq).where(change_issues.c.issue_id == wanted.issue_id)
        conditions.append(changes.c.seq.in_(about))
    if wanted.kinds is not None:
        conditions.append(changes.c.kind.in_(list(wanted.kinds)))
    if wanted.actor_type is not None:
        conditions.append(changes.c.actor_type == wanted.actor_type)
    if wanted.actor_id is not None:
        conditions.append(changes.c.actor_id == wanted.actor_id)
    if wanted.date_from is not None:
        conditions.append(changes.c.created_at >= wanted.date_from)
    if wanted.date_to is not None:
        conditions.append(changes.c.created_at <= wanted.date_to)
    return conditions


def _shown(project_id: int, issue_id: UUID | None) -> list[sa.ColumnElement[bool]]:
    is_shown = change_issues.c.activity.is_not(None)
    if issue_id is None:
        return [change_issues.c.project_id == project_id, is_shown]
    return [_unindexed(change_issues, project_id), is_shown, change_issues.c.issue_id == issue_id]


def _count(connection: sa.Connection, query: sa.Select[int]) -> int:
    return connection.execute(query).scalar_one()
