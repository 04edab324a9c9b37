"""Frames of the Java virtual machine and of Android."""

from mothlight.frames.fields import U64, UNKNOWN_FUNCTION, Sent, read_fields, without_platform
from mothlight.frames.raw_id import be64, raw_id
from mothlight.frames.unified import Resolved, unified_frame
from mothlight.model.stack import RawFrame

PLATFORM = "java"

_TEXTS = ("module", "function", "filename", "map_id")


def read(sent: Sent) -> RawFrame:
    """The known fields; `module` is the class."""
    raw = read_fields(PLATFORM, sent, texts=_TEXTS, numbers=("lineno",), flags=("method_synthetic",), most=U64)
    raw.setdefault("function", UNKNOWN_FUNCTION)
    return raw


def resolve(raw: RawFrame) -> list[Resolved]:
    """The frame with the reason why no mapping was applied (pipeline 10.6)."""
    return [failed_frame(raw, _failure(raw))]


def failed_frame(raw: RawFrame, failure: str) -> Resolved:
    """The frame as it was sent, with the reason why no mapping was applied."""
    frame = unified_frame(
        raw,
        raw_id(identity_pieces(raw)),
        "java",
        resolved=False,
        in_app=raw["in_app"],
        source=raw.get("filename"),
        line=raw.get("lineno"),
        module=raw.get("module"),
        resolve_failure=failure,
        junk_drawer={"raw_frame": without_platform(raw)},
    )
    return Resolved(frame)


def identity_pieces(raw: RawFrame) -> list[str | bytes | None]:
    """What the raw id is made of (pipeline 3.3)."""
    return [raw.get("filename"), raw["function"], be64(raw.get("lineno")), raw.get("module")]


def _failure(raw: RawFrame) -> str:
    map_id = raw.get("map_id")
    return "No map ID sent with frame" if map_id is None else f"No proguard map uploaded for id: {map_id}"
