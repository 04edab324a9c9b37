"""What happened to an issue, newest first, and which of it can be taken back."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mothlight.issues import journal
from mothlight.issues.summary import named_in, summarise
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import access, changes, issues
from mothlight.storage.metadata.repositories.changes import EntryFilter
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.people import people_of

MOST_LINES = 30


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """One change."""

    id: UUID
    kind: str
    who: str | None
    """None: the pipeline, by itself."""
    what: str
    when: datetime
    can_undo: bool
    is_undone: bool
    is_redo: bool
    """Whether taking it back does something again."""


@dataclass(frozen=True, slots=True)
class Activity:
    """The newest changes, and whether there are older ones."""

    lines: list[ActivityLine]
    has_more: bool


def read_activity(call: ProjectPage, issue_id: UUID) -> Activity:
    """The history of an issue, from the journal of changes."""
    with reading(call.database) as connection:
        wanted = EntryFilter(issue_id=issue_id)
        entries = changes.list_entries(connection, call.project.id, wanted, MOST_LINES + 1, 0)
        users = access.find_users(connection, {int(each.actor.id) for each in entries if each.actor.id is not None})
        mentioned = issues.load_issues(connection, call.project.id, {id for each in entries for id in named_in(each)})
        people = people_of(connection, call)
    names = {issue.id: issue.name for issue in mentioned.values()}
    lines = []
    for entry in entries[:MOST_LINES]:
        user = users.get(int(entry.actor.id)) if entry.actor.id is not None else None
        lines.append(
            ActivityLine(
                id=entry.id,
                kind=entry.kind,
                who=(user.first_name or user.email) if user else "somebody" if entry.actor.id is not None else None,
                what=summarise(entry, names, people),
                when=entry.created_at,
                can_undo=entry.kind in journal.UNDOABLE and entry.undone_by is None,
                is_undone=entry.undone_by is not None,
                is_redo=entry.depth % 2 == 1,
            )
        )
    return Activity(lines, has_more=len(entries) > MOST_LINES)
