"""Alerts, and what each has told about an issue last."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.storage.metadata.repositories.statements import Row, in_slices, insert_or_update
from mothlight.storage.metadata.tables import alert_firings, alert_marks, alerts


class StoredAlert(msgspec.Struct, frozen=True):
    """A row."""

    id: UUID
    project_id: int
    name: str
    trigger: str
    enabled: bool
    environments: list[str]
    """Names; `""` for events that name none. None of them: all."""
    filters: list[dict[str, Any]]
    """As they were sent, after all checks."""
    threshold: int | None
    window_minutes: int | None
    snooze_minutes: int
    channels: list[UUID]
    created_at: datetime
    updated_at: datetime
    counted_until: datetime | None = None


class Mark(msgspec.Struct, frozen=True):
    """What an alert told about an issue last."""

    alert_id: UUID
    issue_id: UUID
    project_id: int
    fired_at: datetime
    milestone: int


_COLUMNS = tuple(alerts.c[name] for name in StoredAlert.__struct_fields__)
_MARKS = tuple(alert_marks.c[name] for name in Mark.__struct_fields__)


def list_alerts(connection: sa.Connection, project_id: int) -> list[StoredAlert]:
    """All of a project, oldest first."""
    query = sa.select(*_COLUMNS).where(alerts.c.project_id == project_id)
    return [_read(row) for row in connection.execute(query.order_by(alerts.c.created_at, alerts.c.id))]


def find_alert(connection: sa.Connection, project_id: int, alert_id: UUID) -> StoredAlert | None:
    """One of a project."""
    query = sa.select(*_COLUMNS).where(alerts.c.project_id == project_id, alerts.c.id == alert_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else _read(row)


def enabled_alerts(connection: sa.Connection, triggers: Collection[str]) -> list[StoredAlert]:
    """Those of all projects that are on and about one of the triggers."""
    query = sa.select(*_COLUMNS).where(alerts.c.enabled.is_(True), alerts.c.trigger.in_(triggers))
    return [_read(row) for row in connection.execute(query.order_by(alerts.c.created_at, alerts.c.id))]


def write_alert(connection: sa.Connection, alert: StoredAlert) -> None:
    """Insert an alert, or change it. How far its events were counted stays."""
    row = {**msgspec.structs.asdict(alert), "channels": [str(each) for each in alert.channels]}
    del row["counted_until"]
    insert_or_update(connection, alerts, [row])


def delete_alert(connection: sa.Connection, project_id: int, alert_id: UUID) -> None:
    """Remove an alert, and what it told last; what it has sent is remembered."""
    mine = sa.and_(alerts.c.project_id == project_id, alerts.c.id == alert_id)
    connection.execute(sa.delete(alerts).where(mine))
    connection.execute(sa.delete(alert_firings).where(alert_firings.c.alert_id == alert_id, _waits))


def note_counted(connection: sa.Connection, alert_id: UUID, until: datetime) -> None:
    """Events were counted up to the moment."""
    connection.execute(sa.update(alerts).where(alerts.c.id == alert_id).values(counted_until=until))


def load_marks(
    connection: sa.Connection, alert_ids: Collection[UUID], issue_ids: Collection[UUID]
) -> dict[tuple[UUID, UUID], Mark]:
    """By alert and issue."""
    found: dict[tuple[UUID, UUID], Mark] = {}
    for some in in_slices(sorted(issue_ids)):
        query = sa.select(*_MARKS).where(alert_marks.c.alert_id.in_(alert_ids), alert_marks.c.issue_id.in_(some))
        marks = (Mark(*row) for row in connection.execute(query))
        found.update({(mark.alert_id, mark.issue_id): mark for mark in marks})
    return found


def write_marks(connection: sa.Connection, marks: Sequence[Mark]) -> None:
    """Remember what was told."""
    insert_or_update(connection, alert_marks, [msgspec.structs.asdict(mark) for mark in marks])


def messages_of(connection: sa.Connection, alert_ids: Collection[UUID], since: datetime) -> Mapping[UUID, int]:
    """How many messages each alert has sent from a moment on; those without any are left out."""
    query = (
        sa.select(alert_firings.c.alert_id, sa.func.count(alert_firings.c.message_id.distinct()))
        .where(alert_firings.c.alert_id.in_(alert_ids), alert_firings.c.fired_at >= since)
        .group_by(alert_firings.c.alert_id)
    )
    return {alert_id: count for alert_id, count in connection.execute(query) if count}


_waits = alert_firings.c.message_id.is_(None)


def _read(row: Row | Any) -> StoredAlert:
    values = dict(zip(StoredAlert.__struct_fields__, row, strict=True))
    return StoredAlert(**{**values, "channels": [UUID(each) for each in values["channels"]]})
