"""Frames of compiled programs: Rust, Go, C and C++."""

import re
from typing import Any

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
from mothlight.frames.raw_id import be32, raw_id
from mothlight.frames.unified import Resolved, unified_frame
from mothlight.model.stack import RawFrame

PLATFORM = "native"

NOTHING_UPLOADED = "No debug symbols uploaded for debug_id"

_LIBRARIES = re.compile(
    r"(^|/)\.?cargo/(registry/src|git/checkouts)/"
    r"|/rustc/[0-9a-fA-F]{7,}/"
    r"|/rustlib/src/rust/library/"
    r"|^library/(std|core|alloc|proc_macro|test)/src/"
)


def read(sent: Sent) -> RawFrame:
    """The known fields."""
    return read_fields(PLATFORM, sent, texts=(*TEXTS, "lang"), numbers=POSITION, flags=("client_resolved", "inline"))


def resolve(raw: RawFrame) -> list[Resolved]:
    """The frame with the reason why no debug symbols were applied.

    A frame without an address, and the members of an inline group, which belong to the frame before them, pass as sent.
    """
    if "instruction_addr" not in raw or raw.get("inline", False):
        return [_frame(raw, resolved="function" in raw)]
    return [failed_frame(raw, address_failure(raw, NOTHING_UPLOADED))]


def failed_frame(raw: RawFrame, failure: str) -> Resolved:
    """The frame as it was sent, with the reason why no debug symbols were applied."""
    return _frame(raw, resolved=False, resolve_failure=failure)


def is_library(source: str) -> bool:
    """Whether the source is of a package or of the language itself."""
    return _LIBRARIES.search(with_slashes(source)) is not None


def language(filename: str | None, raw: RawFrame) -> str:
    """The language of a source file, else the one that the frame names."""
    return language_of(filename, {}) or raw.get("lang", PLATFORM)


def _frame(raw: RawFrame, *, resolved: bool, **more: Any) -> Resolved:
    source = fallback_source(raw)
    frame = unified_frame(
        raw,
        raw_id(identity_pieces(raw)),
        language(raw.get("filename"), raw),
        resolved=resolved,
        in_app=raw["in_app"] and not is_library(source or ""),
        mangled_name=raw.get("function", UNKNOWN_FUNCTION),
        source=source,
        resolved_name=demangle(raw["function"]) if "function" in raw else None,
        line=raw.get("lineno") or None,
        column=raw.get("colno"),
        module=raw.get("module"),
        junk_drawer={"raw_frame": without_platform(raw, IMAGE)},
        **more,
    )
    return Resolved(frame)


def identity_pieces(raw: RawFrame) -> list[str | bytes | None]:
    """What the raw id is made of (pipeline 3.3)."""
    position = [be32(raw.get(name)) for name in POSITION]
    inline = "inline" if raw.get("inline", False) else None
    return [*identity(raw), raw.get("function"), raw.get("filename"), *position, raw.get("module"), inline, "native"]
