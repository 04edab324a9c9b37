"""What stands over a list of issues: how many there are of each kind, and which came back."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.storage.metadata.tables import assignments, change_issues, changes, fingerprints, issues

MOST_REGRESSED = 1_000
"""Issues that came back are worked on, so they are few; beyond, the newest count."""


class ViewCounts(msgspec.Struct, frozen=True):
    """Issues of a project by kind, whenever their events came."""

    active: int
    regressed: int
    """Active again because they were seen after they had been resolved."""
    new: int
    """Active, and first seen since the moment that was asked for."""
    mine: int
    """Active, and assigned to who asks."""
    resolved: int
    suppressed: int


def count_views(
    connection: sa.Connection, project_id: int, user_id: int, new_since: datetime, reopened: str
) -> ViewCounts:
    """All counts in one reading. `reopened` is the journal's kind of entry for issues that came back."""
    is_active = issues.c.status == "active"
    mine = sa.and_(is_active, assignments.c.user_id == user_id)
    row = connection.execute(
        sa.select(
            _count(is_active),
            _count(sa.and_(is_active, _came_back(project_id, reopened))),
            _count(sa.and_(is_active, _is_new(new_since))),
            _count(mine),
            _count(issues.c.status.in_(("resolved", "archived", "pending_release"))),
            _count(issues.c.status == "suppressed"),
        )
        .select_from(issues.outerjoin(assignments, assignments.c.issue_id == issues.c.id))
        .where(issues.c.project_id == project_id)
    ).one()
    return ViewCounts(*row)


def find_regressed(
    connection: sa.Connection, project_id: int, reopened: str, among: Collection[UUID] | None = None
) -> list[UUID]:
    """Active issues whose last resolution was ended by an event, newest issues first; of all, or among a page's."""
    conditions = [issues.c.project_id == project_id, issues.c.status == "active", _came_back(project_id, reopened)]
    if among is not None:
        conditions.append(issues.c.id.in_(among))
    newest_first = issues.c.created_at.desc()
    found = sa.select(issues.c.id).where(*conditions).order_by(newest_first).limit(MOST_REGRESSED)
    return list(connection.scalars(found))


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.count(sa.case((condition, 1)))


def _is_new(since: datetime) -> sa.ColumnElement[bool]:
    """Few issues are made in a day, and only of these it is looked at whether their events are older."""
    older = (
        sa.select(sa.literal(1))
        .where(fingerprints.c.issue_id == issues.c.id, fingerprints.c.first_seen < since)
        .correlate(issues)
        .exists()
    )
    return sa.and_(issues.c.created_at >= since, sa.not_(older))


def _came_back(project_id: int, reopened: str) -> sa.ColumnElement[bool]:
    """Whether the last that happened to the issue's state was that an event reopened it.

    What was reopened is less than what there is, so it is looked for from the journal's side.
    """
    later = change_issues.alias()
    since = (
        sa.select(sa.literal(1))
        .where(
            later.c.issue_id == change_issues.c.issue_id,
            later.c.seq > change_issues.c.seq,
            sa.or_(later.c.aspects.contains("status"), later.c.aspects.contains("environment:")),
        )
        .exists()
    )
    ids = (
        sa.select(change_issues.c.issue_id)
        .select_from(changes.join(change_issues, change_issues.c.seq == changes.c.seq))
        .where(changes.c.project_id == project_id, changes.c.kind == reopened, sa.not_(since))
    )
    return issues.c.id.in_(ids)
