"""Why events are together: the fingerprints of an issue, and the texts that each was made of.

What was hashed is known by name from its record. The texts are computed again, by the code that computed the
fingerprint, from the stack and from the newest event that has it; that they are the same texts shows in their hash.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT
from mothlight.grouping import explain
from mothlight.grouping.hashing import Part
from mothlight.model.stack import ExceptionEntry, Frame, Stack
from mothlight.queries.date_range import DateRange, figures_range, unix_microseconds
from mothlight.queries.focus import Focus, Place, is_unknown
from mothlight.queries.inspection import Grouping
from mothlight.queries.verbosity import cut_text
from mothlight.storage.events.interface import EventStore
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import fingerprints as repository
from mothlight.storage.metadata.repositories.fingerprints import ListedFingerprint
from mothlight.storage.metadata.repositories.grouping_keys import StoredKey, keys_of_fingerprints

MOST_KEYS = 1000
"""Grouping keys that are looked at for one page of fingerprints."""

_entries = msgspec.json.Decoder(list[ExceptionEntry])
_frames = msgspec.json.Decoder(list[list[Frame] | None])

Origin = Literal["automatic", "manual", "rule"]


class HashedPiece(msgspec.Struct, frozen=True):
    """One text that was hashed. `text` is null where only its name is known any more."""

    name: str
    text: str | None


class HashedPart(msgspec.Struct, frozen=True, kw_only=True):
    """An exception or a frame of which something was hashed, in the order of hashing."""

    type: Literal["exception", "frame"]
    pieces: list[HashedPiece]
    raw_id: str | None = None
    in_app: bool | None = None
    """Of a frame, where it is known."""


class GroupingReason(msgspec.Struct, frozen=True, kw_only=True):
    """One fingerprint and why it is what it is."""

    id: UUID
    fingerprint: str
    origin: Origin
    """`manual`: the application chose it. `rule`: a grouping rule did."""
    version: str | None
    """Of the computation; null unless automatic."""
    first_seen: datetime | None
    created_at: datetime
    occurrences: int
    """In the range."""
    variants: int
    """Different stacks or messages that led to it, at most 1000 a page."""
    is_exact: bool
    """Whether the texts, hashed again, give this fingerprint. False where the stack was resolved anew since, or no
    event is left."""
    parts: list[HashedPart]


class GroupingAnswer(msgspec.Struct, frozen=True):
    """A page of fingerprints, oldest first."""

    results: list[GroupingReason]
    count: int
    """Of all fingerprints of the issue."""


def answer(
    question: Grouping, store: EventStore, metadata: sa.Engine, project_id: int, now: datetime
) -> GroupingAnswer | None:
    """The fingerprints with their reasons; None when the project has no such issue."""
    place = Place(store, metadata, project_id)
    if is_unknown(Focus(issue_id=question.issue_id), place):
        return None
    with reading(metadata) as connection:
        count = repository.count_fingerprints(connection, project_id, question.issue_id)
        found = repository.list_fingerprints(connection, project_id, question.issue_id, question.limit, question.offset)
        keys = keys_of_fingerprints(connection, project_id, [each.id for each in found], MOST_KEYS)
    seen = _read_seen(place, [key.grouping_key for key in keys], figures_range(question.window, now))
    chosen = _choose(keys, seen)
    newest = {key.grouping_key: seen[key.grouping_key].newest for key in chosen.values() if key.grouping_key in seen}
    known = _Known(_read_entries(place, newest), _read_stacks(place, {key.stack for key in chosen.values()} - {""}))
    return GroupingAnswer([_reason(each, keys, seen, chosen.get(each.id), known) for each in found], count)


class _Seen(msgspec.Struct, frozen=True):
    """What is stored of a grouping key."""

    events: int
    """In the range."""
    newest: datetime


class _Known(msgspec.Struct, frozen=True):
    """What texts are computed from."""

    entries: Mapping[int, list[ExceptionEntry]]
    """By grouping key."""
    stacks: Mapping[str, Stack]


def _read_seen(place: Place, keys: Sequence[int], range_: DateRange) -> dict[int, _Seen]:
    if not keys:
        return {}
    bindings = Bindings()
    wanted = bindings.bind(keys, "Array(UInt64)")
    sql = f"""
        SELECT grouping_key, countIf({range_.condition(bindings)}), max(timestamp)
        FROM events WHERE {OF_PROJECT} AND grouping_key IN {wanted} GROUP BY grouping_key
    """
    rows = place.store.query(place.project_id, sql, bindings.parameters)
    return {key: _Seen(events, newest) for key, events, newest in rows}


def _choose(keys: Sequence[StoredKey], seen: Mapping[int, _Seen]) -> dict[UUID, StoredKey]:
    """For each fingerprint the key with the newest event; without any, the newest key."""
    chosen: dict[UUID, StoredKey] = {}
    with_events = [key for key in keys if key.grouping_key in seen]
    for key in [*sorted(with_events, key=lambda each: seen[each.grouping_key].newest, reverse=True), *keys]:
        chosen.setdefault(key.fingerprint_id, key)
    return chosen


def _read_entries(place: Place, newest: Mapping[int, datetime]) -> dict[int, list[ExceptionEntry]]:
    if not newest:
        return {}
    bindings = Bindings()
    near = DateRange(min(newest.values()), max(newest.values())).condition(bindings)
    # The moments find the rows, so that the wide column is read of these only.
    moments = bindings.bind(sorted({unix_microseconds(moment) for moment in newest.values()}), "Array(Int64)")
    wanted = bindings.bind(sorted(newest), "Array(UInt64)")
    sql = f"""
        SELECT grouping_key, exceptions FROM events
        WHERE {OF_PROJECT} AND {near} AND grouping_key IN {wanted} AND toUnixTimestamp64Micro(timestamp) IN {moments}
        ORDER BY timestamp DESC LIMIT 1 BY grouping_key
    """
    rows = place.store.query(place.project_id, sql, bindings.parameters)
    return {key: _entries.decode(exceptions) for key, exceptions in rows}


def _read_stacks(place: Place, hashes: set[str]) -> dict[str, Stack]:
    if not hashes:
        return {}
    sql = f"SELECT hash, frames, legacy FROM stacks FINAL WHERE {OF_PROJECT} AND hash IN {{hashes:Array(String)}}"
    rows = place.store.query(place.project_id, sql, {"hashes": sorted(hashes)})
    return {hash_: _stack(hash_, _frames.decode(frames), legacy) for hash_, frames, legacy in rows}


def _stack(hash_: str, frames: list[list[Frame] | None], legacy: str) -> Stack:
    return Stack(hash_, raw=[], frames=frames, legacy=legacy, contexts={}, sources=[], functions=[], texts="")


def _reason(
    fingerprint: ListedFingerprint,
    keys: Sequence[StoredKey],
    seen: Mapping[int, _Seen],
    key: StoredKey | None,
    known: _Known,
) -> GroupingReason:
    own = [each.grouping_key for each in keys if each.fingerprint_id == fingerprint.id]
    is_exact, parts = _explain(fingerprint.fingerprint, key, known) if key else (False, [])
    return GroupingReason(
        id=fingerprint.id,
        fingerprint=fingerprint.fingerprint,
        origin=_origin(key),
        version=key.version if key else None,
        first_seen=fingerprint.first_seen,
        created_at=fingerprint.created_at,
        occurrences=sum(seen[each].events for each in own if each in seen),
        variants=len(own),
        is_exact=is_exact,
        parts=parts,
    )


def _origin(key: StoredKey | None) -> Origin:
    kinds = {part.get("type") for part in key.record} if key else set()
    return "manual" if "manual" in kinds else "rule" if "custom" in kinds else "automatic"


def _explain(value: str, key: StoredKey, known: _Known) -> tuple[bool, list[HashedPart]]:
    """Whether the texts are those that were hashed, and the parts."""
    if key.version is None:
        return True, []
    entries = known.entries.get(key.grouping_key)
    stack = known.stacks.get(key.stack) if key.stack else _stack("", [None] * len(entries or ()), "none")
    if entries is None or stack is None or len(stack.frames) != len(entries):
        return False, [_recorded(part) for part in key.record]
    explained = explain(key.version, entries, stack)
    if explained is None or explained[0].value != value:
        return False, [_recorded(part) for part in key.record]
    return True, [_hashed(part) for part in explained[1]]


def _hashed(part: Part) -> HashedPart:
    pieces = [HashedPiece(piece.name, cut_text(piece.text)) for piece in part.pieces]
    if part.frame is None:
        return HashedPart(type="exception", pieces=pieces)
    raw_id, in_app = part.frame.get("raw_id"), part.frame.get("in_app")
    return HashedPart(type="frame", pieces=pieces, raw_id=raw_id, in_app=in_app is True)


def _recorded(part: Mapping[str, Any]) -> HashedPart:
    pieces = [HashedPiece(name, None) for name in part.get("pieces", [])]
    if part.get("type") == "frame":
        return HashedPart(type="frame", pieces=pieces, raw_id=part.get("raw_id"))
    return HashedPart(type="exception", pieces=pieces)
