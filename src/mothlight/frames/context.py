"""Source lines around a frame, as SDKs send them (pipeline 3.5)."""

from collections.abc import Sequence
from typing import Any

from mothlight.frames.truncate import truncate_line
from mothlight.model.stack import RawFrame

Context = dict[str, Any]
"""`{"before": [line], "line": line, "after": [line]}`, a line being `{"number", "line"}`; `before`: nearest first."""


def sent_context(raw: RawFrame) -> Context | None:
    """The lines of a frame whose `pre_context` is in file order; None without `context_line` or `lineno`."""
    return _context(raw, raw.get("pre_context", [])[::-1], raw.get("post_context", []))


def nearest_first_context(raw: RawFrame, most_lines: int) -> Context | None:
    """The lines of a frame whose `pre_context` begins with the nearest line; at most `most_lines` on each side."""
    return _context(raw, raw.get("pre_context", [])[:most_lines], raw.get("post_context", [])[:most_lines])


def _context(raw: RawFrame, before: Sequence[str], after: Sequence[str]) -> Context | None:
    line, number = raw.get("context_line"), raw.get("lineno")
    if line is None or number is None:
        return None
    return {
        "before": [_line(max(0, number - distance), text) for distance, text in enumerate(before, 1)],
        "line": _line(number, line),
        "after": [_line(number + distance, text) for distance, text in enumerate(after, 1)],
    }


def _line(number: int, text: str) -> dict[str, Any]:
    return {"number": number, "line": truncate_line(text)}
