"""Debug information of compiled programs: Apple dSYM, ELF, PE, with inlined functions (pipeline 10.7, 10.8)."""

from symbolic.debuginfo import Archive, Object
from symbolic.exceptions import SymbolicError
from symbolic.symcache import SourceLocation, SymCache

from mothlight.frames.demangle import demangle, demangle_whole
from mothlight.symbols.formats.bounds import Bounds
from mothlight.symbols.formats.bundle import Bundle
from mothlight.symbols.formats.context import lines_context
from mothlight.symbols.formats.detect import Detected
from mothlight.symbols.formats.prepared import BadContent
from mothlight.symbols.look_ups import Address, Examined, Kind, Place, Places, Question, SourceLine

_ZIP = b"PK\x03\x04"
_PREFERRED = "arm64"
_MOST_ADDRESS = 0xFFFF_FFFF_FFFF_FFFF
_USABLE = {"debug", "symtab"}


class DebugFile:
    """The symbols of one architecture."""

    def __init__(self, data: bytes, bounds: Bounds) -> None:
        self._bundle = Bundle(data, bounds) if data.startswith(_ZIP) else None
        self._bounds = bounds
        content = data if self._bundle is None else self._bundle.debug_file()
        try:
            self._symbols, self._ids, self._features = _read(content)
        except SymbolicError as error:
            raise BadContent(_detail(error)) from error
        if self._bundle is not None and not self._bundle.has_sources:
            self._bundle = None
        self.weight = self._symbols.open_stream().raw.size + (len(data) if self._bundle else 0)

    def examine(self, data: Detected) -> Examined:
        """What the data says about itself."""
        return Examined(
            kind=Kind.DEBUG_FILE,
            references=self._ids,
            functions=True,
            sources=self._bundle is not None,
            is_empty=self._features.isdisjoint(_USABLE),
        )

    def look_up(self, question: Question) -> Places:
        """The function at the address, after the functions that it was inlined into; or a line of a source file."""
        if isinstance(question, SourceLine):
            return self._source_line(question)
        if not isinstance(question, Address) or not 0 <= question.offset <= _MOST_ADDRESS:
            return []
        # The library gives the innermost function first.
        return [self._place(location) for location in reversed(self._symbols.lookup(question.offset))]

    def _place(self, location: SourceLocation) -> Place:
        return Place(
            function=demangle(location.symbol),
            full_name=demangle_whole(location.symbol),
            source=location.full_path,
            line=location.line or None,
            context=self._context(location.full_path, location.line, exact=False),
        )

    def _source_line(self, question: SourceLine) -> Places:
        context = self._context(question.path, question.line, exact=True)
        return [] if context is None else [Place(source=question.path, line=question.line, context=context)]

    def _context(self, path: str | None, line: int, *, exact: bool) -> dict[str, object] | None:
        if self._bundle is None or path is None or not line:
            return None
        found = self._bundle.find_source(path, exact=exact)
        return (
            None if found is None else lines_context(self._bundle.source_lines(found), line, self._bounds.context_lines)
        )


def prepare(data: Detected, bounds: Bounds) -> DebugFile:
    """Reads the symbols. Raises `BadContent`, `Bad`."""
    return DebugFile(data.content, bounds)


def _read(content: bytes) -> tuple[SymCache, list[str], frozenset[str]]:
    # The archive looks into `content` without holding it, so both have to be here until the symbols are copied out.
    archive = Archive.from_bytes(content)
    objects = list(archive.iter_objects())
    if not objects:
        raise BadContent("it holds no program")
    chosen = _choose(objects)
    ids = list(dict.fromkeys(each.debug_id for each in objects))
    return chosen.make_symcache(), ids, chosen.features


def _choose(objects: list[Object]) -> Object:
    return next((each for each in objects if each.arch.startswith(_PREFERRED)), objects[0])


def _detail(error: SymbolicError) -> str:
    """The library's chain of causes on one line."""
    return ": ".join(line.strip().removeprefix("caused by: ") for line in error.message.splitlines() if line.strip())
