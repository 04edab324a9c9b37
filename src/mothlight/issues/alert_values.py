"""Alerts and channels as the change journal knows them: among a project's settings, null where there is none.

A channel's address is not among its values, for it holds secrets; so changes of channels cannot be undone.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from mothlight.storage.metadata.repositories.alert_channels import Channel
from mothlight.storage.metadata.repositories.alerts import StoredAlert, delete_alert, list_alerts, write_alert

ALERT, CHANNEL = "alert:", "channel:"


def is_alert(name: str) -> bool:
    """Whether a setting is an alert."""
    return name.startswith(ALERT)


def is_channel(name: str) -> bool:
    """Whether a setting is a channel."""
    return name.startswith(CHANNEL)


def alert_name(alert_id: UUID) -> str:
    """The name of the setting that an alert is."""
    return f"{ALERT}{alert_id}"


def channel_name(channel_id: UUID) -> str:
    """The name of the setting that a channel is."""
    return f"{CHANNEL}{channel_id}"


def load_alert_values(connection: sa.Connection, project_id: int) -> dict[str, Any]:
    """All alerts of a project as settings."""
    return {alert_name(alert.id): alert_value(alert) for alert in list_alerts(connection, project_id)}


def alert_value(alert: StoredAlert) -> dict[str, Any]:
    """An alert as JSON, from which it can be made again."""
    return {
        "name": alert.name,
        "trigger": alert.trigger,
        "enabled": alert.enabled,
        "environments": alert.environments,
        "filters": alert.filters,
        "threshold": alert.threshold,
        "window_minutes": alert.window_minutes,
        "snooze_minutes": alert.snooze_minutes,
        "channels": [str(each) for each in alert.channels],
        "created_at": alert.created_at.isoformat().replace("+00:00", "Z"),
    }


def channel_value(channel: Channel) -> dict[str, Any]:
    """What may be shown of a channel."""
    return {"name": channel.name, "service": channel.service, "address": channel.shown_address}


def write_alert_value(
    connection: sa.Connection, project_id: int, name: str, value: Mapping[str, Any] | None, moment: datetime
) -> None:
    """Make, change or remove an alert."""
    alert_id = UUID(name.removeprefix(ALERT))
    if value is None:
        delete_alert(connection, project_id, alert_id)
        return
    alert = StoredAlert(
        id=alert_id,
        project_id=project_id,
        name=value["name"],
        trigger=value["trigger"],
        enabled=value["enabled"],
        environments=value["environments"],
        filters=value["filters"],
        threshold=value["threshold"],
        window_minutes=value["window_minutes"],
        snooze_minutes=value["snooze_minutes"],
        channels=[UUID(each) for each in value["channels"]],
        created_at=datetime.fromisoformat(value["created_at"]),
        updated_at=moment,
    )
    write_alert(connection, alert)
