"""Frames of native Dart; Flutter on the web sends JavaScript ones."""

from mothlight.frames.fields import Sent, read_fields, without_platform
from mothlight.frames.raw_id import be32, raw_id
from mothlight.frames.unified import Resolved, unified_frame
from mothlight.model.stack import RawFrame

PLATFORM = "dart"

_TEXTS = ("abs_path", "filename", "function", "package")


def read(sent: Sent) -> RawFrame:
    """The known fields."""
    return read_fields(PLATFORM, sent, texts=_TEXTS, numbers=("lineno", "colno"))


def resolve(raw: RawFrame) -> list[Resolved]:
    """The frame as the SDK describes it; its source is the absolute path, such as `package:app/main.dart`."""
    function = raw.get("function", "")
    pieces = [raw.get("filename"), raw.get("package"), function, be32(raw.get("lineno")), be32(raw.get("colno"))]
    frame = unified_frame(
        raw,
        raw_id(pieces),
        "dart",
        resolved=True,
        in_app=raw["in_app"],
        mangled_name=function,
        source=raw.get("abs_path"),
        resolved_name=function,
        line=raw.get("lineno"),
        column=raw.get("colno"),
        junk_drawer={"raw_frame": without_platform(raw)},
    )
    return [Resolved(frame)]
