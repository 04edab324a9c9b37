"""Frames that say their language themselves, and all frames of platforms that we do not know."""

from mothlight.frames.context import nearest_first_context
from mothlight.frames.fields import UNKNOWN_FUNCTION, Sent, read_fields
from mothlight.frames.raw_id import be32, raw_id, source_pieces
from mothlight.frames.unified import Resolved, unified_frame
from mothlight.model.stack import RawFrame

PLATFORM = "custom"

CONTEXT_LINES = 10

_TEXTS = ("lang", "function", "filename", "module", "context_line")
_LINES = ("pre_context", "post_context")
_DOTNET = "dotnet"
_DOTNET_LIBRARIES = ("System.", "Microsoft.")


def read(sent: Sent) -> RawFrame:
    """The known fields. A frame of an unknown platform has the platform's name as its language."""
    raw = read_fields(PLATFORM, sent, texts=_TEXTS, numbers=("lineno", "colno"), flags=("resolved",), lines=_LINES)
    platform = sent.get("platform")
    if isinstance(platform, str) and platform != PLATFORM:
        raw["lang"] = platform
    raw.setdefault("lang", PLATFORM)
    raw.setdefault("function", UNKNOWN_FUNCTION)
    if type(sent.get("in_app")) is not bool and raw["lang"] == _DOTNET:
        raw["in_app"] = not raw.get("module", "").startswith(_DOTNET_LIBRARIES)
    return raw


def resolve(raw: RawFrame) -> list[Resolved]:
    """The frame as the client describes it, resolved if the client says so."""
    is_resolved = raw.get("resolved", False)
    frame = unified_frame(
        raw,
        raw_id(_pieces(raw, is_resolved=is_resolved)),
        raw["lang"],
        resolved=is_resolved,
        in_app=raw["in_app"],
        source=raw.get("filename"),
        resolved_name=raw["function"],
        line=_position(raw, "lineno"),
        column=_position(raw, "colno"),
        module=raw.get("module"),
    )
    return [Resolved(frame, nearest_first_context(raw, CONTEXT_LINES))]


def _pieces(raw: RawFrame, *, is_resolved: bool) -> list[str | bytes | None]:
    return source_pieces(
        raw, be32(raw.get("colno")), raw["lang"], "true" if is_resolved else "false", raw.get("module")
    )


def _position(raw: RawFrame, name: str) -> int | None:
    # The client for .NET sends 0 for what it does not know.
    return None if raw["lang"] == _DOTNET and raw.get(name) == 0 else raw.get(name)
