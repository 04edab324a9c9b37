"""Which projects there are, and which were deleted but still have events."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from mothlight.storage.metadata.tables import deleted_projects, projects


def existing_projects(connection: sa.Connection, project_ids: Collection[int]) -> set[int]:
    """Those of the projects that are not deleted."""
    return set(connection.scalars(sa.select(projects.c.id).where(projects.c.id.in_(list(project_ids)))))


def symbols_versions(connection: sa.Connection, project_ids: Collection[int]) -> dict[int, int]:
    """`projects.symbols_version` of those of the projects that are not deleted."""
    query = sa.select(projects.c.id, projects.c.symbols_version).where(projects.c.id.in_(list(project_ids)))
    return {row[0]: row[1] for row in connection.execute(query)}


def projects_with_leftovers(connection: sa.Connection, deleted_before: datetime) -> list[int]:
    """Projects deleted before the moment whose events are still there."""
    return list(
        connection.scalars(
            sa.select(deleted_projects.c.project_id)
            .where(deleted_projects.c.events_deleted_at.is_(None), deleted_projects.c.deleted_at < deleted_before)
            .order_by(deleted_projects.c.project_id)
        )
    )


def mark_events_deleted(connection: sa.Connection, project_id: int, moment: datetime) -> None:
    """Say that nothing of the project is left in the event store."""
    connection.execute(
        sa.update(deleted_projects).where(deleted_projects.c.project_id == project_id).values(events_deleted_at=moment)
    )
