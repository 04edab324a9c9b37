"""Entries of the change journal and announcements: written in the transaction of what they tell."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.issues.effect import ASSIGNED, MERGED, SPLIT, UPDATED, Effect, touches, write_effect
from mothlight.kit.ids import MakeId
from mothlight.storage.metadata.repositories import changes
from mothlight.storage.metadata.repositories.changes import Actor, Entry, NewEntry, Touch
from mothlight.storage.metadata.repositories.issues import StoredIssue
from mothlight.storage.metadata.repositories.statements import Row

CREATED = "created"
REOPENED = "reopened"
NOT_REOPENED = "not_reopened"
"""A resolved issue was seen again and stayed resolved; `after` holds the evidence and the first such event."""
SETTINGS_CHANGED = "settings_changed"
UNDONE = "undone"
REDONE = "redone"
"""An undo that was undone itself."""

KINDS = (CREATED, REOPENED, NOT_REOPENED, UPDATED, ASSIGNED, MERGED, SPLIT, SETTINGS_CHANGED, UNDONE, REDONE)
UNDOABLE = frozenset(KINDS) - {CREATED, NOT_REOPENED}

ISSUE_CREATED = "issue_created"
ISSUE_REOPENED = "issue_reopened"

PIPELINE = Actor("pipeline")
"""Who did what nobody did by hand."""


class Author(msgspec.Struct, frozen=True):
    """Who changes something of a project, and when."""

    project_id: int
    actor: Actor
    moment: datetime
    make_id: MakeId


class Occasion(msgspec.Struct, frozen=True):
    """The event that made something worth telling."""

    project_id: int
    event_uuid: UUID
    event_timestamp: datetime
    fingerprint: str


def record(
    connection: sa.Connection, author: Author, kind: str, effect: Effect, *, takes_back: Entry | None = None
) -> UUID:
    """Enter what was done; returns the entry's id."""
    before, after = write_effect(effect)
    entry = NewEntry(
        id=author.make_id(),
        kind=kind,
        actor=author.actor,
        created_at=author.moment,
        touches=touches(effect),
        before=before,
        after=after,
        undoes=None if takes_back is None else takes_back.id,
        depth=0 if takes_back is None else takes_back.depth + 1,
        origin=None if takes_back is None else takes_back.origin,
    )
    changes.insert_entries(connection, author.project_id, [entry])
    return entry.id


def pipeline_entry(
    identifier: UUID, kind: str, moment: datetime, effect: Effect, told: dict[str, Any] | None = None
) -> NewEntry:
    """What the arrival of an event did to one issue, and what there is to tell about it."""
    before, after = write_effect(effect)
    # A history shows what people did.
    touched = [msgspec.structs.replace(touch, activity=None) for touch in touches(effect)]
    return NewEntry(identifier, kind, PIPELINE, moment, touched, before or None, {**after, **(told or {})})


def created_entry(identifier: UUID, issue_id: UUID, moment: datetime, told: dict[str, Any]) -> NewEntry:
    """A new issue."""
    return NewEntry(identifier, CREATED, PIPELINE, moment, [Touch(issue_id)], None, told)


def announcement_row(identifier: UUID, kind: str, issue: StoredIssue, occasion: Occasion, moment: datetime) -> Row:
    """One announcement, with the issue as it is at that moment (pipeline 5.8)."""
    return {
        "id": identifier,
        "project_id": occasion.project_id,
        "issue_id": issue.id,
        "kind": kind,
        "fingerprint": occasion.fingerprint,
        "event_uuid": occasion.event_uuid,
        "event_timestamp": occasion.event_timestamp,
        "issue": {
            "name": issue.name,
            "description": issue.description,
            "status": issue.status,
            "severity": issue.severity,
            "created_at": issue.created_at.isoformat().replace("+00:00", "Z"),
        },
        "assignee": None if issue.assignee is None else issue.assignee.to_json(),
        "created_at": moment,
        "delivered_at": None,
    }
