"""A source map as a file: the keys that uploads need, and moving its mappings when a script gets longer."""

from typing import Any

import msgspec

from mothlight.uploader.failures import UploadFailed

CHUNK_ID, RELEASE_ID = "chunk_id", "release_id"
_ALIASES = (CHUNK_ID, "chunkId", "debugId", "debug_id")
_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}
_MORE = 32
_GUARD = b")]}'"

_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class SourceMap:
    """A source map whose long values are not decoded."""

    def __init__(self, content: bytes, name: str) -> None:
        """Read it. `name`: of the file, for messages. Raises `UploadFailed`."""
        if content.startswith(_GUARD):
            content = content.partition(b"\n")[2]
        try:
            self._values = _decode(content)
        except msgspec.DecodeError as problem:
            raise UploadFailed(f"{name} is no source map: {problem}") from problem

    def text(self, key: str) -> str | None:
        """The text of a key, or None."""
        value = self._value(key)
        return value if isinstance(value, str) and value else None

    @property
    def own_id(self) -> str | None:
        """The id that a tool wrote into it."""
        return next((text for key in _ALIASES if (text := self.text(key)) is not None), None)

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be found in it."""
        if "sections" in self._values:
            return False
        return not self._value("mappings") and not self._value("sources") and not self._value("names")

    def set(self, key: str, value: str | None) -> None:
        """Set a key, or remove it."""
        if value is None:
            self._values.pop(key, None)
        else:
            self._values[key] = msgspec.Raw(msgspec.json.encode(value))

    def shift(self, line: int, column: int, by: int) -> None:
        """Follow a text without line breaks that was put into the script. Lines and columns, in UTF-16, from 0."""
        if "sections" in self._values:
            sections = self._value("sections")
            _shift_sections(sections, line, column, by)
            self._values["sections"] = msgspec.Raw(msgspec.json.encode(sections))
        elif isinstance(mappings := self._value("mappings"), str):
            self._values["mappings"] = msgspec.Raw(msgspec.json.encode(shift_mappings(mappings, line, column, by)))

    def encode(self) -> bytes:
        """As it is written."""
        return msgspec.json.encode(self._values)

    def _value(self, key: str) -> Any:
        value = self._values.get(key)
        return None if value is None else msgspec.json.decode(value)


def shift_mappings(mappings: str, line: int, column: int, by: int) -> str:
    """The encoded mappings after a text was put in at a place of the script."""
    lines = mappings.split(";")
    if line >= len(lines):
        return mappings
    segments = lines[line].split(",")
    at = 0
    for index, segment in enumerate(segments):
        if not segment:
            continue
        delta, rest = _read_number(segment)
        at += delta
        if at >= column:
            segments[index] = _number(delta + by) + rest
            break
    lines[line] = ",".join(segments)
    return ";".join(lines)


def _shift_sections(sections: list[dict[str, Any]], line: int, column: int, by: int) -> None:
    """Move the sections that begin behind the place, and what lies behind it within the section that holds it."""
    holder: dict[str, Any] | None = None
    for section in sections:
        offset = section.get("offset", {})
        begins = (offset.get("line", 0), offset.get("column", 0))
        if begins <= (line, column):
            holder = section
        elif begins[0] == line:
            section["offset"] = {**offset, "column": begins[1] + by}
    if holder is None:
        return
    offset, inner = holder.get("offset", {}), holder.get("map", {})
    within = line - offset.get("line", 0)
    inner_column = column - offset.get("column", 0) if within == 0 else column
    if "sections" in inner:
        _shift_sections(inner["sections"], within, inner_column, by)
    elif isinstance(inner.get("mappings"), str):
        inner["mappings"] = shift_mappings(inner["mappings"], within, inner_column, by)


def _read_number(segment: str) -> tuple[int, str]:
    """The first number of a segment, and the rest of it."""
    value, shift = 0, 0
    for index, digit in enumerate(segment):
        part = _VALUES.get(digit)
        if part is None:
            raise UploadFailed(f"the mappings of a source map have a character that may not be there: {digit!r}")
        value += (part & (_MORE - 1)) << shift
        shift += 5
        if not part & _MORE:
            return (-(value >> 1) if value & 1 else value >> 1), segment[index + 1 :]
    raise UploadFailed("the mappings of a source map are cut off")


def _number(value: int) -> str:
    rest = (-value << 1) | 1 if value < 0 else value << 1
    digits = ""
    while True:
        rest, digit = rest >> 5, rest & (_MORE - 1)
        digits += _DIGITS[digit | _MORE if rest else digit]
        if not rest:
            return digits
