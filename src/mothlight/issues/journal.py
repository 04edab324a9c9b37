"""Entries of the change journal: written in the transaction of what they tell."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.issues.effect import ASSIGNED, MERGED, MOVED, SPLIT, UPDATED, Effect, touches, write_effect
from mothlight.kit.ids import MakeId
from mothlight.storage.metadata.repositories import changes
from mothlight.storage.metadata.repositories.changes import Actor, Entry, NewEntry, Touch

CREATED = "created"
REOPENED = "reopened"
NOT_REOPENED = "not_reopened"
"""A resolved issue was seen again and stayed resolved; `after` holds the evidence and the first such event."""
SETTINGS_CHANGED = "settings_changed"
CHANNEL_CHANGED = "channel_changed"
"""A channel of alerts was made, changed or deleted; its address, which is secret, is not kept here."""
RULE_APPLIED = "rule_applied"
"""A rule was applied to stored events; `issues.applied_rules` takes it back."""
UNDONE = "undone"
REDONE = "redone"
"""An undo that was undone itself."""

KINDS = (
    CREATED,
    REOPENED,
    NOT_REOPENED,
    UPDATED,
    ASSIGNED,
    MERGED,
    SPLIT,
    MOVED,
    SETTINGS_CHANGED,
    CHANNEL_CHANGED,
    RULE_APPLIED,
    UNDONE,
    REDONE,
)
UNDOABLE = frozenset(KINDS) - {CREATED, NOT_REOPENED, CHANNEL_CHANGED}

PIPELINE = Actor("pipeline")
"""Who did what nobody did by hand."""


class Author(msgspec.Struct, frozen=True):
    """Who changes something of a project, and when."""

    project_id: int
    actor: Actor
    moment: datetime
    make_id: MakeId


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
