"""Debug images, and the addresses of frames relative to them (pipeline 3.3, 10.7)."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from mothlight.model.stack import RawFrame

MOST_IMAGES = 2_000
"""Images read from one event; an event with more has its later ones ignored."""

IMAGE = "debug_image"
"""Where a raw frame keeps the image that it lies in, so that the stored frame says all that resolving needs."""

_TEXTS = ("debug_id", "image_addr", "image_vmaddr", "code_file", "type", "arch")
_ADDRESSES = ("instruction_addr", "symbol_addr", "image_addr", IMAGE)


class Image(NamedTuple):
    """A binary that the process had loaded."""

    fields: dict[str, Any]
    """Its known fields as sent."""
    start: int | None
    size: int


def read_images(sent: object) -> list[Image]:
    """The debug images of an event; anything that is none is left out."""
    if not isinstance(sent, list):
        return []
    return [_read_image(image) for image in sent[:MOST_IMAGES] if isinstance(image, dict)]


def place_in_image(raw: RawFrame, images: Iterable[Image]) -> None:
    """Adds to a native or apple frame the first image that has its image address, or spans its instruction address."""
    base, address = parse_address(raw.get("image_addr")), parse_address(raw.get("instruction_addr"))
    for image in images:
        if image.start is None:
            continue
        if image.start == base or (address is not None and image.start <= address < image.start + image.size):
            raw[IMAGE] = image.fields
            return


def parse_address(text: object) -> int | None:
    """A hexadecimal address with or without `0x`, or None."""
    if not isinstance(text, str):
        return None
    digits = text.strip().lower().removeprefix("0x")
    # `int` would take signs and underscores, too.
    if not digits or not set(digits) <= _HEX_DIGITS:
        return None
    return int(digits, 16)


def relative_address(raw: RawFrame) -> int | None:
    """How far behind the start of its image the frame's instruction is; None if that cannot be said."""
    start, address = parse_address(raw.get(IMAGE, {}).get("image_addr")), parse_address(raw.get("instruction_addr"))
    if start is None or address is None or address < start:
        return None
    return address - start


def identity(raw: RawFrame) -> list[str | bytes | None]:
    """The first pieces of the raw id: independent of where the image was loaded, when there is one."""
    debug_id, relative = raw.get(IMAGE, {}).get("debug_id"), relative_address(raw)
    if debug_id is None or relative is None:
        return [raw.get("instruction_addr")]
    return [debug_id, f"rel:{relative:#x}"]


def without_load_address(raw: RawFrame) -> RawFrame:
    """What of an addressed frame is the same in every run of the program: for the stack hash."""
    image, relative = raw.get(IMAGE), relative_address(raw)
    if image is None or relative is None:
        return raw
    steady = {name: value for name, value in raw.items() if name not in _ADDRESSES}
    symbol, start = parse_address(raw.get("symbol_addr")), parse_address(image["image_addr"]) or 0
    return {
        **steady,
        "debug_id": image.get("debug_id"),
        "offset": relative,
        "symbol_offset": None if symbol is None else symbol - start,
    }


_HEX_DIGITS = frozenset("0123456789abcdef")


def _read_image(sent: dict[str, Any]) -> Image:
    fields = {name: sent[name] for name in _TEXTS if isinstance(sent.get(name), str)}
    size = sent.get("image_size")
    if type(size) is int and size >= 0:
        fields["image_size"] = size
    return Image(fields, parse_address(fields.get("image_addr")), fields.get("image_size", 0))
