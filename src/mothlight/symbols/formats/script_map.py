"""Source maps of scripts: plain and indexed, with or without the sources (pipeline 10.1 to 10.3, 10.9)."""

import re
from itertools import islice
from typing import Any

import msgspec
from symbolic.exceptions import SymbolicError
from symbolic.sourcemap import SourceMapView
from symbolic.sourcemapcache import SourceMapCache, SourceMapCacheToken

from mothlight.symbols.formats.bounds import Bounds
from mothlight.symbols.formats.context import source_context
from mothlight.symbols.formats.detect import Detected
from mothlight.symbols.formats.prepared import BadContent
from mothlight.symbols.look_ups import Examined, Kind, MinifiedName, Place, Places, Position, Question, Reason

_OUTSIDE = "<unknown>"
"""What the library calls a place outside of any function."""
_DART_ASYNC = "$async$"
_DART = b'"x_org_dartlang_dart2js"'
_SOURCES = b'"sourcesContent"'
_IDS = re.compile(rb'"(?:chunk_id|chunkId|debug_id|debugId)"\s*:\s*"([^"\\]{1,200})"')
_MOST_U32 = 0xFFFF_FFFF


class ScriptMap:
    """An indexed pair of script and map."""

    def __init__(self, script: bytes, map_: bytes, bounds: Bounds) -> None:
        self._cache = _index(script, map_)
        self._lines = bounds.context_lines
        self._names = _dart_names(map_) if _DART in map_ else {}
        self.weight = len(script) + len(map_)

    def examine(self, data: Detected) -> Examined:
        """What the data says about itself."""
        return Examined(
            kind=Kind.SCRIPT_MAP,
            references=map_ids(data.content),
            functions=bool(data.script),
            sources=_SOURCES in data.content,
            is_empty=_is_empty(data.content),
        )

    def look_up(self, question: Question) -> Places:
        """Where the position came from; for a name of the Dart compiler, the original one."""
        if isinstance(question, MinifiedName):
            name = self._names.get(question.name)
            return [] if name is None else [Place(function=name)]
        if not isinstance(question, Position) or not self._is_in_range(question):
            return []
        # The library counts columns from 1; the contract takes the sent one as if it counted from 0.
        token = self._cache.lookup(question.line, question.column + 1, self._lines + 1)
        if token is None or token.src is None:
            return []
        return [self._place(token)]

    @staticmethod
    def _is_in_range(position: Position) -> bool:
        return 0 < position.line <= _MOST_U32 and 0 <= position.column < _MOST_U32

    def _place(self, token: SourceMapCacheToken) -> Place:
        return Place(
            function=_function(token),
            source=token.src,
            line=token.line,
            column=token.col - 1,
            context=self._context(token),
        )

    def _context(self, token: SourceMapCacheToken) -> dict[str, Any] | None:
        if token.context_line is None:
            return None
        return source_context(token.pre_context, token.context_line, token.post_context[: self._lines], token.line)


def prepare(data: Detected, bounds: Bounds) -> ScriptMap:
    """Indexes the pair. Raises `BadContent`."""
    return ScriptMap(data.script, data.content, bounds)


def map_ids(map_: bytes) -> list[str]:
    """The ids that build tools wrote into a map."""
    return list(dict.fromkeys(match.decode("utf-8", "replace") for match in _IDS.findall(map_)))


def _index(script: bytes, map_: bytes) -> SourceMapCache:
    try:
        return SourceMapCache.from_bytes(script, map_)
    except SymbolicError as error:
        raise _why(map_, error) from error


def _why(map_: bytes, error: SymbolicError) -> BadContent:
    """Whether it is the map alone that does not parse, or the two together."""
    try:
        SourceMapView.from_json_bytes(map_)
    except SymbolicError as own:
        return BadContent(own.message)
    return BadContent(error.message, Reason.PAIR)


def _is_empty(map_: bytes) -> bool:
    """Whether the map has no token at all. What can be indexed, but not be read again for this, is not."""
    try:
        return len(SourceMapView.from_json_bytes(map_)) == 0
    except SymbolicError:
        return False


def _function(token: SourceMapCacheToken) -> str | None:
    name = token.function_name
    if name is None or name == _OUTSIDE:
        return None
    return token.name if token.name is not None and name.startswith(_DART_ASYNC) else name


class _DartNames(msgspec.Struct):
    minified_names: dict[str, str] = {}


class _DartMap(msgspec.Struct):
    names: list[str] = []
    x_org_dartlang_dart2js: _DartNames | None = None


def _dart_names(map_: bytes) -> dict[str, str]:
    """The original names of types by the minified ones; a table that cannot be read is as none."""
    try:
        read = msgspec.json.decode(map_, type=_DartMap)
    except (msgspec.DecodeError, RecursionError):
        return {}
    table = read.x_org_dartlang_dart2js
    parts = (table.minified_names.get("global", "") if table else "").split(",")
    pairs = zip(islice(parts, 0, None, 2), islice(parts, 1, None, 2), strict=False)
    return {name: read.names[int(index)] for name, index in pairs if _is_index(index, read.names)}


def _is_index(text: str, names: list[str]) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10 and int(text) < len(names)
