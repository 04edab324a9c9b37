"""Mappings of ProGuard and R8 (pipeline 10.6)."""

import os
import re

from symbolic.exceptions import SymbolicError
from symbolic.proguard import ProguardMapper

from mothlight.symbols.formats.bounds import Bounds
from mothlight.symbols.formats.detect import Detected
from mothlight.symbols.formats.prepared import BadContent
from mothlight.symbols.look_ups import ClassName, Examined, Kind, Method, Place, Places, Question

_CLASS = re.compile(rb"^[^\s#][^\n]* -> [^\s]+:[ \t]*\r?$", re.MULTILINE)
_MEMBER = re.compile(rb"^[ \t]+[^\s#][^\n]* -> ", re.MULTILINE)
_ID = re.compile(rb"^# pg_map_id: ([0-9A-Za-z_.-]{1,100})", re.MULTILINE)
_MOST_LINE = 0x7FFF_FFFF
_WEIGHT = 3


class Mapping:
    """A mapping that answers for classes and methods."""

    def __init__(self, text: bytes) -> None:
        if _CLASS.search(text) is None:
            raise BadContent("it names no class")
        try:
            self._mapper = _open(text)
        except SymbolicError as error:
            raise BadContent(error.message) from error
        self.weight = len(text) * _WEIGHT

    def examine(self, data: Detected) -> Examined:
        """What the data says about itself."""
        references = [match.decode() for match in _ID.findall(data.content)]
        return Examined(Kind.MAPPING, references, functions=_MEMBER.search(data.content) is not None)

    def look_up(self, question: Question) -> Places:
        """The methods that were compiled into one, the calling ones first; or the original name of a class."""
        if isinstance(question, ClassName):
            name = self._mapper.remap_class(question.name)
            return [] if name is None else [Place(module=name)]
        if not isinstance(question, Method):
            return []
        line = question.line if 0 <= question.line <= _MOST_LINE else 0
        # The mapping, and so the library, names the innermost method first.
        frames = reversed(self._mapper.remap_frame(question.class_name, question.method, line))
        return [
            Place(function=frame.method, module=frame.class_name, source=frame.file, line=frame.line or None)
            for frame in frames
        ]


def prepare(data: Detected, bounds: Bounds) -> Mapping:
    """Reads the mapping. Raises `BadContent`."""
    return Mapping(data.content)


def _open(text: bytes) -> ProguardMapper:
    """The library takes files only, so this is one that has no name and goes when it is no longer mapped."""
    file = os.memfd_create("mapping")
    try:
        with os.fdopen(file, "wb", closefd=False) as stream:
            stream.write(text)
        return ProguardMapper.open(f"/proc/self/fd/{file}")
    finally:
        os.close(file)
