"""Symbol data for tests: what lies in `tests/golden/symbols/`, a reader, and stacks to resolve."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from mothlight.frames.stack import ReadStack, read_stack
from mothlight.frames.wire_order import NONE, WireOrder
from mothlight.symbols.failures import Failure
from mothlight.symbols.look_ups import Reference, ReferenceKind, SymbolData
from mothlight.symbols.reader import ReaderBounds, SymbolReader
from mothlight.symbols.stack import ResolvedStack, resolve_stack

GOLDEN = Path(__file__).parents[1] / "golden" / "symbols"

CHUNK_ID, URL, MAP_ID, DEBUG_ID = (
    ReferenceKind.CHUNK_ID,
    ReferenceKind.URL,
    ReferenceKind.MAP_ID,
    ReferenceKind.DEBUG_ID,
)


@pytest.fixture(scope="session")
def symbol_reader() -> Iterator[SymbolReader]:
    """A reader with the usual bounds."""
    reader = SymbolReader(ReaderBounds(), time.monotonic)
    yield reader
    reader.close()


def symbol_data(content: bytes) -> SymbolData:
    """Data whose key follows from its content, as in the product."""
    return SymbolData(f"1:{hash(content)}", lambda: content)


def read(*frames: Mapping[str, Any], images: object = None) -> ReadStack:
    """A stack of one exception."""
    return read_stack([{"type": "raw", "frames": [dict(frame) for frame in frames]}], images, WireOrder(NONE, NONE))


def resolve(
    reader: SymbolReader,
    *frames: Mapping[str, Any],
    found: Mapping[tuple[ReferenceKind, str], bytes | Failure] | None = None,
    images: object = None,
) -> ResolvedStack:
    """The stack of one exception, resolved with the data that is there for some references."""
    known = {
        Reference(*reference): symbol_data(data) if isinstance(data, bytes) else data
        for reference, data in (found or {}).items()
    }
    return resolve_stack(read(*frames, images=images), known, reader)


def frames_of(resolved: ResolvedStack) -> list[dict[str, Any]]:
    """The unified frames of the only exception."""
    frames = resolved.stack.frames[0]
    assert frames is not None
    return frames


def context_of(resolved: ResolvedStack, index: int = 0) -> dict[str, Any] | None:
    """The source lines of a frame."""
    return resolved.stack.contexts.get(frames_of(resolved)[index]["raw_id"])
