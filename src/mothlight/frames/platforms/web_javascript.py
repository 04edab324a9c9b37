"""Frames of scripts in browsers."""

from typing import Any

from mothlight.frames.fields import UNKNOWN_FUNCTION, Sent, read_fields, read_text, without_platform
from mothlight.frames.platforms.script_url import ANONYMOUS, ScriptUrl, is_of_extension, read_script_url
from mothlight.frames.raw_id import raw_id
from mothlight.frames.unified import Resolved, unified_frame
from mothlight.model.stack import RawFrame

PLATFORM = "web:javascript"

LONG_LINE = 300
"""A column behind this one says that the script is minified: without a map its function names mean nothing."""

OWN_CODE = "posthog-js@"
"""In a source, says that the frame is the SDK's own."""


def read(sent: Sent) -> RawFrame:
    """The known fields; a line without a column, or a column without a line, is no position."""
    raw = read_fields(PLATFORM, sent, texts=("filename", "function"), numbers=("lineno", "colno"))
    if not ("lineno" in raw and "colno" in raw):
        raw.pop("lineno", None)
        raw.pop("colno", None)
    if chunk_id := read_text(sent, "chunk_id", "chunkId"):
        raw["chunk_id"] = chunk_id
    raw.setdefault("function", UNKNOWN_FUNCTION)
    return raw


def resolve(raw: RawFrame) -> list[Resolved]:
    """The frame with the reason why no source map was applied (pipeline 10.5)."""
    url = read_script_url(raw.get("filename"))
    if "lineno" not in raw:
        in_app = raw["in_app"] and raw.get("filename") != ANONYMOUS
        return [unmapped_frame(raw, url, in_app=in_app, resolved=True)]
    failure, is_readable = _failure(raw, url)
    position = {"line": raw["lineno"], "column": raw["colno"]}
    return [unmapped_frame(raw, url, in_app=raw["in_app"], resolved=is_readable, resolve_failure=failure, **position)]


def _failure(raw: RawFrame, url: ScriptUrl | None) -> tuple[str, bool]:
    """Why there is no map, and whether the frame can be read without one."""
    if url is not None:
        return f"Could not find sourcemap for source url: {url.text}", raw["colno"] <= LONG_LINE
    if "chunk_id" in raw:
        return f"No sourcemap uploaded for chunk id: {raw['chunk_id']}", False
    return "This frame had no source url or chunk id", True


def unmapped_frame(raw: RawFrame, url: ScriptUrl | None, *, in_app: bool, resolved: bool, **more: Any) -> Resolved:
    """The frame as the browser describes it; `more` are fields of the unified frame."""
    source = url.path if url else None
    frame = unified_frame(
        raw,
        raw_id(identity_pieces(raw)),
        "javascript",
        resolved=resolved,
        in_app=in_app and not is_of_extension(raw.get("filename")),
        source=source,
        resolved_name=raw["function"] if resolved else None,
        suspicious=resolved and source is not None and OWN_CODE in source,
        junk_drawer={"raw_frame": without_platform(raw)},
        **more,
    )
    return Resolved(frame)


def identity_pieces(raw: RawFrame) -> list[str | bytes | None]:
    """What the raw id is made of (pipeline 3.3)."""
    position = [str(raw[name]) for name in ("lineno", "colno") if name in raw]
    return [raw["function"], *position, raw.get("filename")]
