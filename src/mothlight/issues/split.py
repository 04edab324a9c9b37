"""Splitting an issue: each fingerprint named becomes an issue of its own, with its events, past and coming."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.issues import journal
from mothlight.issues.apply import apply_effect
from mothlight.issues.effect import SPLIT, Effect, snapshot
from mothlight.issues.journal import Author
from mothlight.issues.status import follow
from mothlight.model.errors import not_found
from mothlight.storage.metadata.repositories import fingerprints, issues
from mothlight.storage.metadata.repositories.issues import StoredIssue
from mothlight.storage.metadata.repositories.spike_events import lose_spikes

UNTITLED = "Untitled issue"


class Part(msgspec.Struct, frozen=True):
    """A fingerprint that is to have an issue of its own."""

    fingerprint: str
    name: str | None = None
    description: str | None = None


def plan_split(connection: sa.Connection, author: Author, issue_id: UUID, parts: Sequence[Part]) -> Effect:
    """What a split would do, with the issue locked. Fingerprints that the issue does not own are ignored.

    Raises:
        Refused: the project has no such issue (404).
    """
    locked = issues.lock_issues(connection, author.project_id, [issue_id])
    if issue_id not in locked:
        raise not_found("Issue not found")
    owned = fingerprints.fingerprints_of_issues(connection, author.project_id, [issue_id])
    wanted = {part.fingerprint: part for part in reversed(parts) if part.fingerprint in owned}
    in_order = [wanted[value] for value in dict.fromkeys(part.fingerprint for part in parts) if value in wanted]
    made = {part.fingerprint: _new_issue(locked[issue_id], part, author) for part in in_order}
    effect = Effect(
        {issue_id: {}, **{issue.id: None for issue in made.values()}},
        {issue_id: {}, **{issue.id: snapshot(issue) for issue in made.values()}},
        dict.fromkeys(made, issue_id),
        {value: issue.id for value, issue in made.items()},
    )
    return follow(connection, author.project_id, effect)


def split(connection: sa.Connection, author: Author, effect: Effect) -> list[UUID]:
    """Do what was planned, as one entry of the journal; returns the new issues in the order of the parts."""
    if effect.made:
        apply_effect(connection, author, effect)
        entry = journal.record(connection, author, SPLIT, effect)
        lose_spikes(connection, author.project_id, list(effect.before), entry)
    return effect.made


def _new_issue(original: StoredIssue, part: Part, author: Author) -> StoredIssue:
    return StoredIssue(
        id=author.make_id(),
        status="active",
        severity=original.severity,
        name=part.name or UNTITLED,
        description=part.description,
        created_at=author.moment,
        last_received_at=original.last_received_at,
        resolved_at=None,
        assignee=None,
    )
