"""Recommendations, and who computes one at the moment (api.md 5.1)."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.kit.ids import MakeId
from mothlight.storage.metadata.repositories.statements import insert_missing
from mothlight.storage.metadata.tables import alert_channels, alerts, fingerprints, issues, recommendations

STUCK_AFTER = timedelta(minutes=5)
"""A computation that takes longer has died with its process; another may take over."""


class StoredRecommendation(msgspec.Struct, frozen=True):
    """A row."""

    id: UUID
    type: str
    meta: dict[str, Any]
    status: Literal["ready", "computing"]
    computed_at: datetime | None
    dismissed_at: datetime | None
    created_at: datetime
    updated_at: datetime


_COLUMNS = tuple(recommendations.c[name] for name in StoredRecommendation.__struct_fields__)


def list_recommendations(connection: sa.Connection, project_id: int) -> list[StoredRecommendation]:
    """All rows of a project by type."""
    query = sa.select(*_COLUMNS).where(recommendations.c.project_id == project_id)
    rows = [StoredRecommendation(*row) for row in connection.execute(query)]
    # Sorted here because a database's collation need not be the order of code points.
    return sorted(rows, key=lambda row: row.type)


def find_recommendation(connection: sa.Connection, project_id: int, row_id: UUID) -> StoredRecommendation | None:
    """One row of a project."""
    query = sa.select(*_COLUMNS).where(recommendations.c.project_id == project_id, recommendations.c.id == row_id)
    row = connection.execute(query).one_or_none()
    return StoredRecommendation(*row) if row else None


def add_missing(
    connection: sa.Connection, project_id: int, types: Collection[str], make_id: MakeId, now: datetime
) -> None:
    """Make the rows of types that have none."""
    rows = [
        {
            "id": make_id(),
            "project_id": project_id,
            "type": kind,
            "meta": {},
            "status": "ready",
            "created_at": now,
            "updated_at": now,
        }
        for kind in types
    ]
    insert_missing(connection, recommendations, rows)


def claim(connection: sa.Connection, row_id: UUID, now: datetime) -> bool:
    """Start computing, unless somebody does already; True when the row is now the caller's."""
    free = sa.or_(recommendations.c.status == "ready", recommendations.c.computing_since < now - STUCK_AFTER)
    statement = sa.update(recommendations).where(recommendations.c.id == row_id, free)
    return connection.execute(statement.values(status="computing", computing_since=now)).rowcount == 1


def finish(connection: sa.Connection, row_id: UUID, claimed_at: datetime, meta: dict[str, Any], now: datetime) -> None:
    """Store what was computed, unless another took over meanwhile."""
    done = {"status": "ready", "computing_since": None, "meta": meta, "computed_at": now, "updated_at": now}
    connection.execute(_held(row_id, claimed_at).values(done))


def release(connection: sa.Connection, row_id: UUID, claimed_at: datetime) -> None:
    """Give a claimed row back as it was."""
    connection.execute(_held(row_id, claimed_at).values(status="ready", computing_since=None))


def set_dismissed(connection: sa.Connection, row_id: UUID, dismissed_at: datetime | None, now: datetime) -> None:
    """Hide a recommendation, or show it again."""
    statement = sa.update(recommendations).where(recommendations.c.id == row_id)
    connection.execute(statement.values(dismissed_at=dismissed_at, updated_at=now))


def wired_triggers(connection: sa.Connection, project_id: int) -> set[str]:
    """The triggers of which somebody is told: of alerts that are on, with a channel that exists."""
    there = set(connection.scalars(sa.select(alert_channels.c.id).where(alert_channels.c.project_id == project_id)))
    query = sa.select(alerts.c.trigger, alerts.c.channels).where(
        alerts.c.project_id == project_id, alerts.c.enabled.is_(True)
    )
    return {trigger for trigger, channels in connection.execute(query) if there & {UUID(each) for each in channels}}


def _held(row_id: UUID, claimed_at: datetime) -> sa.Update:
    return sa.update(recommendations).where(
        recommendations.c.id == row_id,
        recommendations.c.status == "computing",
        recommendations.c.computing_since == claimed_at,
    )


# What recommendations are computed from


class Sighting(msgspec.Struct, frozen=True):
    """An issue and when it was seen first, over all its fingerprints."""

    issue_id: UUID
    first_seen: datetime


def old_active_issues(connection: sa.Connection, project_id: int, seen_before: datetime) -> list[Sighting]:
    """Active issues that were seen first before the moment, oldest first."""
    first_seen = sa.func.min(fingerprints.c.first_seen)
    query = (
        sa.select(issues.c.id, first_seen)
        .join(fingerprints, fingerprints.c.issue_id == issues.c.id)
        .where(issues.c.project_id == project_id, issues.c.status == "active")
        .group_by(issues.c.id)
        .having(first_seen < seen_before)
        .order_by(first_seen, issues.c.id)
    )
    return [Sighting(*row) for row in connection.execute(query)]
