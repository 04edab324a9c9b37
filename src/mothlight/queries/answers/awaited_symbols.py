"""References that stored events wait for: what would be readable if somebody uploaded it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT
from mothlight.model.stack import StackSymbols
from mothlight.storage.events.interface import EventStore
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import symbol_sets as repository
from mothlight.storage.metadata.repositories.symbol_sets import SymbolSet

MOST_REFERENCES = 1_000
"""Those that most events wait for."""
MOST_FUNCTIONS = 3
SAMPLES_AT_ONCE = 50


class AwaitedFrame(msgspec.Struct, frozen=True):
    """What an awaited frame says of itself."""

    raw_id: str = ""
    lang: str = ""
    mangled_name: str = ""
    resolve_failure: str | None = None
    source: str | None = None


class Awaited(msgspec.Struct, frozen=True):
    """A reference and what waits for it."""

    ref: str
    found: SymbolSet | None
    """The complete set that has this reference, and yet says nothing about some of the frames."""
    events: int
    issues: int
    stacks: int
    last_seen: datetime
    frames: list[AwaitedFrame]
    """Frames of one of the stacks, as they were sent."""

    @property
    def is_missing(self) -> bool:
        """Whether nothing is there."""
        return self.found is None


class _Row(NamedTuple):
    ref: str
    events: int
    issues: int
    stacks: int
    last_seen: datetime
    sample: str


_decode_symbols = msgspec.json.Decoder(StackSymbols).decode
_decode_frames = msgspec.json.Decoder(list[list[AwaitedFrame] | None]).decode


def find_awaited(
    store: EventStore, metadata: sa.Engine, project_id: int, refs: Collection[str] | None = None
) -> list[Awaited]:
    """The references that most events wait for, or those of some that any waits for, most events first."""
    rows = _read(store, project_id, refs)
    with reading(metadata) as connection:
        sets = repository.sets_by_ref(connection, project_id, [row.ref for row in rows])
    complete = {ref: found for ref, found in sets.items() if found.is_complete}
    frames = _read_frames(store, project_id, rows)
    return [
        Awaited(
            row.ref, complete.get(row.ref), row.events, row.issues, row.stacks, row.last_seen, frames.get(row.ref, [])
        )
        for row in rows
    ]


def awaited_by_frame(
    store: EventStore, metadata: sa.Engine, project_id: int, event_uuid: UUID, timestamp: datetime
) -> dict[str, Awaited]:
    """What the frames of one event wait for, by their `raw_id`."""
    sql = f"""
        SELECT symbols FROM stacks FINAL WHERE {OF_PROJECT} AND notEmpty(waits) AND hash IN (
            SELECT stack FROM events
            WHERE {OF_PROJECT} AND timestamp = {{moment:DateTime64(6, 'UTC')}} AND uuid = {{uuid:UUID}}
        )
    """
    rows = store.query(project_id, sql, {"moment": timestamp, "uuid": event_uuid})
    waits = _decode_symbols(rows[0][0]).waits if rows and rows[0][0] else {}
    if not waits:
        return {}
    found = {each.ref: each for each in find_awaited(store, metadata, project_id, set(waits.values()))}
    return {raw_id: found[ref] for raw_id, ref in waits.items() if ref in found}


def _read(store: EventStore, project_id: int, refs: Collection[str] | None) -> list[_Row]:
    bindings = Bindings()
    some = "notEmpty(waits)" if refs is None else f"hasAny(waits, {bindings.texts(sorted(refs))})"
    only = "" if refs is None else f"WHERE ref IN {bindings.texts(sorted(refs))}"
    waiting = f"SELECT hash, arrayJoin(waits) AS ref FROM stacks FINAL WHERE {OF_PROJECT} AND {some}"
    sql = f"""
        SELECT ref, sum(events), uniqExact(issue_id), uniqExact(hash), max(last), any(hash)
        FROM (
            SELECT stack, grouping_key, count() AS events, max(timestamp) AS last FROM events
            WHERE {OF_PROJECT} AND stack IN (SELECT hash FROM stacks FINAL WHERE {OF_PROJECT} AND {some})
            GROUP BY stack, grouping_key
        ) AS seen
        INNER JOIN ({waiting}) AS waiting ON waiting.hash = seen.stack
        INNER JOIN (SELECT grouping_key, issue_id FROM owners FINAL WHERE {OF_PROJECT}) AS owned
            ON owned.grouping_key = seen.grouping_key
        {only} GROUP BY ref ORDER BY sum(events) DESC, ref LIMIT {bindings.bind(MOST_REFERENCES, "UInt32")}
    """
    return [_Row(*row) for row in store.query(project_id, sql, bindings.parameters)]


def _read_frames(store: EventStore, project_id: int, rows: Sequence[_Row]) -> dict[str, list[AwaitedFrame]]:
    """Of each reference some frames that wait for it."""
    wanted: dict[str, list[str]] = {}
    for row in rows:
        wanted.setdefault(row.sample, []).append(row.ref)
    found: dict[str, list[AwaitedFrame]] = {}
    hashes = sorted(wanted)
    for start in range(0, len(hashes), SAMPLES_AT_ONCE):
        sql = f"SELECT hash, frames, symbols FROM stacks FINAL WHERE {OF_PROJECT} AND hash IN {{hashes:Array(String)}}"
        parameters: dict[str, Any] = {"hashes": hashes[start : start + SAMPLES_AT_ONCE]}
        for stack, frames, symbols in store.query(project_id, sql, parameters):
            waits = _decode_symbols(symbols).waits if symbols else {}
            every = [frame for trace in _decode_frames(frames) for frame in trace or ()]
            for ref in wanted[stack]:
                found[ref] = [frame for frame in every if waits.get(frame.raw_id) == ref][:MOST_FUNCTIONS]
    return found
