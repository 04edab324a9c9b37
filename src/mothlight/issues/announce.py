"""Says, in the transaction of what happened, that people should hear about an issue (pipeline 5.8).

Alerts are decided on afterwards, from these rows: they survive a crash together with what they tell, and cost the
pipeline one insert. A transaction that is rolled back has announced nothing.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.storage.metadata.repositories import announcements
from mothlight.storage.metadata.repositories.issues import StoredIssue
from mothlight.storage.metadata.repositories.statements import Row

CREATED = "issue_created"
REOPENED = "issue_reopened"
SPIKING = "issue_spiking"


class Occasion(msgspec.Struct, frozen=True):
    """The event that made something worth telling."""

    project_id: int
    event_uuid: UUID
    event_timestamp: datetime
    fingerprint: str
    environment: str = ""
    """Empty: it names none."""


class SpikeFigures(msgspec.Struct, frozen=True):
    """Of a spike (pipeline 8.3)."""

    computed_baseline: float
    current_bucket_value: int


class Announcement(msgspec.Struct, frozen=True):
    """A trigger that fired for an issue."""

    id: UUID
    """Version 7: the `notification_id`, by which every side effect happens once."""
    kind: str
    """`CREATED`, `REOPENED` or `SPIKING`."""
    issue: StoredIssue
    """As it is at this moment."""
    occasion: Occasion
    moment: datetime
    figures: SpikeFigures | None = None


def announce(connection: sa.Connection, fired: Iterable[Announcement]) -> None:
    """Enter them in the outbox, in the transaction of the connection."""
    announcements.insert_announcements(connection, [_row(each) for each in fired])


def issue_snapshot(issue: StoredIssue) -> dict[str, Any]:
    """What a message says about an issue."""
    return {
        "name": issue.name,
        "description": issue.description,
        "status": issue.status,
        "severity": issue.severity,
        "created_at": issue.created_at.isoformat().replace("+00:00", "Z"),
    }


def _row(fired: Announcement) -> Row:
    occasion, issue = fired.occasion, fired.issue
    return {
        "id": fired.id,
        "project_id": occasion.project_id,
        "issue_id": issue.id,
        "kind": fired.kind,
        "fingerprint": occasion.fingerprint,
        "environment": occasion.environment,
        "event_uuid": occasion.event_uuid,
        "event_timestamp": occasion.event_timestamp,
        "issue": issue_snapshot(issue),
        "assignee": None if issue.assignee is None else issue.assignee.to_json(),
        "figures": None if fired.figures is None else msgspec.to_builtins(fired.figures),
        "created_at": fired.moment,
        "due_at": fired.moment,
    }
