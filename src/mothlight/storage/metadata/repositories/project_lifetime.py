"""Which projects there are, and which were deleted but still have events."""

from collections.abc import Collection
from datetime import datetime

import msgspec
import sqlalchemy as sa

from mothlight.storage.metadata.tables import deleted_projects, projects


def existing_projects(connection: sa.Connection, project_ids: Collection[int]) -> set[int]:
    """Those of the projects that are not deleted."""
    return set(connection.scalars(sa.select(projects.c.id).where(projects.c.id.in_(list(project_ids)))))


class ProjectVersions(msgspec.Struct, frozen=True):
    """Numbers that grow with each change of what the pipeline remembers of a project; 0: it never had any."""

    symbols: int = 0
    """Of what its symbol sets can answer."""
    rules: int = 0


def project_versions(connection: sa.Connection, project_ids: Collection[int]) -> dict[int, ProjectVersions]:
    """Those of the projects that are not deleted."""
    columns = (projects.c.id, projects.c.symbols_version, projects.c.rules_version)
    rows = connection.execute(sa.select(*columns).where(projects.c.id.in_(list(project_ids))))
    return {row[0]: ProjectVersions(*row[1:]) for row in rows}


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
