"""The format of the v0 paths: `/batch/`, `/e/`, `/i/v0/e/`, `/capture/`, `/track/`, `/engage/` (ingest 3 to 7)."""

from collections import Counter
from uuid import uuid5

import msgspec

from mothlight.journal.entry import JournalEntry
from mothlight.model.errors import Refused, Unavailable
from mothlight.model.event import ReceivedEvent
from mothlight.web.intake.answers import OK, Answer, v0_refusal
from mothlight.web.intake.body import query_fields, read_text
from mothlight.web.intake.dialects.event_fields import any_value, given_uuid, id_text, without_nul
from mothlight.web.intake.dialects.interface import BadEvent, Decoded
from mothlight.web.intake.dialects.person_fields import NOTHING, Properties, move_into_properties
from mothlight.web.intake.dialects.v0_wire import WireEvent, WireRequest, read_request
from mothlight.web.intake.limits import Budget
from mothlight.web.intake.refusals import empty_batch, invalid_batch, invalid_token
from mothlight.web.intake.time import ClientClock, parse_sent_at, parse_time
from mothlight.web.intake.tokens import check_token

DISTINCT_ID_LENGTH = 200

_TRUE = msgspec.Raw(b"true")
_NULL = msgspec.Raw(b"null")


class V0:
    """`Dialect` of the v0 paths."""

    def read(self, entry: JournalEntry, budget: Budget) -> WireRequest:
        """As `Dialect.read` says."""
        query = query_fields(entry.query)
        text = read_text(entry.body, query, entry.content_type, entry.content_encoding, budget)
        request = read_request(text)
        if not request.events:
            raise empty_batch()
        return request

    def check_headers(self, headers: dict[bytes, bytes]) -> None:
        """As `Dialect.check_headers` says; nothing is asked of them here."""

    def size(self, wire: WireRequest) -> int:
        """As `Dialect.size` says."""
        return wire.size

    def token(self, wire: WireRequest, headers: dict[bytes, bytes]) -> str:
        """As `Dialect.token` says."""
        if wire.token is not None:
            return check_token(wire.token)
        tokens = {token for event in wire.events if event is not None and (token := _token_of(event)) is not None}
        if len(tokens) > 1:
            raise invalid_token("The events of one request must belong to one project.")
        return check_token(next(iter(tokens), None))

    def decode(self, entry: JournalEntry, wire: WireRequest) -> Decoded:
        """As `Dialect.decode` says."""
        reading = _Reading(entry, wire)
        events: list[ReceivedEvent] = []
        bad: Counter[str] = Counter()
        for index, event in enumerate(wire.events):
            read = BadEvent.INVALID if event is None else reading.event(event, index)
            if isinstance(read, BadEvent):
                bad[read] += 1
            else:
                events.append(read)
        return Decoded(events, bad, {})

    def kept_headers(self, headers: dict[bytes, bytes]) -> dict[str, str]:
        """As `Dialect.kept_headers` says."""
        return {}

    def accept(self, decoded: Decoded, headers: dict[bytes, bytes]) -> Answer:
        """As `Dialect.accept` says."""
        if not decoded.events:
            reasons = ", ".join(f"{reason} ({count})" for reason, count in sorted(decoded.bad.items()))
            raise invalid_batch(f"No event can be used: {reasons}.")
        return OK

    def refuse(self, error: Refused | Unavailable, headers: dict[bytes, bytes]) -> Answer:
        """As `Dialect.refuse` says."""
        return v0_refusal(error)


class _Reading:
    """Reads the events of one request."""

    def __init__(self, entry: JournalEntry, wire: WireRequest) -> None:
        query = query_fields(entry.query)
        sent_at = parse_time(wire.sent_at) or parse_sent_at(query.get("_")) or parse_sent_at(query.get("sent_at"))
        self._entry = entry
        self._wire = wire
        self._clock = ClientClock(entry.received_at, sent_at)
        self._nameless = "$identify" if entry.path.rstrip("/").endswith("/engage") else None

    def event(self, event: WireEvent, index: int) -> ReceivedEvent | BadEvent:
        entry = self._entry
        properties = {} if event.properties is None else event.properties
        name = self._nameless if event.event is None else event.event
        if not name or not isinstance(name, str):
            return BadEvent.NAME
        distinct_id = _distinct_id(event, properties)[:DISTINCT_ID_LENGTH]
        if not distinct_id:
            return BadEvent.DISTINCT_ID
        uuid = given_uuid(event.uuid) if event.uuid else uuid5(entry.id, str(index))
        if uuid is None:
            return BadEvent.UUID
        ignore_sent_at = properties.get("$ignore_sent_at") == _TRUE
        moment = self._clock.correct(parse_time(event.timestamp), event.offset, ignore_sent_at=ignore_sent_at)
        _move_person_fields(event, properties)
        if self._wire.has_nul:
            name, distinct_id, properties = without_nul(name, distinct_id, properties)
        return ReceivedEvent(
            entry.project_id, uuid, name, distinct_id, moment, entry.received_at, properties, self._wire.historical
        )


def _token_of(event: WireEvent) -> str | None:
    """The first token that an event carries, as text."""
    for token in (event.token, event.other_token, event.api_key):
        if token is not None:
            return token if isinstance(token, str) else ""
    raw = None if event.properties is None else event.properties.get("token")
    if raw is None or raw == _NULL:
        return None
    token = any_value(raw)
    return token if isinstance(token, str) else ""


def _distinct_id(event: WireEvent, properties: Properties) -> str:
    value = event.distinct_id if event.distinct_id is not None else event.other_distinct_id
    if value is not None and value != "":
        return id_text(value)
    raw = properties.get("distinct_id")
    return "" if raw is None else id_text(any_value(raw))


def _move_person_fields(event: WireEvent, properties: Properties) -> None:
    if event.set is not NOTHING:
        move_into_properties(properties, "$set", event.set)
    if event.set_once is not NOTHING:
        move_into_properties(properties, "$set_once", event.set_once)
    if event.unset is not NOTHING:
        move_into_properties(properties, "$unset", event.unset)
