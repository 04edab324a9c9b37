"""What a webhook's receiver gets: one JSON object for each message (`docs/alerts.md`)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from mothlight.alerts.triggers import TRIGGERS
from mothlight.storage.metadata.repositories.alert_firings import Firing

LARGEST_BODY = 256 * 1024
"""Bytes; a larger message is sent without the properties of its events."""


class Envelope(msgspec.Struct, frozen=True):
    """What a message says beside its events."""

    message_id: UUID
    kind: str
    """`single`, `digest` or `test`."""
    project: dict[str, Any]
    alert: dict[str, Any] | None
    title: str
    sent_at: str
    total: int
    """Events that it tells of; it holds the first of them."""


def encode(envelope: Envelope, events: Sequence[dict[str, Any]]) -> bytes:
    """The body; without the properties of events where it would be too large."""
    body = _encode(envelope, events)
    if len(body) <= LARGEST_BODY:
        return body
    return _encode(envelope, [_smaller(each) for each in events])


def event_of(trigger: str, firing: Firing, url: str, exception_props: dict[str, Any] | None) -> dict[str, Any]:
    """What happened, as an event (pipeline 5.8)."""
    told = firing.told
    issue = told.get("issue") or {}
    properties: dict[str, Any] = {
        "name": issue.get("name"),
        "description": issue.get("description"),
        "status": issue.get("status"),
        "severity": issue.get("severity"),
        "fingerprint": told.get("fingerprint"),
        "exception_timestamp": told.get("event_timestamp"),
        "environment": told.get("environment") or None,
        **(told.get("figures") or {}),
    }
    if told.get("assignee") is not None:
        properties["assignee"] = told["assignee"]
    if exception_props is not None:
        properties["exception_props"] = exception_props
    return {
        "event": TRIGGERS[trigger].event,
        "uuid": told["notification_id"],
        "distinct_id": str(firing.issue_id),
        "timestamp": firing.fired_at.isoformat().replace("+00:00", "Z"),
        "url": url,
        "properties": properties,
    }


def _encode(envelope: Envelope, events: Sequence[dict[str, Any]]) -> bytes:
    return msgspec.json.encode({**msgspec.structs.asdict(envelope), "events": events})


def _smaller(event: dict[str, Any]) -> dict[str, Any]:
    if "exception_props" not in event["properties"]:
        return event
    left = {name: value for name, value in event["properties"].items() if name != "exception_props"}
    return {**event, "properties": {**left, "message_was_too_large": True}}
