"""The first step of a repair: stacks that ask for a reference are resolved anew with all sets that there are now."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from mothlight.frames.stack import ReadStack, ReadTrace
from mothlight.model.stack import Frame, RawFrame, StackSymbols
from mothlight.pipeline.stack_symbols import StackResolver, refs_of
from mothlight.pipeline.stored_stacks import (
    StoredStack,
    StoredStacks,
    decode_frames,
    is_better,
    next_version,
    read_symbols,
    stack_row,
)
from mothlight.storage.events.interface import EventStore, Parameter
from mothlight.storage.metadata.repositories.symbol_repairs import Repair

if TYPE_CHECKING:
    from mothlight.storage.events.rows import StackRow

STACKS_AT_ONCE = 200
BYTES_AT_ONCE = 8 * 1024 * 1024
"""Of raw and readable frames of the stacks that are worked on together; a larger stack is worked on alone."""

# Of stacks from before references were kept nobody knows, so all of them are looked at.
_COUNT = """
SELECT count() FROM stacks FINAL
WHERE project_id = {project:UInt32} AND (has(refs, {ref:String}) OR knows_refs = 0)
"""
_NEXT = """
SELECT hash, length(raw) + length(frames) FROM stacks FINAL
WHERE project_id = {project:UInt32} AND (has(refs, {ref:String}) OR knows_refs = 0) AND hash > {cursor:String}
ORDER BY hash LIMIT {limit:UInt32}
"""
_LOAD = """
SELECT hash, version, symbols, created_at, raw, frames, legacy, knows_refs FROM stacks FINAL
WHERE project_id = {project:UInt32} AND hash IN {hashes:Array(String)} ORDER BY hash
"""
_EVENTS = """
SELECT count() FROM events
WHERE project_id = {project:UInt32} AND stack IN {hashes:Array(String)}
    AND received_at <= {moment:DateTime64(6, 'UTC')}
"""
_decode_raw = msgspec.json.Decoder(list[list[RawFrame] | None]).decode


class Page(NamedTuple):
    """What became of some stacks."""

    last: str
    """The hash of the last one; empty when there is none left."""
    stacks: int = 0
    """That the file has to do with now."""
    events: int = 0
    frames_resolved: int = 0


class _Loaded(NamedTuple):
    """A stack as it is stored."""

    read: ReadStack
    stored: StoredStack
    created_at: datetime
    frames: str
    knows_refs: bool


class StackRepair:
    """Resolves stored stacks anew. What it raises is `Unavailable`."""

    def __init__(self, store: EventStore, resolver: StackResolver) -> None:
        self._store = store
        self._stacks = StoredStacks(store)
        self._resolver = resolver

    def count(self, repair: Repair) -> int:
        """How many stacks will be looked at."""
        ((count,),) = self._store.query(repair.project_id, _COUNT, {"ref": repair.ref})
        return int(count)

    def next_page(self, repair: Repair, symbols_version: int) -> Page:
        """Bring the stacks behind the cursor up to date. Doing it twice is as doing it once.

        `symbols_version`: of the project, read before this call.
        """
        hashes = self._next_hashes(repair)
        if not hashes:
            return Page("")
        loaded = self._load(repair.project_id, hashes)
        refs = {each.read.hash: refs_of(each.read) for each in loaded}
        sets = self._resolver.sets.find(repair.project_id, {ref for some in refs.values() for ref in some})
        rows: list[StackRow] = []
        concerned: list[str] = []
        frames_resolved = 0
        for each in loaded:
            own = {ref: sets[ref] for ref in refs[each.read.hash] if ref in sets}
            symbols, frames = each.stored.symbols, each.frames
            version = each.stored.version
            if is_better(own, symbols):
                version = next_version(each.stored, symbols_version)
            if version > each.stored.version or not each.knows_refs:
                stack, symbols = self._resolver.resolve(repair.project_id, each.read, own, version)
                row = stack_row(stack, symbols, refs[each.read.hash], repair.project_id, each.created_at)
                rows.append(row)
                frames = row.frames
            if symbols.offered.get(repair.ref) == repair.storage_key:
                concerned.append(each.read.hash)
                frames_resolved += _count_resolved(decode_frames(frames), symbols, repair.ref)
        self._stacks.insert(rows)
        return Page(hashes[-1], len(concerned), self._count_events(repair, concerned), frames_resolved)

    def read_raw(self, project_id: int, stack: str) -> ReadStack | None:
        """A stored stack as it was sent; None where it is not stored."""
        found = self._load(project_id, [stack])
        return found[0].read if found else None

    def _next_hashes(self, repair: Repair) -> list[str]:
        parameters: dict[str, Parameter] = {"ref": repair.ref, "cursor": repair.cursor, "limit": STACKS_AT_ONCE}
        sizes: dict[str, int] = dict(self._store.query(repair.project_id, _NEXT, parameters))
        return next(in_portions(sizes), [])

    def _load(self, project_id: int, hashes: Sequence[str]) -> list[_Loaded]:
        rows = self._store.query(project_id, _LOAD, {"hashes": hashes})
        return [_loaded(*row) for row in rows]

    def _count_events(self, repair: Repair, hashes: Sequence[str]) -> int:
        if not hashes:
            return 0
        parameters: dict[str, Parameter] = {"hashes": hashes, "moment": repair.created_at}
        ((count,),) = self._store.query(repair.project_id, _EVENTS, parameters)
        return int(count)


def in_portions(sizes: Mapping[str, int]) -> Iterator[list[str]]:
    """The hashes of stacks, whose sizes in bytes are given, in portions that can be worked on together."""
    portion: list[str] = []
    size = 0
    for stack, its_size in sizes.items():
        if portion and size + its_size > BYTES_AT_ONCE:
            yield portion
            portion, size = [], 0
        portion.append(stack)
        size += its_size
    if portion:
        yield portion


def _loaded(
    hash_: str, version: int, symbols: str, created_at: datetime, raw: str, frames: str, legacy: str, knows_refs: int
) -> _Loaded:
    # Keys and local variables are the events'; a stack is resolved without them.
    traces = [None if trace is None else ReadTrace({}, trace, {}) for trace in _decode_raw(raw)]
    stored = StoredStack(version, read_symbols(symbols), created_at)
    return _Loaded(ReadStack(hash_, traces, legacy), stored, created_at, frames, bool(knows_refs))


def _count_resolved(frames: Sequence[Sequence[Frame] | None], symbols: StackSymbols, ref: str) -> int:
    """Frames that the symbol set has made readable."""
    return sum(_is_resolved(frame, symbols.frames, ref) for each in frames for frame in each or ())


def _is_resolved(frame: Mapping[str, Any], references: Mapping[str, str], ref: str) -> bool:
    # A frame that a client sent resolved may have neither.
    is_readable = frame.get("resolved") is True and "resolve_failure" not in frame
    return is_readable and references.get(frame.get("raw_id", "")) == ref
