"""The words in which look-ups are asked and answered, shared with the processes that read symbol data."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

MOST_REFERENCE_BYTES = 2_048
"""Longer references are cut at a character boundary, for storage and for every look-up (pipeline 2.3)."""


class Kind(StrEnum):
    """What symbol data is, as its bytes say."""

    SCRIPT_MAP = "source map"
    HERMES_MAP = "Hermes map"
    MAPPING = "ProGuard mapping"
    DEBUG_FILE = "debug file"
    """Apple dSYM, ELF or PE, bare or in a bundle."""


class ReferenceKind(StrEnum):
    """What a reference names. Equal texts of different kinds never mean the same data (pipeline 9.2)."""

    CHUNK_ID = "chunk id"
    URL = "url"
    MAP_ID = "map id"
    DEBUG_ID = "debug id"


class Reference(NamedTuple):
    """The name by which a frame asks for symbol data."""

    kind: ReferenceKind
    value: str


def reference(kind: ReferenceKind, value: str) -> Reference:
    """A reference whose value is no longer than what is stored."""
    if len(value) * 4 <= MOST_REFERENCE_BYTES:
        return Reference(kind, value)
    return Reference(kind, value.encode("utf-8", "replace")[:MOST_REFERENCE_BYTES].decode("utf-8", "ignore"))


class SymbolData(NamedTuple):
    """Stored symbol data that a look-up may use."""

    key: str
    """Names the bytes within this process: equal keys, equal bytes. The project and the content hash do."""
    load: Callable[[], bytes]
    """Gives the bytes as they are stored. Called when no process has them ready; what it raises, the caller gets."""


# --- questions ---


class Position(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Where a minified script was: both as the SDK sent them, so the line counts from 1."""

    line: int
    column: int


class Bytecode(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Where a Hermes bundle was: bytes from its beginning."""

    offset: int


class Method(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """An obfuscated method and the line in it; 0 when the line is not known."""

    class_name: str
    method: str
    line: int


class ClassName(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """An obfuscated class."""

    name: str


class Address(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """An address relative to the start of its image."""

    offset: int


class SourceLine(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A line, from 1, of a file whose source may lie beside the debug information, by its exact path."""

    path: str
    line: int


class MinifiedName(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A name that the Dart compiler gave to a type."""

    name: str


Question = Position | Bytecode | Method | ClassName | Address | SourceLine | MinifiedName


# --- answers ---


class Place(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """A place in the sources. What the data does not say is None."""

    function: str | None = None
    """Short name. None outside of any function."""
    full_name: str | None = None
    """With arguments, of compiled programs."""
    module: str | None = None
    """The class, of Java."""
    source: str | None = None
    line: int | None = None
    """From 1."""
    column: int | None = None
    """From 0."""
    context: dict[str, Any] | None = None
    """As `frames.context.Context`, `before` in the order of the file."""


Places = list[Place]
"""Outermost function first; empty when the data says nothing about what was asked."""


class Reason(StrEnum):
    """Why symbol data cannot be used."""

    DATA = "data"
    """The container is damaged, of the wrong kind or too large, or reading it took too long or failed hard."""
    CONTENT = "content"
    """The container is sound; what is in it does not parse."""
    PAIR = "pair"
    """A script and its map that parse, but do not fit."""


class Unreadable(msgspec.Struct, frozen=True):
    """Symbol data that cannot be used, with the detail in words for people."""

    reason: Reason
    detail: str


class Examined(msgspec.Struct, frozen=True):
    """What symbol data says about itself."""

    kind: Kind
    references: list[str] = []
    """The ids that the data names itself by: chunk id, debug ids of its objects. Say nothing about who may use it."""
    functions: bool = False
    """Whether it can give names of functions."""
    sources: bool = False
    """Whether it holds source code, so that frames get context lines."""
    is_empty: bool = False
    """Whether nothing can ever be found in it."""
