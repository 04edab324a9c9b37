"""Stacks as the event store has them: with their frames, and what symbol sets had to do with them."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from mothlight.model.stack import Frame, Stack, StackSymbols
from mothlight.pipeline.moments import moment_text
from mothlight.pipeline.stack_symbols import Sets, offered
from mothlight.storage.events.interface import EventStore
from mothlight.storage.events.rows import StackRow

FIRST = 1
"""The version of a stack that no symbol set had to do with."""

NO_SYMBOLS = StackSymbols()

_STORED = """
SELECT hash, version, symbols, created_at FROM stacks FINAL
WHERE project_id = {project:UInt32} AND hash IN {hashes:Array(String)}
"""
_FRAMES = """
SELECT hash, frames, legacy, version, sources, functions FROM stacks FINAL
WHERE project_id = {project:UInt32} AND hash IN {hashes:Array(String)}
"""
_decode_symbols = msgspec.json.Decoder(StackSymbols).decode
decode_frames = msgspec.json.Decoder(list[list[Frame] | None]).decode


class StoredStack(NamedTuple):
    """A stack without its frames."""

    version: int
    symbols: StackSymbols
    created_at: datetime | None
    """When it was first seen; None where nobody had to know yet."""


class StoredStacks:
    """The stacks of all projects. What it raises is `Unavailable`."""

    def __init__(self, store: EventStore) -> None:
        self._store = store

    def known(self, project_id: int, hashes: Collection[str]) -> set[str]:
        """Those of the stacks that are stored."""
        return self._store.known_stacks(project_id, hashes)

    def find(self, project_id: int, hashes: Iterable[str]) -> dict[str, StoredStack]:
        """Those of the stacks that are stored, by hash."""
        wanted = list(hashes)
        rows = self._store.query(project_id, _STORED, {"hashes": wanted}) if wanted else []
        return {row[0]: StoredStack(row[1], read_symbols(row[2]), row[3]) for row in rows}

    def with_frames(self, project_id: int, hashes: Iterable[str]) -> dict[str, Stack]:
        """Those of the stacks that are stored, by hash: with frames, without raw ones, source lines and texts."""
        wanted = list(hashes)
        rows = self._store.query(project_id, _FRAMES, {"hashes": wanted}) if wanted else []
        return {row[0]: framed_stack(*row) for row in rows}

    def insert(self, rows: Sequence[StackRow]) -> None:
        """Store stacks; of equal hashes the highest version counts."""
        self._store.insert_stacks(rows)


def framed_stack(hash_: str, frames: str, legacy: str, version: int, sources: list[str], functions: list[str]) -> Stack:
    """A stack without raw frames, source lines and texts, from columns of its row."""
    return Stack(
        hash=hash_,
        raw=[],
        frames=decode_frames(frames),
        legacy=legacy,
        contexts={},
        sources=sources,
        functions=functions,
        texts="",
        version=version,
    )


def is_better(sets: Sets, symbols: StackSymbols) -> bool:
    """Whether there are files now that were not there when a stack was resolved, and none is gone that it used."""
    return not offered(sets).items() <= symbols.offered.items() and all(ref in sets for ref in symbols.used)


def next_version(stored: StoredStack | None, symbols_version: int) -> int:
    """The version of a stack that is resolved with symbol sets, as they are at a version of the project's sets.

    Later knowledge of symbol sets has a higher one, on whichever node.
    """
    return max(0 if stored is None else stored.version, symbols_version) + 1


def read_symbols(text: str) -> StackSymbols:
    """What symbol sets had to do with a stack, from its column."""
    return _decode_symbols(text) if text else NO_SYMBOLS


def stack_row(
    stack: Stack, symbols: StackSymbols, refs: Sequence[str], project_id: int, created_at: datetime
) -> StackRow:
    """The row of a stack that asks for these references."""
    return StackRow(
        project_id=project_id,
        hash=stack.hash,
        version=stack.version,
        created_at=moment_text(created_at),
        raw=_json(stack.raw),
        frames=_json(stack.frames),
        contexts=_json(stack.contexts),
        legacy=stack.legacy,
        sources=stack.sources,
        functions=stack.functions,
        texts=stack.texts,
        symbols="" if symbols == NO_SYMBOLS else _json(symbols),
        refs=list(refs),
        waits=list(dict.fromkeys(symbols.waits.values())),
        knows_refs=1,
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
