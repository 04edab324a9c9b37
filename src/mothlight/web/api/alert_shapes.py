"""Shapes of answers about alerts. No shape has the address of a channel."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from mothlight.alerts.preview import Preview, SentMessage
from mothlight.alerts.words import what_happened
from mothlight.model.issue_states import shown_environment
from mothlight.storage.metadata.repositories.alert_channels import Channel
from mothlight.storage.metadata.repositories.alert_deliveries import WAITING, Delivery
from mothlight.storage.metadata.repositories.alerts import StoredAlert
from mothlight.web.api.shapes import Moment

MOST_MESSAGES = 1_000
MOST_ISSUES = 25
"""Of a preview: messages that are listed, and issues of each."""


class AlertShape(msgspec.Struct, frozen=True):
    """An alert."""

    id: UUID
    name: str
    trigger: str
    enabled: bool
    environments: list[str]
    filters: list[dict[str, Any]]
    threshold: int | None
    window_minutes: int | None
    snooze_minutes: int
    channels: list[UUID]
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, alert: StoredAlert) -> "AlertShape":
        """From a row."""
        return cls(
            id=alert.id,
            name=alert.name,
            trigger=alert.trigger,
            enabled=alert.enabled,
            environments=[shown_environment(each) for each in alert.environments],
            filters=alert.filters,
            threshold=alert.threshold,
            window_minutes=alert.window_minutes,
            snooze_minutes=alert.snooze_minutes,
            channels=alert.channels,
            created_at=alert.created_at,
            updated_at=alert.updated_at,
        )


class ChannelShape(msgspec.Struct, frozen=True):
    """A channel."""

    id: UUID
    kind: str
    name: str
    service: str
    address: str
    """Without what may be secret."""
    created_at: Moment

    @classmethod
    def of(cls, channel: Channel) -> "ChannelShape":
        """From a row."""
        return cls(channel.id, channel.kind, channel.name, channel.service, channel.shown_address, channel.created_at)


class NewChannelShape(ChannelShape, frozen=True, kw_only=True):
    """A channel that was just made, with what is told once."""

    signing_secret: str | None

    @classmethod
    def made(cls, channel: Channel, *, is_told: bool = True) -> "NewChannelShape":
        """With its secret, unless that was told before."""
        shown = msgspec.structs.asdict(ChannelShape.of(channel))
        return cls(**shown, signing_secret=channel.signing_secret if is_told else None)


class DeliveryShape(msgspec.Struct, frozen=True):
    """A message on its way to a channel."""

    id: UUID
    alert: UUID | None
    channel: UUID
    message: UUID
    kind: str
    title: str
    status: str
    attempts: int
    error: str | None
    seconds: float | None
    created_at: Moment
    next_attempt_at: Moment | None
    delivered_at: Moment | None

    @classmethod
    def of(cls, delivery: Delivery) -> "DeliveryShape":
        """From a row."""
        return cls(
            id=delivery.id,
            alert=delivery.alert_id,
            channel=delivery.channel_id,
            message=delivery.message_id,
            kind=delivery.kind,
            title=delivery.title,
            status=delivery.status,
            attempts=delivery.attempts,
            error=delivery.error,
            seconds=delivery.seconds,
            created_at=delivery.created_at,
            next_attempt_at=delivery.due_at if delivery.status == WAITING else None,
            delivered_at=delivery.delivered_at,
        )


class TestShape(msgspec.Struct, frozen=True):
    """What became of tests."""

    results: list[DeliveryShape]


class ToldShape(msgspec.Struct, frozen=True):
    """What a message would have told about an issue."""

    issue: UUID
    name: str | None
    what: str
    at: Moment


class PreviewMessageShape(msgspec.Struct, frozen=True):
    """A message that would have been sent."""

    at: Moment
    kind: str
    total: int
    told: list[ToldShape]


class AlertPreviewShape(msgspec.Struct, frozen=True):
    """What an alert would have sent."""

    messages: int
    issues: int
    date_from: Moment
    date_to: Moment
    is_complete: bool
    results: list[PreviewMessageShape]

    @classmethod
    def of(cls, trigger: str, found: Preview) -> "AlertPreviewShape":
        """From what was rehearsed; the newest messages are listed."""
        issues = {each.issue_id for message in found.messages for each in message.told}
        return cls(
            messages=len(found.messages),
            issues=len(issues),
            date_from=found.start,
            date_to=found.end,
            is_complete=found.is_complete,
            results=[_message(trigger, each, found.names) for each in found.messages[-MOST_MESSAGES:]],
        )


def _message(trigger: str, message: SentMessage, names: Mapping[UUID, str | None]) -> PreviewMessageShape:
    told = [
        ToldShape(
            each.issue_id,
            names.get(each.issue_id),
            what_happened(trigger, each.told),
            each.moment,
        )
        for each in message.told[:MOST_ISSUES]
    ]
    kind = "single" if len(message.told) == 1 else "digest"
    return PreviewMessageShape(message.at, kind, len(message.told), told)
