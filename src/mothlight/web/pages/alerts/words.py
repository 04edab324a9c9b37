"""How alerts and deliveries read on pages."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from mothlight.alerts.triggers import CREATED, MILESTONE, OCCURRENCES, REOPENED, SPIKING, USERS
from mothlight.model.issue_states import shown_environment
from mothlight.storage.metadata.repositories.alert_channels import Channel
from mothlight.storage.metadata.repositories.alert_deliveries import DEAD, DELIVERED, Delivery
from mothlight.storage.metadata.repositories.alerts import StoredAlert
from mothlight.web.pages.words import plural

WHEN: Mapping[str, str] = {
    CREATED: "An issue is new",
    REOPENED: "An issue regressed",
    SPIKING: "An issue spikes",
    OCCURRENCES: "An issue happens often",
    USERS: "An issue hits many users",
    MILESTONE: "An issue reaches 1, 10, 100 … events",
}
"""Triggers, as people choose them."""

STATUS: Mapping[str, tuple[str, str, str]] = {
    DELIVERED: ("Delivered", "green", "check"),
    DEAD: ("Given up", "red", "warning"),
}
WAITS = ("Not delivered yet", "amber", "clock")
GONE = "a channel that is gone"


class AlertLine(msgspec.Struct, frozen=True):
    """An alert in the list."""

    alert: StoredAlert
    when: str
    conditions: str
    channels: str
    messages: int
    """In the last 30 days."""


class DeliveryLine(msgspec.Struct, frozen=True):
    """A delivery in a list."""

    id: UUID
    title: str
    channel: str
    words: str
    colour: str
    sign: str
    detail: str
    created_at: datetime
    is_dead: bool


def alert_line(alert: StoredAlert, names: Mapping[UUID, str], messages: int) -> AlertLine:
    """`names`: of the channels that exist."""
    return AlertLine(
        alert=alert,
        when=when(alert),
        conditions=conditions(alert),
        channels=", ".join(names[each] for each in alert.channels if each in names),
        messages=messages,
    )


def when(alert: StoredAlert) -> str:
    """What it is about."""
    minutes = (
        "a minute" if alert.window_minutes == 1 else f"{alert.window_minutes:,} minutes" if alert.window_minutes else ""
    )
    match alert.trigger:
        case "occurrences":
            return f"An issue happens {plural(alert.threshold or 0, 'time')} in {minutes}"
        case "users":
            return f"An issue hits {plural(alert.threshold or 0, 'user')} in {minutes}"
        case other:
            return WHEN[other]


def conditions(alert: StoredAlert) -> str:
    """Where, and with which filters."""
    there = ", ".join(shown_environment(each) for each in alert.environments) or "any environment"
    filters = f" and {plural(len(alert.filters), 'condition')}" if alert.filters else ""
    return f"{there}{filters}"


def delivery_line(delivery: Delivery, channels: Mapping[UUID, Channel]) -> DeliveryLine:
    """With its outcome in words."""
    words, colour, sign = STATUS.get(delivery.status, WAITS)
    channel = channels.get(delivery.channel_id)
    return DeliveryLine(
        id=delivery.id,
        title=delivery.title,
        channel=GONE if channel is None else channel.name,
        words=words,
        colour=colour,
        sign=sign,
        detail=_detail(delivery),
        created_at=delivery.created_at,
        is_dead=delivery.status == DEAD,
    )


def outcome(sent: Sequence[Delivery], channels: Mapping[UUID, str]) -> str:
    """What became of tests, in a sentence for each."""
    return " ".join(
        f"{channels.get(each.channel_id, GONE)} took it in {each.seconds or 0:.1f} s."
        if each.status == DELIVERED
        else f"{channels.get(each.channel_id, GONE)} did not: {each.error}."
        for each in sent
    )


def _detail(delivery: Delivery) -> str:
    if delivery.status == DELIVERED:
        return f"{delivery.seconds or 0:.1f} s"
    tries = f", tried {plural(delivery.attempts, 'time')}" if delivery.attempts else ""
    return f"{delivery.error or 'not tried yet'}{tries}"
