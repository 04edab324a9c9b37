"""Frames of scripts on servers."""

from typing import Any

from mothlight.frames.context import sent_context
from mothlight.frames.fields import UNKNOWN_FUNCTION, Sent, read_fields, read_text, without_platform
from mothlight.frames.raw_id import raw_id, source_pieces
from mothlight.frames.unified import Resolved, unified_frame
from mothlight.model.stack import RawFrame

PLATFORM = "node:javascript"

LONG_LINES = 300
"""An average length of source lines above this one says that the script is minified."""

_TEXTS = ("filename", "function", "module", "context_line")
_LINES = ("pre_context", "post_context")


def read(sent: Sent) -> RawFrame:
    """The known fields."""
    raw = read_fields(PLATFORM, sent, texts=_TEXTS, numbers=("lineno", "colno"), lines=_LINES)
    if chunk_id := read_text(sent, "chunk_id", "chunkId"):
        raw["chunk_id"] = chunk_id
    raw.setdefault("function", UNKNOWN_FUNCTION)
    return raw


def resolve(raw: RawFrame) -> list[Resolved]:
    """The frame as the SDK describes it; of a bundled script, with the reason why no source map was applied."""
    if "chunk_id" not in raw or not ("lineno" in raw and "colno" in raw):
        return [_frame(raw, resolved=True, source=raw.get("filename"))]
    return [failed_frame(raw, f"No sourcemap uploaded for chunk id: {raw['chunk_id']}")]


def failed_frame(raw: RawFrame, failure: str) -> Resolved:
    """The frame of a bundled script with the reason why no source map was applied (pipeline 10.5)."""
    drawer = {"raw_frame": without_platform(raw)}
    is_readable = _average_length(raw) <= LONG_LINES
    return _frame(raw, resolved=is_readable, column=raw["colno"], resolve_failure=failure, junk_drawer=drawer)


def identity_pieces(raw: RawFrame) -> list[str | bytes | None]:
    """What the raw id is made of (pipeline 3.3)."""
    return source_pieces(raw, raw.get("module"))


def _frame(raw: RawFrame, *, resolved: bool, **more: Any) -> Resolved:
    frame = unified_frame(
        raw,
        raw_id(identity_pieces(raw)),
        "javascript",
        resolved=resolved,
        in_app=raw["in_app"] and not is_dependency(raw.get("filename", "")),
        resolved_name=raw["function"] if resolved else None,
        line=raw.get("lineno"),
        module=raw.get("module"),
        **more,
    )
    return Resolved(frame, sent_context(raw))


def is_dependency(filename: str) -> bool:
    """Whether the file is a package's or the runtime's own."""
    return "node_modules" in filename or filename.startswith("node:")


def _average_length(raw: RawFrame) -> float:
    lines = [*raw.get("pre_context", ()), *raw.get("post_context", ())]
    return sum(map(len, lines)) / len(lines) if lines else 0
