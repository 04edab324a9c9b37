"""The format of `/i/v1/analytics/events` (ingest 8): strict, and answered event by event."""

from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import uuid5

import msgspec

from mothlight.journal.entry import JournalEntry
from mothlight.model.errors import Refused, Unavailable
from mothlight.model.event import ReceivedEvent
from mothlight.persons.identity import is_nonsense
from mothlight.web.intake.answers import Answer, v1_refusal, v1_results
from mothlight.web.intake.body import read_encoded
from mothlight.web.intake.dialects.event_fields import given_uuid, id_text, without_nul
from mothlight.web.intake.dialects.interface import BadEvent, Decoded
from mothlight.web.intake.dialects.person_fields import Properties
from mothlight.web.intake.dialects.v1_wire import WireEvent, WireRequest, read_request
from mothlight.web.intake.limits import Budget
from mothlight.web.intake.refusals import (
    empty_batch,
    empty_body,
    invalid_header,
    missing_headers,
    unsupported_content_type,
)
from mothlight.web.intake.time import ClientClock, parse_strict_time
from mothlight.web.intake.tokens import bearer_token

LONGEST_TEXT = 200
"""Characters of an event name and of a distinct id."""

_REQUIRED = ("PostHog-Sdk-Info", "PostHog-Attempt", "PostHog-Request-Id", "PostHog-Request-Timestamp")
_SDK_INFO = "posthog-sdk-info"
_TIMESTAMP = "posthog-request-timestamp"
_REQUEST_ID = b"posthog-request-id"

_OPTIONS = {
    "process_person_profile": "$process_person_profile",
    "cookieless_mode": "$cookieless_mode",
    "product_tour_id": "$product_tour_id",
}
"""Where the client took its options from."""

_DETAILS = {
    BadEvent.NAME: "The event has no name.",
    BadEvent.NAME_LENGTH: f"The event name is longer than {LONGEST_TEXT} characters.",
    BadEvent.DISTINCT_ID: "The event has no distinct_id.",
    BadEvent.DISTINCT_ID_LENGTH: f"The distinct_id is longer than {LONGEST_TEXT} characters.",
    BadEvent.NONSENSE_ID: "The distinct_id is a placeholder.",
    BadEvent.TIMESTAMP: "The timestamp is not RFC 3339.",
    BadEvent.UUID: "The uuid is not a UUID.",
    BadEvent.INVALID: "The event is malformed.",
}


class V1:
    """`Dialect` of the v1 path."""

    def read(self, entry: JournalEntry, budget: Budget) -> WireRequest:
        """As `Dialect.read` says."""
        if not entry.body:
            raise empty_body()
        if entry.content_type.partition(";")[0].strip().lower() != "application/json":
            raise unsupported_content_type()
        request = read_request(read_encoded(entry.body, entry.content_encoding, budget))
        if not request.events:
            raise empty_batch()
        return request

    def size(self, wire: WireRequest) -> int:
        """As `Dialect.size` says."""
        return wire.size

    def token(self, wire: WireRequest, headers: dict[bytes, bytes]) -> str:
        """As `Dialect.token` says."""
        return bearer_token(_header(headers, "authorization"))

    def check_headers(self, headers: dict[bytes, bytes]) -> None:
        """As `Dialect.check_headers` says."""
        bearer_token(_header(headers, "authorization"))
        missing = [name for name in _REQUIRED if not _header(headers, name)]
        if missing:
            raise missing_headers(missing)
        attempt = _header(headers, "PostHog-Attempt") or ""
        if not (attempt.isascii() and attempt.isdigit() and int(attempt[:10]) > 0):
            raise invalid_header("PostHog-Attempt")
        if parse_strict_time(_header(headers, _TIMESTAMP)) is None:
            raise invalid_header("PostHog-Request-Timestamp")

    def decode(self, entry: JournalEntry, wire: WireRequest) -> Decoded:
        """As `Dialect.decode` says."""
        reading = _Reading(entry, wire)
        decoded = Decoded([], Counter(), {})
        for index, event in enumerate(wire.events):
            read = BadEvent.INVALID if event is None else reading.event(event, index)
            if isinstance(read, BadEvent):
                decoded.bad[read] += 1
            else:
                decoded.events.append(read)
            if event is not None and isinstance(event.uuid, str):
                decoded.fates[event.uuid] = read if isinstance(read, BadEvent) else None
        return decoded

    def kept_headers(self, headers: dict[bytes, bytes]) -> dict[str, str]:
        """As `Dialect.kept_headers` says."""
        return {name: value for name in (_SDK_INFO, _TIMESTAMP) if (value := _header(headers, name)) is not None}

    def accept(self, decoded: Decoded, headers: dict[bytes, bytes]) -> Answer:
        """As `Dialect.accept` says; here even a batch of which nothing is used is answered event by event."""
        return _with_request_id(v1_results({uuid: _result(fate) for uuid, fate in decoded.fates.items()}), headers)

    def refuse(self, error: Refused | Unavailable, headers: dict[bytes, bytes]) -> Answer:
        """As `Dialect.refuse` says."""
        return _with_request_id(v1_refusal(error), headers)


class _Reading:
    """Reads the events of one request."""

    def __init__(self, entry: JournalEntry, wire: WireRequest) -> None:
        self._entry = entry
        self._wire = wire
        self._clock = ClientClock(entry.received_at, parse_strict_time(entry.headers.get(_TIMESTAMP)))
        library, _, version = entry.headers.get(_SDK_INFO, "").partition("/")
        self._defaults = {
            name: msgspec.Raw(msgspec.json.encode(value))
            for name, value in (("$lib", library), ("$lib_version", version))
            if value
        }

    def event(self, event: WireEvent, index: int) -> ReceivedEvent | BadEvent:
        entry = self._entry
        distinct_id = id_text(event.distinct_id)
        fault = _fault(event.event, distinct_id)
        if fault is not None:
            return fault
        moment = parse_strict_time(event.timestamp)
        if moment is None:
            return BadEvent.TIMESTAMP
        uuid = given_uuid(event.uuid) if event.uuid else uuid5(entry.id, str(index))
        if uuid is None:
            return BadEvent.UUID
        options = event.options if isinstance(event.options, dict) else {}
        properties = self._properties(event, options)
        moment = self._clock.correct(moment, None, ignore_sent_at=options.get("disable_skew_correction") is True)
        name: str = event.event
        if self._wire.has_nul:
            name, distinct_id, properties = without_nul(name, distinct_id, properties)
        return ReceivedEvent(
            entry.project_id, uuid, name, distinct_id, moment, entry.received_at, properties, self._wire.historical
        )

    def _properties(self, event: WireEvent, options: Mapping[str, Any]) -> Properties:
        """The event's properties with what the client took out of them put back."""
        properties = {**self._defaults, **(event.properties or {})}
        for name, value in (("$session_id", event.session_id), ("$window_id", event.window_id)):
            if value is not None:
                properties[name] = msgspec.Raw(msgspec.json.encode(value))
        for option, name in _OPTIONS.items():
            if options.get(option) is not None:
                properties[name] = msgspec.Raw(msgspec.json.encode(options[option]))
        return properties


def _fault(name: object, distinct_id: str) -> BadEvent | None:
    if not name or not isinstance(name, str):
        return BadEvent.NAME
    if len(name) > LONGEST_TEXT:
        return BadEvent.NAME_LENGTH
    if not distinct_id:
        return BadEvent.DISTINCT_ID
    if len(distinct_id) > LONGEST_TEXT:
        return BadEvent.DISTINCT_ID_LENGTH
    return BadEvent.NONSENSE_ID if is_nonsense(distinct_id) else None


def _result(fate: BadEvent | None) -> dict[str, str]:
    return {"result": "ok"} if fate is None else {"result": "drop", "details": _DETAILS[fate]}


def _header(headers: dict[bytes, bytes], name: str) -> str | None:
    value = headers.get(name.lower().encode())
    return None if value is None else value.decode("latin-1").strip()


def _with_request_id(answer: Answer, headers: dict[bytes, bytes]) -> Answer:
    request_id = headers.get(_REQUEST_ID)
    if request_id is None:
        return answer
    return Answer(answer.status, answer.body, [*answer.headers, (_REQUEST_ID, request_id)])
