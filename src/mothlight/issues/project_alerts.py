"""Changes of a project's alerts and channels by people, entered in the journal among changes of settings."""

from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.issues import journal
from mothlight.issues.alert_values import alert_name, alert_value, channel_name, channel_value
from mothlight.issues.effect import of_values
from mothlight.issues.journal import Author
from mothlight.issues.project_settings import SETTINGS_SUBJECT, change_settings
from mothlight.model.errors import invalid, not_found
from mothlight.storage.metadata.repositories import alert_channels, alert_deliveries, alerts
from mothlight.storage.metadata.repositories.alert_channels import Channel
from mothlight.storage.metadata.repositories.alerts import StoredAlert
from mothlight.storage.metadata.repositories.changes import SETTINGS
from mothlight.storage.metadata.repositories.statements import take_turns

MOST_ALERTS = 100
MOST_CHANNELS = 100
"""Of one project."""
GONE = "the channel was deleted"


def add_alert(connection: sa.Connection, author: Author, alert: StoredAlert) -> None:
    """Make an alert, which must have been checked.

    Raises:
        Refused: there are too many, or a channel of it is not there (400).
    """
    take_turns(connection, SETTINGS_SUBJECT, author.project_id)
    if len(alerts.list_alerts(connection, author.project_id)) >= MOST_ALERTS:
        raise invalid(f"A project has at most {MOST_ALERTS} alerts.")
    _check_channels(connection, alert)
    change_settings(connection, author, {alert_name(alert.id): alert_value(alert)})


def change_alert(connection: sa.Connection, author: Author, alert: StoredAlert) -> None:
    """Give an alert other values, which must have been checked. Raises `Refused` (400) as `add_alert` does."""
    take_turns(connection, SETTINGS_SUBJECT, author.project_id)
    present = load_alert(connection, author.project_id, alert.id)
    if alert.channels != present.channels:
        _check_channels(connection, alert)
    change_settings(connection, author, {alert_name(alert.id): alert_value(alert)})


def remove_alert(connection: sa.Connection, author: Author, alert_id: UUID) -> None:
    """Delete an alert. Raises `Refused` (404) when there is none such."""
    load_alert(connection, author.project_id, alert_id)
    change_settings(connection, author, {alert_name(alert_id): None})


def load_alert(connection: sa.Connection, project_id: int, alert_id: UUID) -> StoredAlert:
    """An alert. Raises `Refused` (404) when there is none such."""
    alert = alerts.find_alert(connection, project_id, alert_id)
    if alert is None:
        raise not_found()
    return alert


def add_channel(connection: sa.Connection, author: Author, channel: Channel) -> None:
    """Make a channel. Raises `Refused` (400) when there are too many."""
    take_turns(connection, SETTINGS_SUBJECT, author.project_id)
    if len(alert_channels.list_channels(connection, author.project_id)) >= MOST_CHANNELS:
        raise invalid(f"A project has at most {MOST_CHANNELS} channels.")
    alert_channels.insert_channel(connection, channel)
    _record(connection, author, channel.id, None, channel_value(channel))


def change_channel(connection: sa.Connection, author: Author, channel: Channel) -> None:
    """Keep a channel as it is now. Raises `Refused` (404) when there is none such."""
    take_turns(connection, SETTINGS_SUBJECT, author.project_id)
    present = load_channel(connection, author.project_id, channel.id)
    if msgspec.structs.astuple(present) != msgspec.structs.astuple(channel):
        alert_channels.update_channel(connection, channel)
        _record(connection, author, channel.id, channel_value(present), channel_value(channel))


def remove_channel(connection: sa.Connection, author: Author, channel_id: UUID) -> None:
    """Delete a channel with its secrets, and what waits for it. Raises `Refused` (404) when there is none such."""
    take_turns(connection, SETTINGS_SUBJECT, author.project_id)
    present = load_channel(connection, author.project_id, channel_id)
    alert_channels.delete_channel(connection, author.project_id, channel_id)
    alert_deliveries.drop_channel_deliveries(connection, author.project_id, channel_id, GONE)
    _record(connection, author, channel_id, channel_value(present), None)


def load_channel(connection: sa.Connection, project_id: int, channel_id: UUID) -> Channel:
    """A channel. Raises `Refused` (404) when there is none such."""
    channel = alert_channels.find_channel(connection, project_id, channel_id)
    if channel is None:
        raise not_found()
    return channel


def _check_channels(connection: sa.Connection, alert: StoredAlert) -> None:
    there = {each.id for each in alert_channels.list_channels(connection, alert.project_id)}
    for each in alert.channels:
        if each not in there:
            raise invalid(f"There is no channel {each}.", "channels")


def _record(
    connection: sa.Connection,
    author: Author,
    channel_id: UUID,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> None:
    name = channel_name(channel_id)
    effect = of_values({SETTINGS: {name: before}}, {SETTINGS: {name: after}})
    journal.record(connection, author, journal.CHANNEL_CHANGED, effect)
