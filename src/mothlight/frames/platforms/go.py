"""Go frames of binaries whose image is unknown; others come as native frames."""

from mothlight.frames.fields import UNKNOWN_FUNCTION, Sent, read_fields
from mothlight.frames.raw_id import be32, raw_id
from mothlight.frames.unified import Resolved, unified_frame
from mothlight.model.stack import RawFrame

PLATFORM = "go"


def read(sent: Sent) -> RawFrame:
    """The known fields."""
    raw = read_fields(PLATFORM, sent, texts=("filename", "function"), numbers=("lineno",))
    raw.setdefault("function", UNKNOWN_FUNCTION)
    return raw


def resolve(raw: RawFrame) -> list[Resolved]:
    """The frame as the SDK describes it."""
    frame = unified_frame(
        raw,
        raw_id([raw.get("filename"), raw["function"], be32(raw.get("lineno"))]),
        "go",
        resolved=True,
        in_app=raw["in_app"],
        source=raw.get("filename"),
        resolved_name=raw["function"],
        line=raw.get("lineno"),
    )
    return [Resolved(frame)]
