"""Frames of apple's platforms."""

from mothlight.frames.demangle import demangle
from mothlight.frames.fields import UNKNOWN_FUNCTION, Sent, read_fields, without_platform
from mothlight.frames.images import IMAGE, identity
from mothlight.frames.platforms.addressed import (
    POSITION,
    TEXTS,
    address_failure,
    fallback_source,
    is_compose,
    language_of,
)
from mothlight.frames.raw_id import raw_id
from mothlight.frames.unified import Resolved, unified_frame
from mothlight.model.stack import RawFrame

PLATFORM = "apple"

NOTHING_UPLOADED = "No dSYM uploaded for debug_id"

_SYSTEM_MODULES = tuple(
    """
    Foundation UIKit UIKitCore CoreFoundation SwiftUI SwiftUICore Combine CoreGraphics QuartzCore Security CFNetwork
    CoreData CoreLocation AVFoundation Metal AppKit WebKit IOKit GraphicsServices UpdateCycle UIKitServices UIFoundation
    FrontBoardServices BackBoardServices SpringBoardServices BaseBoard AttributeGraph libsystem_ libdispatch libswift
    libobjc libxpc libdyld
    """.split()
)
_LANGUAGES = {"mm": "objectivecpp", "kt": "kotlin", "kts": "kotlin"}


def read(sent: Sent) -> RawFrame:
    """The known fields."""
    return read_fields(PLATFORM, sent, texts=(*TEXTS, "image_uuid"), numbers=POSITION)


def resolve(raw: RawFrame) -> list[Resolved]:
    """The frame with the reason why no debug symbols were applied."""
    return [failed_frame(raw, address_failure(raw, NOTHING_UPLOADED))]


def failed_frame(raw: RawFrame, failure: str) -> Resolved:
    """The frame as it was sent, with the reason why no debug symbols were applied."""
    source = fallback_source(raw)
    frame = unified_frame(
        raw,
        raw_id(identity_pieces(raw)),
        language(raw.get("filename")),
        resolved=False,
        in_app=raw["in_app"] and not is_system(raw.get("module", ""), source or ""),
        mangled_name=raw.get("function", UNKNOWN_FUNCTION),
        source=source,
        resolved_name=demangle(raw["function"]) if "function" in raw else None,
        line=raw.get("lineno") or None,
        column=raw.get("colno"),
        module=raw.get("module"),
        resolve_failure=failure,
        junk_drawer={"raw_frame": without_platform(raw, IMAGE)},
    )
    return Resolved(frame)


def identity_pieces(raw: RawFrame) -> list[str | bytes | None]:
    """What the raw id is made of (pipeline 3.3)."""
    return [*identity(raw), raw.get("module"), raw.get("function"), raw.get("image_uuid")]


def language(filename: str | None) -> str:
    """The language of a source file."""
    return language_of(filename, _LANGUAGES) or "swift"


def is_system(module: str, source: str) -> bool:
    """Whether the code is apple's or the compiler's own."""
    return module.startswith(_SYSTEM_MODULES) or source == "<compiler-generated>" or is_compose(source)
