"""Single events as they are now: their exceptions with readable frames, and the properties that answers show."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT
from mothlight.frames.decode import decode
from mothlight.frames.facts import exception_list
from mothlight.model.stack import ExceptionEntry, Frame, Stack
from mothlight.queries.date_range import DateRange
from mothlight.queries.matching import Matching
from mothlight.queries.together import together
from mothlight.storage.events.interface import EventStore
from mothlight.storage.events.properties import decode_value, property_column

_entries = msgspec.json.Decoder(list[ExceptionEntry])
_frames = msgspec.json.Decoder(list[list[Frame] | None])


class Sample(msgspec.Struct, frozen=True):
    """One event, put together from its row, its stack and its owner."""

    uuid: UUID
    distinct_id: str
    timestamp: datetime
    types: list[str]
    messages: list[str]
    exceptions: list[dict[str, Any]]
    """`$exception_list` as stored, frames included."""
    frames: list[Frame]
    """All frames of all exceptions, in stored order."""
    fingerprint: str
    release: Any
    """`$exception_release`, None without one."""
    library: str
    """`$lib`, or empty."""
    source: str | None
    function: str | None
    """Of the stack, nearest the throw; None where no frame has one."""
    properties: dict[str, Any]
    """The asked properties that the event has, decoded."""


def read_samples(
    store: EventStore, project_id: int, matching: Matching, order: str, page: tuple[int, int], keys: Sequence[str]
) -> list[Sample]:
    """Events that match, by time and uuid in a direction (`ASC` or `DESC`). `page` is limit and offset."""
    end = _page_end(store, project_id, matching, order, sum(page))
    if end is None:
        return []
    return read_page(store, project_id, matching.also(end), order, page, keys)


def read_page(
    store: EventStore, project_id: int, matching: Matching, order: str, page: tuple[int, int], keys: Sequence[str]
) -> list[Sample]:
    """The same as `read_samples`, for dates between which hardly more events match than the page shows."""
    sql = _samples_sql(matching, order, page, keys)
    rows = store.query(project_id, sql, matching.bindings.parameters)
    if not rows:
        return []
    stacks, fingerprints = together(
        lambda: _read_stacks(store, project_id, {row[5] for row in rows}),
        lambda: _read_fingerprints(store, project_id, {row[3] for row in rows}),
    )
    return [_sample(row, stacks, fingerprints, keys) for row in rows]


def _page_end(store: EventStore, project_id: int, matching: Matching, order: str, events: int) -> str | None:
    """The condition that an event is among the first so many, by time alone; None when no event matches.

    Times are found first, so that the wide columns are read of the days that the page shows and of no other.
    """
    bindings = matching.bindings
    sql = f"""
        SELECT count(), min(timestamp), max(timestamp) FROM (
            SELECT timestamp FROM events WHERE {matching.where}
            ORDER BY timestamp {order} LIMIT {bindings.bind(events, "UInt64")}
        )
    """
    ((found, first, last),) = store.query(project_id, sql, bindings.parameters)
    return DateRange(first, last).condition(bindings) if found else None


def _samples_sql(matching: Matching, order: str, page: tuple[int, int], keys: Sequence[str]) -> str:
    limit, offset = (matching.bindings.bind(number, "UInt64") for number in page)
    wide = ", ".join(["types", "messages", "exceptions", "release", *map(property_column, keys)])
    return f"""
        SELECT uuid, distinct_id, timestamp, grouping_key, lib, stack, {wide} FROM events
        WHERE {matching.where}
        ORDER BY timestamp {order}, toString(uuid) {order} LIMIT {limit} OFFSET {offset}
    """


def _sample(
    row: tuple[Any, ...], stacks: dict[str, "_Stack"], fingerprints: dict[int, str], keys: Sequence[str]
) -> Sample:
    uuid, distinct_id, timestamp, grouping_key, lib, hash_, types, messages, exceptions, release, *stored = row
    entries = _entries.decode(exceptions)
    stack = stacks.get(hash_, NO_STACK)
    traces = stack.frames or [None] * len(entries)
    properties = {"$lib": lib} | {
        key: decode(decode_value(text)) for key, text in zip(keys, stored, strict=True) if text is not None
    }
    return Sample(
        uuid=uuid,
        distinct_id=distinct_id,
        timestamp=timestamp,
        types=types,
        messages=messages,
        exceptions=exception_list(entries, _whole_stack(hash_, traces), uuid),
        frames=[frame for trace in traces for frame in trace or []],
        fingerprint=fingerprints.get(grouping_key, ""),
        release=msgspec.json.decode(release) if release else None,
        library=lib,
        source=stack.source,
        function=stack.function,
        properties=properties,
    )


class _Stack(msgspec.Struct, frozen=True):
    """What is read of a stack."""

    frames: list[list[Frame] | None]
    source: str | None
    function: str | None


NO_STACK = _Stack([], None, None)


def _whole_stack(hash_: str, frames: list[list[Frame] | None]) -> Stack:
    return Stack(hash=hash_, raw=[], frames=frames, legacy="none", contexts={}, sources=[], functions=[], texts="")


def _read_stacks(store: EventStore, project_id: int, hashes: set[str]) -> dict[str, _Stack]:
    wanted = sorted(hashes - {""})
    if not wanted:
        return {}
    bindings = Bindings()
    of_hashes = f"hash IN {bindings.texts(wanted)}"
    sql = f"SELECT hash, frames, sources[-1], functions[-1] FROM stacks FINAL WHERE {OF_PROJECT} AND {of_hashes}"
    rows = store.query(project_id, sql, bindings.parameters)
    return {
        hash_: _Stack(_frames.decode(frames), source or None, function or None)
        for hash_, frames, source, function in rows
    }


def _read_fingerprints(store: EventStore, project_id: int, grouping_keys: set[int]) -> dict[int, str]:
    if not grouping_keys:
        return {}
    bindings = Bindings()
    keys = bindings.bind(sorted(grouping_keys), "Array(UInt64)")
    sql = f"SELECT grouping_key, fingerprint FROM owners FINAL WHERE {OF_PROJECT} AND grouping_key IN {keys}"
    return dict(store.query(project_id, sql, bindings.parameters))
