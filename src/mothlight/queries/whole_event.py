"""One event with everything that was sent, as it is now: readable frames with source lines, and all properties."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT
from mothlight.frames.facts import exception_list
from mothlight.model.stack import ExceptionEntry, Frame, Stack
from mothlight.queries.date_range import DateRange
from mothlight.queries.focus import Place
from mothlight.storage.events.properties import decode_properties

_entries = msgspec.json.Decoder(list[ExceptionEntry])
_frames = msgspec.json.Decoder(list[list[Frame] | None])


class WholeEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event."""

    uuid: UUID
    timestamp: datetime
    """When it happened, by the corrected clock of its sender."""
    received_at: datetime
    distinct_id: str
    person_id: UUID
    """Who that is now, after merges."""
    fingerprint: str
    handled: bool
    release: Any
    """`$exception_release`, null without one."""
    exceptions: list[dict[str, Any]]
    """`$exception_list`. Frames have their source lines as `context` where these are known."""
    properties: dict[str, Any]
    """All others, as sent."""


class _Row(msgspec.Struct, frozen=True):
    uuid: UUID
    timestamp: datetime
    received_at: datetime
    distinct_id: str
    person_id: UUID
    grouping_key: int
    stack: str
    handled: bool
    exceptions: str
    release: str
    properties: str


def read_event(place: Place, uuid: UUID, timestamp: datetime) -> WholeEvent | None:
    """The event with an id at a moment."""
    bindings = Bindings()
    # The moment finds the few rows in which the id is looked for.
    moment = timedelta(microseconds=1)
    near = DateRange(timestamp - moment, timestamp + moment).condition(bindings)
    sql = f"""
        SELECT
            uuid, timestamp, received_at, distinct_id, person_id, grouping_key, stack, handled, exceptions, release,
            toJSONString(properties)
        FROM events WHERE {OF_PROJECT} AND {near} AND uuid = {bindings.bind(uuid, "UUID")} LIMIT 1
    """
    rows = place.store.query(place.project_id, sql, bindings.parameters)
    return _put_together(place, _Row(*rows[0])) if rows else None


def _put_together(place: Place, row: _Row) -> WholeEvent:
    entries = _entries.decode(row.exceptions)
    stack = _read_stack(place, row.stack, len(entries))
    exceptions = [_with_lines(entry, stack.contexts) for entry in exception_list(entries, stack, row.uuid)]
    return WholeEvent(
        uuid=row.uuid,
        timestamp=row.timestamp,
        received_at=row.received_at,
        distinct_id=row.distinct_id,
        person_id=_person_now(place, row.person_id),
        fingerprint=_fingerprint(place, row.grouping_key),
        handled=bool(row.handled),
        release=msgspec.json.decode(row.release) if row.release else None,
        exceptions=exceptions,
        properties=dict(decode_properties(row.properties)),
    )


def _read_stack(place: Place, hash_: str, exceptions: int) -> Stack:
    sql = f"SELECT frames, contexts, legacy FROM stacks FINAL WHERE {OF_PROJECT} AND hash = {{hash:String}}"
    rows = place.store.query(place.project_id, sql, {"hash": hash_}) if hash_ else []
    frames: list[list[Frame] | None] = _frames.decode(rows[0][0]) if rows else [None] * exceptions
    contexts = msgspec.json.decode(rows[0][1]) if rows else {}
    legacy = rows[0][2] if rows else "none"
    return Stack(hash_, raw=[], frames=frames, legacy=legacy, contexts=contexts, sources=[], functions=[], texts="")


def _with_lines(exception: dict[str, Any], contexts: dict[str, Any]) -> dict[str, Any]:
    trace = exception.get("stacktrace")
    if trace is None:
        return exception
    frames = [
        {**frame, "context": contexts[frame["raw_id"]]} if frame.get("raw_id") in contexts else frame
        for frame in trace["frames"]
    ]
    return {**exception, "stacktrace": {**trace, "frames": frames}}


def _person_now(place: Place, person_id: UUID) -> UUID:
    sql = f"SELECT person_id FROM person_overrides FINAL WHERE {OF_PROJECT} AND old_person_id = {{person:UUID}}"
    rows = place.store.query(place.project_id, sql, {"person": person_id})
    return rows[0][0] if rows else person_id


def _fingerprint(place: Place, grouping_key: int) -> str:
    sql = f"SELECT fingerprint FROM owners FINAL WHERE {OF_PROJECT} AND grouping_key = {{key:UInt64}}"
    rows = place.store.query(place.project_id, sql, {"key": grouping_key})
    return rows[0][0] if rows else ""
