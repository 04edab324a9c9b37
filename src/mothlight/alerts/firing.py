"""What an alert has to tell, before it is known whether it may."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from mothlight.storage.metadata.repositories.alerts import StoredAlert
from mothlight.storage.metadata.repositories.announcements import StoredAnnouncement


class Candidate(msgspec.Struct, frozen=True):
    """A trigger of an alert that was met by an issue."""

    alert: StoredAlert
    issue_id: UUID
    cause: str
    """Of one cause an alert fires once, however often it is decided on."""
    moment: datetime
    told: dict[str, Any]
    """What messages say about it: JSON."""
    milestone: int = 0


def announced(alert: StoredAlert, announcement: StoredAnnouncement) -> Candidate:
    """What an announcement gives an alert to tell."""
    told = {
        "notification_id": str(announcement.id),
        "issue": announcement.issue,
        "fingerprint": announcement.fingerprint,
        "environment": announcement.environment or "",
        "event_uuid": str(announcement.event_uuid),
        "event_timestamp": write_moment(announcement.event_timestamp),
        "assignee": announcement.assignee,
        "figures": announcement.figures,
    }
    return Candidate(alert, announcement.issue_id, str(announcement.id), announcement.created_at, told)


def write_moment(moment: datetime) -> str:
    """ISO 8601 in UTC."""
    return moment.isoformat().replace("+00:00", "Z")
