"""Reading the known fields of a frame: what is missing, null or of a wrong type counts as absent (pipeline 2.1)."""

from collections.abc import Mapping
from typing import Any

from mothlight.model.stack import RawFrame

UNKNOWN_FUNCTION = "<unknown>"
U32 = 0xFFFF_FFFF
U64 = 0xFFFF_FFFF_FFFF_FFFF

Sent = Mapping[str, Any]
"""A frame as it was decoded: any keys, any values."""


def read_fields(
    platform: str,
    sent: Sent,
    *,
    texts: tuple[str, ...] = (),
    numbers: tuple[str, ...] = (),
    flags: tuple[str, ...] = (),
    lines: tuple[str, ...] = (),
    most: int = U32,
) -> RawFrame:
    """`platform`, the named fields that are of their type, and `in_app` and `synthetic` with their defaults."""
    raw: RawFrame = {"platform": platform}
    for name in texts:
        if type(value := sent.get(name)) is str:
            raw[name] = value
    for name in numbers:
        if type(value := sent.get(name)) is int and 0 <= value <= most:
            raw[name] = value
    for name in flags:
        if type(value := sent.get(name)) is bool:
            raw[name] = value
    for name in lines:
        if type(value := sent.get(name)) is list and value:
            raw[name] = _texts(value)
    raw["in_app"] = sent.get("in_app") is not False
    raw["synthetic"] = sent.get("synthetic") is True
    return raw


def read_text(sent: Sent, *names: str) -> str | None:
    """The first of the fields that is a text."""
    return next((value for value in map(sent.get, names) if isinstance(value, str)), None)


def without_platform(raw: RawFrame, *more: str) -> RawFrame:
    """The raw frame as the junk drawer holds it."""
    hidden = ("platform", *more)
    return {name: value for name, value in raw.items() if name not in hidden}


def _texts(lines: list[Any]) -> list[str]:
    # A line that is no text keeps its place, else the numbers of the lines beside it would be wrong.
    return lines if all(type(line) is str for line in lines) else [line if type(line) is str else "" for line in lines]
