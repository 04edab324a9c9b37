"""Frames of React Native's engine, which runs bytecode."""

from typing import Any

from mothlight.frames.fields import UNKNOWN_FUNCTION, Sent, read_fields, read_text, without_platform
from mothlight.frames.platforms.script_url import ANONYMOUS
from mothlight.frames.raw_id import raw_id
from mothlight.frames.unified import Resolved, unified_frame
from mothlight.model.stack import RawFrame

PLATFORM = "hermes"


def read(sent: Sent) -> RawFrame:
    """The known fields; `colno` is an offset into the bytecode, and the line is always 1."""
    raw = read_fields(PLATFORM, sent, texts=("filename", "function"), numbers=("colno",))
    if chunk_id := read_text(sent, "chunkId", "chunk_id"):
        raw["chunkId"] = chunk_id
    raw.setdefault("function", UNKNOWN_FUNCTION)
    return raw


def resolve(raw: RawFrame) -> list[Resolved]:
    """The frame with the reason why no map was applied (pipeline 10.5)."""
    if "colno" not in raw:
        in_app = raw["in_app"] and raw.get("filename") != ANONYMOUS
        return [_frame(raw, resolved=True, in_app=in_app, resolved_name=raw["function"])]
    failure = (
        f"No sourcemap uploaded for chunk id: {raw['chunkId']}" if "chunkId" in raw else "No chunk id sent with frame"
    )
    return [failed_frame(raw, failure)]


def failed_frame(raw: RawFrame, failure: str) -> Resolved:
    """The frame with the reason why no map was applied."""
    return _frame(raw, resolved=False, in_app=raw["in_app"], line=1, column=raw["colno"], resolve_failure=failure)


def identity_pieces(raw: RawFrame) -> list[str | bytes | None]:
    """What the raw id is made of (pipeline 3.3)."""
    colno = str(raw["colno"]) if "colno" in raw else None
    return [raw["function"], raw.get("filename"), colno, raw.get("chunkId")]


def _frame(raw: RawFrame, *, resolved: bool, in_app: bool, **more: Any) -> Resolved:
    frame = unified_frame(
        raw,
        raw_id(identity_pieces(raw)),
        "hermes-js",
        resolved=resolved,
        in_app=in_app,
        source=raw.get("filename"),
        junk_drawer={"raw_frame": without_platform(raw)},
        **more,
    )
    return Resolved(frame)
