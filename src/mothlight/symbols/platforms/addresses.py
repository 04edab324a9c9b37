"""What frames of apple's platforms and of compiled programs share when they are looked up (pipeline 10.7)."""

import posixpath

from mothlight.frames.images import IMAGE, relative_address
from mothlight.frames.platforms.addressed import with_slashes
from mothlight.model.stack import RawFrame
from mothlight.symbols.failures import Failure, not_found
from mothlight.symbols.look_ups import Address, Reference, ReferenceKind, reference


def debug_reference(raw: RawFrame) -> list[Reference]:
    """The debug id of the frame's image, where the frame has an address in it."""
    debug_id = raw.get(IMAGE, {}).get("debug_id")
    if debug_id is None or relative_address(raw) is None:
        return []
    return [reference(ReferenceKind.DEBUG_ID, debug_id)]


def look_up_address(raw: RawFrame) -> Address:
    """The address of the call, which lies before the address that it returns to."""
    return Address(max(0, (relative_address(raw) or 0) - 1))


def symbol_not_found(raw: RawFrame) -> Failure:
    """The symbols end before the address, or have a hole there."""
    return not_found(f"Symbol not found at address: {look_up_address(raw).offset:#x}")


def file_name(path: str | None) -> str | None:
    """The last part of a path."""
    return None if path is None else posixpath.basename(with_slashes(path)) or path
