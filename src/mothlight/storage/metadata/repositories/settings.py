"""A project's limits (api.md 2.8, 3.9)."""

from collections.abc import Collection, Mapping

import msgspec
import sqlalchemy as sa

from mothlight.storage.metadata.repositories.statements import insert_or_update
from mothlight.storage.metadata.tables import project_settings


class ProjectSettings(msgspec.Struct, frozen=True):
    """Limits at intake: *value* events at once, refilled over *bucket size* minutes. None: no limit."""

    project_rate_limit_value: int | None = None
    project_rate_limit_bucket_size_minutes: int | None = None
    per_issue_rate_limit_value: int | None = None
    per_issue_rate_limit_bucket_size_minutes: int | None = None


_COLUMNS = tuple(project_settings.c[name] for name in ProjectSettings.__struct_fields__)


def load_settings(connection: sa.Connection, project_id: int) -> ProjectSettings:
    """The limits; a project whose limits nobody changed has none."""
    query = sa.select(*_COLUMNS).where(project_settings.c.project_id == project_id)
    row = connection.execute(query).one_or_none()
    return ProjectSettings(*row) if row else ProjectSettings()


class SpikeConfig(msgspec.Struct, frozen=True):
    """When an issue spikes (pipeline 8.1)."""

    snooze_duration_minutes: int = 10
    """How long no second spike of an issue is told."""
    multiplier: int = 10
    """The current bucket exceeds so many times the usual."""
    threshold: int = 500
    """It has at least so many events."""


SPIKE_COLUMNS = {name: f"spike_{name}" for name in SpikeConfig.__struct_fields__}
"""Names in the table, and in the change journal."""


def load_spike_config(connection: sa.Connection, project_id: int) -> SpikeConfig:
    """What a project has set, and what is usual where it has set nothing."""
    columns = [project_settings.c[name] for name in SPIKE_COLUMNS.values()]
    row = connection.execute(sa.select(*columns).where(project_settings.c.project_id == project_id)).one_or_none()
    chosen = {} if row is None else dict(zip(SPIKE_COLUMNS, row, strict=True))
    return SpikeConfig(**{name: value for name, value in chosen.items() if value is not None})


def load_limits(connection: sa.Connection, project_ids: Collection[int]) -> dict[int, ProjectSettings]:
    """The limits of those of the projects that have any."""
    query = sa.select(project_settings.c.project_id, *_COLUMNS).where(
        project_settings.c.project_id.in_(list(project_ids)),
        sa.or_(
            project_settings.c.project_rate_limit_value.is_not(None),
            project_settings.c.per_issue_rate_limit_value.is_not(None),
        ),
    )
    return {row[0]: ProjectSettings(*row[1:]) for row in connection.execute(query)}


def update_settings(connection: sa.Connection, project_id: int, changes: Mapping[str, int | None]) -> ProjectSettings:
    """Change the named limits, keep the others, and give all of them back."""
    if changes:
        insert_or_update(connection, project_settings, [{"project_id": project_id, **changes}])
    return load_settings(connection, project_id)
