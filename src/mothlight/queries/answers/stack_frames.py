"""Single frames of a project's stacks, each once (api 3.5)."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import msgspec

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT
from mothlight.model.stack import Frame
from mothlight.storage.events.interface import EventStore

NAMESPACE = UUID("6b1c2f0a-5a0d-4d35-9a5e-0c5b7d2c6f41")
"""Of frame ids: a frame has no row of its own, so its id is computed from the project and its raw id."""

STACKS_AT_ONCE = 200
"""Whose source lines are read with one statement."""

MOST_NEEDLES = 255
"""Texts that the store can look for at once."""

_PLAIN = re.compile(r"[\w-]+", re.ASCII)
_PART = "/[0-9]+$"


class StoredFrame(msgspec.Struct, frozen=True):
    """A frame, its source lines, and when it was first seen."""

    id: UUID
    raw_id: str
    """`<hash>/<part>`."""
    created_at: datetime
    contents: Frame
    context: dict[str, Any] | None
    ref: str | None
    """What it was looked up with: the reference of a symbol set that is there or was; None where none was."""


class _Row(NamedTuple):
    raw_id: str
    created_at: datetime
    frame: str
    stack: str
    ref: str


Contexts = dict[str, msgspec.Raw]
"""Source lines of a stack's frames, by how the frames are named in it."""


def list_frames(store: EventStore, project_id: int, limit: int, offset: int) -> list[StoredFrame]:
    """Frames, newest first."""
    bindings = Bindings()
    page = f"LIMIT {bindings.bind(limit, 'UInt64')} OFFSET {bindings.bind(offset, 'UInt64')}"
    return _read(store, project_id, bindings, [], [], page)


def count_frames(store: EventStore, project_id: int) -> int:
    """How many distinct frames the project has."""
    ((count,),) = store.query(project_id, f"SELECT uniqExact(raw) FROM ({_frames([])})")
    return int(count)


def find_frame(store: EventStore, project_id: int, frame_id: UUID) -> StoredFrame | None:
    """The frame with an id."""
    bindings = Bindings()
    found = _read(store, project_id, bindings, [], [_has_id(project_id, frame_id, bindings)], "LIMIT 1")
    return found[0] if found else None


def find_frames(
    store: EventStore, project_id: int, raw_ids: Sequence[str] | None, at_most: int, ref: str | None = None
) -> list[StoredFrame]:
    """Frames with some raw ids (one without part means part 0), or all; newest first, and not more than `at_most`.

    With `ref` only those that were looked up with it.
    """
    bindings = Bindings()
    limit = f"LIMIT {bindings.bind(at_most, 'UInt64')}"
    of_frames = [] if ref is None else [f"ref = {bindings.text(ref)}"]
    if raw_ids is None:
        return _read(store, project_id, bindings, [], of_frames, limit)
    wanted = [raw_id if "/" in raw_id else f"{raw_id}/0" for raw_id in raw_ids]
    of_stacks = _holds_any([raw_id.partition("/")[0] for raw_id in wanted], bindings)
    return _read(store, project_id, bindings, of_stacks, [*of_frames, f"raw IN {bindings.texts(wanted)}"], limit)


def frame_id(project_id: int, raw_id: str) -> UUID:
    """The id of a frame, which stays the same."""
    return uuid5(NAMESPACE, f"{project_id}/{raw_id}")


def _read(
    store: EventStore,
    project_id: int,
    bindings: Bindings,
    of_stacks: Sequence[str],
    of_frames: Sequence[str],
    page: str,
) -> list[StoredFrame]:
    where = f"WHERE {' AND '.join(of_frames)}" if of_frames else ""
    sql = f"""
        SELECT
            raw,
            min(created_at) AS first,
            argMax(frame, newest),
            argMax(hash, newest),
            argMax(ref, newest)
        FROM ({_frames(of_stacks)}) {where} GROUP BY raw ORDER BY first DESC, raw {page}
    """
    rows = [_Row(*row) for row in store.query(project_id, sql, bindings.parameters)]
    contexts = _read_contexts(store, project_id, {row.stack for row in rows})
    return [_frame(project_id, row, contexts.get(row.stack, {})) for row in rows]


def _read_contexts(store: EventStore, project_id: int, hashes: set[str]) -> dict[str, Contexts]:
    """The source lines of some stacks. Taking them apart frame by frame in the store would read them as often."""
    found: dict[str, Contexts] = {}
    wanted = sorted(hashes)
    for start in range(0, len(wanted), STACKS_AT_ONCE):
        sql = f"SELECT hash, contexts FROM stacks FINAL WHERE {OF_PROJECT} AND hash IN {{hashes:Array(String)}}"
        rows = store.query(project_id, sql, {"hashes": wanted[start : start + STACKS_AT_ONCE]})
        found |= {stack: msgspec.json.decode(contexts, type=Contexts) for stack, contexts in rows if contexts}
    return found


def _frames(of_stacks: Sequence[str]) -> str:
    """One row for each frame of each stack."""
    of_traces = "arrayMap(trace -> JSONExtractArrayRaw(trace), JSONExtractArrayRaw(frames))"
    return f"""
        SELECT
            arrayJoin(arrayFlatten({of_traces})) AS frame,
            JSONExtractString(frame, 'raw_id') AS named,
            if(match(named, '{_PART}'), named, concat(named, '/0')) AS raw,
            hash,
            JSONExtractString(symbols, 'frames', named) AS ref,
            created_at,
            -- A frame of several stacks: what is known since symbol sets changed last.
            (version, created_at) AS newest
        FROM stacks FINAL WHERE {" AND ".join([OF_PROJECT, *of_stacks])}
    """


def _holds_any(hashes: Sequence[str], bindings: Bindings) -> list[str]:
    """Leaves out stacks that cannot hold a frame, where that is cheap to see."""
    needles = list(dict.fromkeys(hashes))
    if len(needles) > MOST_NEEDLES or not all(_PLAIN.fullmatch(needle) for needle in needles):
        return []
    return [f"multiSearchAny(frames, {bindings.texts(needles)})"]


def _has_id(project_id: int, frame_id: UUID, bindings: Bindings) -> str:
    """A UUID of version 5 is a hash of which the version's and the variant's digit are written over."""
    prefix = bindings.text(NAMESPACE.hex + f"{project_id}/".encode().hex())
    digits = f"lower(hex(SHA1(concat(unhex({prefix}), raw))))"
    parts = ((1, 12), (14, 3), (18, 15))
    same = [
        f"substring({digits}, {start}, {length}) = {bindings.text(frame_id.hex[start - 1 : start - 1 + length])}"
        for start, length in parts
    ]
    # The other two digits are the same for all such ids, but for two bits.
    return " AND ".join([*same, "1" if frame_id == _as_version_5(frame_id) else "0"])


def _as_version_5(id: UUID) -> UUID:
    return UUID(int=id.int, version=5)


def _frame(project_id: int, row: _Row, contexts: Contexts) -> StoredFrame:
    contents = msgspec.json.decode(row.frame)
    # A client may send frames that are resolved already, and these may have no id.
    context = contexts.get(contents.get("raw_id", ""))
    return StoredFrame(
        id=frame_id(project_id, row.raw_id),
        raw_id=row.raw_id,
        created_at=row.created_at,
        contents=contents,
        context=None if context is None else msgspec.json.decode(context),
        ref=row.ref or None,
    )
