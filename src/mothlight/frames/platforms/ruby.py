"""Ruby frames."""

from mothlight.frames.context import sent_context
from mothlight.frames.fields import UNKNOWN_FUNCTION, Sent, read_fields
from mothlight.frames.raw_id import raw_id, source_pieces
from mothlight.frames.unified import Resolved, unified_frame
from mothlight.model.stack import RawFrame

PLATFORM = "ruby"

_TEXTS = ("abs_path", "filename", "function", "context_line")
_LINES = ("pre_context", "post_context")


def read(sent: Sent) -> RawFrame:
    """The known fields; ruby sends a null function for code outside of methods."""
    raw = read_fields(PLATFORM, sent, texts=_TEXTS, numbers=("lineno",), lines=_LINES)
    raw.setdefault("function", UNKNOWN_FUNCTION)
    return raw


def resolve(raw: RawFrame) -> list[Resolved]:
    """The frame as the SDK describes it."""
    frame = unified_frame(
        raw,
        raw_id(source_pieces(raw)),
        "ruby",
        resolved=True,
        in_app=raw["in_app"],
        source=raw.get("filename"),
        resolved_name=raw["function"],
        line=raw.get("lineno"),
    )
    return [Resolved(frame, sent_context(raw))]
