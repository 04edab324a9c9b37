"""The body shapes of the v0 paths as the wire has them (ingest 4)."""

from collections.abc import Sequence
from typing import Any

import msgspec

from mothlight.web.intake.dialects.event_fields import may_hold_nul
from mothlight.web.intake.dialects.person_fields import NOTHING, Properties
from mothlight.web.intake.lenient import repair
from mothlight.web.intake.refusals import unparsable


class WireEvent(msgspec.Struct):
    """One event as sent. What matters little is `Any`, so that an odd type never costs the event."""

    event: Any = None
    distinct_id: Any = None
    other_distinct_id: Any = msgspec.field(default=None, name="$distinct_id")
    uuid: Any = None
    timestamp: Any = None
    offset: Any = None
    properties: Properties | None = None
    set: msgspec.Raw = msgspec.field(default=NOTHING, name="$set")
    set_once: msgspec.Raw = msgspec.field(default=NOTHING, name="$set_once")
    unset: msgspec.Raw = msgspec.field(default=NOTHING, name="$unset")
    token: Any = None
    other_token: Any = msgspec.field(default=None, name="$token")
    api_key: Any = None


class _Envelope(WireEvent):
    """Any JSON object on a v0 path: `{api_key, batch}`, `{data}` or a single event."""

    batch: list[WireEvent] | msgspec.UnsetType | None = msgspec.UNSET
    data: msgspec.Raw = NOTHING
    sent_at: Any = None
    historical_migration: Any = None


class _LooseEnvelope(msgspec.Struct):
    """The same, events still as text."""

    batch: list[msgspec.Raw] | msgspec.UnsetType | None = msgspec.UNSET
    data: msgspec.Raw = NOTHING
    event: Any = None
    token: Any = None
    api_key: Any = None
    sent_at: Any = None
    historical_migration: Any = None


class WireRequest(msgspec.Struct):
    """The body of a request. None stands for an event that is no usable object."""

    events: Sequence[WireEvent | None]
    token: Any
    """Of the envelope, if there is one and it has one."""
    sent_at: Any
    historical: bool
    size: int
    has_nul: bool


_objects = msgspec.json.Decoder(_Envelope)
_arrays = msgspec.json.Decoder(list[WireEvent])
_events = msgspec.json.Decoder(WireEvent)
_loose_objects = msgspec.json.Decoder(_LooseEnvelope)
_loose_arrays = msgspec.json.Decoder(list[msgspec.Raw])

_LEADING_SPACE = 64
"""How far the first bracket is looked for before the slow way, which drops white space, is taken."""

_MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def read_request(text: bytes) -> WireRequest:
    """The request of JSON text that may be malformed in places. Raises a `Refused` 400 when it is no request at all."""
    try:
        return _read_strictly(text)
    except _MALFORMED:
        return _read_loosely(repair(text))


def _read_strictly(text: bytes) -> WireRequest:
    """The common case. Raises what `_MALFORMED` names."""
    if text[:_LEADING_SPACE].lstrip().startswith(b"["):
        return _request(_arrays.decode(text), text)
    envelope = _objects.decode(text)
    if envelope.batch is not msgspec.UNSET:
        events = envelope.batch or []
    elif envelope.event is None and bytes(envelope.data).startswith(b"["):
        events = _arrays.decode(envelope.data)
    else:
        return _request([envelope], text)
    return _request(events, text, envelope)


def _read_loosely(text: bytes) -> WireRequest:
    """The same for a body with an event that is malformed: it costs only that event. Raises a `Refused` 400."""
    try:
        if text.startswith(b"["):
            return _request([_event(item) for item in _loose_arrays.decode(text)], text)
        envelope = _loose_objects.decode(text)
        if envelope.batch is not msgspec.UNSET:
            items = envelope.batch or []
        elif envelope.event is None and bytes(envelope.data).startswith(b"["):
            items = _loose_arrays.decode(envelope.data)
        else:
            return _request([_event(msgspec.Raw(text))], text)
    except _MALFORMED as error:
        raise unparsable("The body is not an event, a list of events or a batch.") from error
    return _request([_event(item) for item in items], text, envelope)


def _event(text: msgspec.Raw) -> WireEvent | None:
    try:
        return _events.decode(text)
    except _MALFORMED:
        return None


def _request(
    events: Sequence[WireEvent | None], text: bytes, envelope: _Envelope | _LooseEnvelope | None = None
) -> WireRequest:
    if envelope is None:
        return WireRequest(events, None, None, historical=False, size=len(text), has_nul=may_hold_nul(text))
    return WireRequest(
        events,
        envelope.token if envelope.api_key is None else envelope.api_key,
        envelope.sent_at,
        historical=envelope.historical_migration is True,
        size=len(text),
        has_nul=may_hold_nul(text),
    )
