"""Entries of the change journal as lines of a page."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.issues import journal
from mothlight.issues.effect import ASSIGNED, MERGED, MOVED, SPLIT, UPDATED
from mothlight.issues.summary import named_in, summarise
from mothlight.model.access import User
from mothlight.storage.metadata.repositories import access, changes, issues
from mothlight.storage.metadata.repositories.changes import SETTINGS, Actor, Entry
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.people import people_of

MOTHLIGHT = "Mothlight"
"""Who did what nobody did by hand."""
GONE = "Somebody who left"
UNNAMED = "Issue without a name"
MOST_LINKED = 4

SIGNS: Mapping[str, tuple[str, str]] = {
    journal.CREATED: ("add", ""),
    journal.REOPENED: ("regressed", "amber"),
    journal.NOT_REOPENED: ("check", "green"),
    UPDATED: ("edit", "green"),
    ASSIGNED: ("person", ""),
    MERGED: ("merge", "plum"),
    SPLIT: ("split", "plum"),
    MOVED: ("wrench", "plum"),
    journal.SETTINGS_CHANGED: ("wrench", ""),
    journal.CHANNEL_CHANGED: ("wrench", ""),
    journal.UNDONE: ("undo", ""),
    journal.REDONE: ("undo", ""),
}
"""Icon and colour of each kind of entry."""


class Line(msgspec.Struct, frozen=True):
    """One entry."""

    id: UUID
    who: str
    summary: str
    parts: Sequence[tuple[str, UUID | None]]
    """The summary in pieces; those with an id name an issue that exists."""
    created_at: datetime
    sign: str
    colour: str
    issues: Sequence[tuple[UUID, str]]
    """Issues that it is about, that exist now, and that the summary does not name."""
    more_issues: int
    is_undoable: bool
    is_undo: bool
    undone_by: "Line | None" = None
    """What took it back."""


def read_lines(connection: sa.Connection, call: ProjectPage, entries: Sequence[Entry]) -> list[Line]:
    """The lines of entries, in their order, with what took them back."""
    undoing = {each.undone_by for each in entries if each.undone_by is not None}
    others = undoing - {each.id for each in entries}
    found = [changes.find_entry(connection, call.project.id, id) for id in others]
    every = [*entries, *(entry for entry in found if entry is not None)]
    make = _maker(connection, call, every)
    lines = {entry.id: make(entry) for entry in every}
    return [
        msgspec.structs.replace(lines[each.id], undone_by=lines.get(each.undone_by) if each.undone_by else None)
        for each in entries
    ]


class _Maker(msgspec.Struct, frozen=True):
    users: Mapping[int, User]
    names: Mapping[UUID, str | None]
    people: Mapping[str, str]

    def __call__(self, entry: Entry) -> Line:
        sign, colour = SIGNS.get(entry.kind, ("edit", ""))
        there = [(id, self.names[id] or UNNAMED) for id in entry.issue_ids[:MOST_LINKED] if id in self.names]
        words = summarise(entry, self.names, self.people)
        summary = words[:1].lower() + words[1:]
        parts = _in_parts(summary, there)
        named = {id for _, id in parts}
        return Line(
            id=entry.id,
            who=self._who(entry.actor),
            summary=summary,
            parts=parts,
            created_at=entry.created_at,
            sign=sign,
            colour=colour,
            issues=[each for each in there if each[0] not in named],
            more_issues=max(0, len(entry.issue_ids) - MOST_LINKED),
            is_undoable=entry.kind in journal.UNDOABLE and entry.undone_by is None,
            is_undo=entry.depth % 2 == 1,
        )

    def _who(self, actor: Actor) -> str:
        if actor.id is None:
            return MOTHLIGHT
        user = self.users.get(int(actor.id))
        return GONE if user is None else user.first_name or user.email


def _in_parts(summary: str, issues: Sequence[tuple[UUID, str]]) -> list[tuple[str, UUID | None]]:
    """The summary cut at the names of issues, in the order in which it has them."""
    parts: list[tuple[str, UUID | None]] = []
    rest, left = summary, list(issues)
    while named := [each for each in left if f"“{each[1]}”" in rest]:
        id, name = min(named, key=lambda each: rest.index(f"“{each[1]}”"))
        before, _, rest = rest.partition(f"“{name}”")
        parts += [(before, None), (name, id)]
        left.remove((id, name))
    return [*parts, (rest, None)]


def _maker(connection: sa.Connection, call: ProjectPage, entries: Sequence[Entry]) -> _Maker:
    users = access.find_users(connection, {int(each.actor.id) for each in entries if each.actor.id is not None})
    mentioned = {id for entry in entries for id in (*named_in(entry), *entry.issue_ids[:MOST_LINKED])} - {SETTINGS}
    present = issues.load_issues(connection, call.project.id, mentioned)
    names = {issue.id: issue.name for issue in present.values()}
    return _Maker(users, names, people_of(connection, call))
