"""Frames of apple's platforms."""

from mothlight.frames.demangle import demangle
from mothlight.frames.fields import UNKNOWN_FUNCTION, Sent, read_fields, without_platform
from mothlight.frames.images import IMAGE, identity
from mothlight.frames.platforms.addressed import (
    POSITION,
    TEXTS,
    address_failure,
    fallback_source,
    language_of,
    with_slashes,
)
from mothlight.frames.raw_id import raw_id
from mothlight.frames.unified import Resolved, unified_frame
from mothlight.model.stack import RawFrame

PLATFORM = "apple"

_SYSTEM_MODULES = tuple(
    """
    Foundation UIKit UIKitCore CoreFoundation SwiftUI SwiftUICore Combine CoreGraphics QuartzCore Security CFNetwork
    CoreData CoreLocation AVFoundation Metal AppKit WebKit IOKit GraphicsServices UpdateCycle UIKitServices UIFoundation
    FrontBoardServices BackBoardServices SpringBoardServices BaseBoard AttributeGraph libsystem_ libdispatch libswift
    libobjc libxpc libdyld
    """.split()
)
_COMPOSE = ("/kotlin/androidx/compose/", "/kotlin/org/jetbrains/compose/")
_LANGUAGES = {"mm": "objectivecpp", "kt": "kotlin", "kts": "kotlin"}


def read(sent: Sent) -> RawFrame:
    """The known fields."""
    return read_fields(PLATFORM, sent, texts=(*TEXTS, "image_uuid"), numbers=POSITION)


def resolve(raw: RawFrame) -> list[Resolved]:
    """The frame with the reason why no debug symbols were applied."""
    source = fallback_source(raw)
    frame = unified_frame(
        raw,
        raw_id([*identity(raw), raw.get("module"), raw.get("function"), raw.get("image_uuid")]),
        language_of(raw.get("filename"), _LANGUAGES) or "swift",
        resolved=False,
        in_app=raw["in_app"] and not _is_system(raw.get("module", ""), source or ""),
        mangled_name=raw.get("function", UNKNOWN_FUNCTION),
        source=source,
        resolved_name=demangle(raw["function"]) if "function" in raw else None,
        line=raw.get("lineno") or None,
        column=raw.get("colno"),
        module=raw.get("module"),
        resolve_failure=address_failure(raw, "No dSYM uploaded for debug_id"),
        junk_drawer={"raw_frame": without_platform(raw, IMAGE)},
    )
    return [Resolved(frame)]


def _is_system(module: str, source: str) -> bool:
    return (
        module.startswith(_SYSTEM_MODULES)
        or source == "<compiler-generated>"
        or any(folder in with_slashes(source) for folder in _COMPOSE)
    )
