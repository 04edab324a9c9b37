"""Source lines around a place, as symbol data holds them (pipeline 10.2)."""

from collections.abc import Sequence
from typing import Any

from mothlight.frames.truncate import truncate_line


def source_context(before: Sequence[str], line: str, after: Sequence[str], number: int) -> dict[str, Any]:
    """The context of line `number`, from 1; `before` in the order of the file."""
    first = number - len(before)
    return {
        "before": [_line(first + index, text) for index, text in enumerate(before)],
        "line": _line(number, line),
        "after": [_line(number + index, text) for index, text in enumerate(after, 1)],
    }


def lines_context(lines: Sequence[str], number: int, most: int) -> dict[str, Any] | None:
    """The context of line `number`, from 1, of a whole file: one line more before than after, as the reference has it.

    None beyond the end of the file.
    """
    index = number - 1
    if not 0 <= index < len(lines):
        return None
    before = lines[max(0, index - most - 1) : index]
    return source_context(before, lines[index], lines[index + 1 : index + 1 + most], number)


def _line(number: int, text: str) -> dict[str, Any]:
    return {"number": number, "line": truncate_line(text.rstrip("\r\n").replace("\0", "\ufffd"))}
