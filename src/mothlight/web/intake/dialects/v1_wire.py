"""The body shape of the v1 path as the wire has it (ingest 8)."""

from collections.abc import Sequence
from typing import Any

import msgspec

from mothlight.web.intake.dialects.event_fields import may_hold_nul
from mothlight.web.intake.dialects.person_fields import Properties
from mothlight.web.intake.lenient import repair
from mothlight.web.intake.refusals import invalid_batch, unparsable


class WireEvent(msgspec.Struct):
    """One event as sent. All but the properties is `Any`, so that an odd type costs no other event."""

    event: Any = None
    uuid: Any = None
    distinct_id: Any = None
    timestamp: Any = None
    session_id: Any = None
    window_id: Any = None
    options: Any = None
    properties: Properties | None = None


class _Body(msgspec.Struct):
    batch: list[WireEvent] | None = None
    historical_migration: Any = None


class _LooseBody(msgspec.Struct):
    batch: list[msgspec.Raw] | None = None
    historical_migration: Any = None


class WireRequest(msgspec.Struct):
    """The body of a request. None stands for an event that is no usable object."""

    events: Sequence[WireEvent | None]
    historical: bool
    size: int
    has_nul: bool


_bodies = msgspec.json.Decoder(_Body)
_loose_bodies = msgspec.json.Decoder(_LooseBody)
_events = msgspec.json.Decoder(WireEvent)

_MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def read_request(text: bytes) -> WireRequest:
    """The request of JSON text that may be malformed in places.

    Raises a `Refused` 400 when it is no batch, or names one event twice.
    """
    request = _read(text)
    _check_distinct(request.events)
    return request


def _read(text: bytes) -> WireRequest:
    try:
        body = _bodies.decode(text)
    except _MALFORMED:
        return _read_loosely(repair(text))
    return WireRequest(body.batch or [], body.historical_migration is True, len(text), may_hold_nul(text))


def _read_loosely(text: bytes) -> WireRequest:
    """The same for a body with an event that is malformed: it costs only that event. Raises a `Refused` 400."""
    try:
        body = _loose_bodies.decode(text)
    except _MALFORMED as error:
        raise unparsable("The body is not a batch of events.") from error
    events = [_event(item) for item in body.batch or []]
    return WireRequest(events, body.historical_migration is True, len(text), may_hold_nul(text))


def _event(text: msgspec.Raw) -> WireEvent | None:
    try:
        return _events.decode(text)
    except _MALFORMED:
        return None


def _check_distinct(events: Sequence[WireEvent | None]) -> None:
    uuids = [event.uuid.lower() for event in events if event is not None and isinstance(event.uuid, str) and event.uuid]
    if len(set(uuids)) < len(uuids):
        raise invalid_batch("A uuid occurs more than once in the batch.")
