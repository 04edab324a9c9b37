"""Source maps of bytecode for React Native's engine, with Metro's function maps (pipeline 10.10)."""

from typing import Any

from symbolic.exceptions import SymbolicError
from symbolic.sourcemap import SourceMapTokenMatch, SourceMapView, SourceView

from mothlight.symbols.formats.bounds import Bounds
from mothlight.symbols.formats.context import source_context
from mothlight.symbols.formats.detect import Detected
from mothlight.symbols.formats.prepared import BadContent
from mothlight.symbols.formats.script_map import map_ids
from mothlight.symbols.look_ups import Bytecode, Examined, Kind, Place, Places, Question

_FUNCTION_MAPS = b'"x_facebook_sources"'
_FUNCTION_OFFSETS = b'"x_hermes_function_offsets"'
_MOST_OFFSET = 0xFFFF_FFFE


class HermesMap:
    """A map whose columns are offsets into bytecode, all on one line."""

    def __init__(self, map_: bytes, bounds: Bounds) -> None:
        if _FUNCTION_MAPS not in map_ and _FUNCTION_OFFSETS not in map_:
            raise BadContent("it has neither function maps nor function offsets, so it is no Hermes map")
        try:
            self._view = SourceMapView.from_json_bytes(map_)
        except SymbolicError as error:
            raise BadContent(error.message) from error
        self._functions = _FUNCTION_MAPS in map_
        # The library names functions only where a script is given, which it then does not look at.
        self._no_script = SourceView.from_bytes(b"")
        self._lines = bounds.context_lines
        self.weight = len(map_) * 2

    def examine(self, data: Detected) -> Examined:
        """What the data says about itself."""
        has_sources = any(self._view.get_sourceview(index) for index in range(self._view.source_count))
        return Examined(Kind.HERMES_MAP, map_ids(data.content), self._functions, has_sources, len(self._view) == 0)

    def look_up(self, question: Question) -> Places:
        """Where the bytecode came from."""
        if not isinstance(question, Bytecode) or not 0 <= question.offset <= _MOST_OFFSET:
            return []
        token = self._view.lookup(0, question.offset, "?", self._no_script)
        # Before the first token the library gives the first.
        if token is None or token.dst_line != 0 or token.dst_col > question.offset:
            return []
        return [self._place(token)]

    def _place(self, token: SourceMapTokenMatch) -> Place:
        function = token.function_name if self._functions else None
        if token.src is None:
            return Place(function=function)
        return Place(
            function=function,
            source=token.src,
            line=token.src_line + 1,
            column=token.src_col,
            context=self._context(token),
        )

    def _context(self, token: SourceMapTokenMatch) -> dict[str, Any] | None:
        if token.src_id is None or token.src_id >= self._view.source_count:
            return None
        source = self._view.get_sourceview(token.src_id)
        if source is None or token.src_line >= len(source):
            return None
        first = max(0, token.src_line - self._lines - 1)
        before = source[first : token.src_line]
        after = source[token.src_line + 1 : token.src_line + 1 + self._lines]
        return source_context(before, source[token.src_line], after, token.src_line + 1)


def prepare(data: Detected, bounds: Bounds) -> HermesMap:
    """Reads the map. Raises `BadContent`."""
    return HermesMap(data.content, bounds)
