"""What the dialects read alike from an event: ids, and texts without U+0000."""

from uuid import UUID

import msgspec
import re2  # type: ignore[import-untyped]  # the package ships no types

from mothlight.web.intake.dialects.person_fields import Properties
from mothlight.web.intake.lenient import replace_nul

_NUL_ESCAPE = b"\\u0000"
_LIST = "$exception_list"

_nul = re2.compile(b"u0000")
"""Finds the rare body that may hold an escaped U+0000, a good deal faster than the standard library does."""


def given_uuid(text: object) -> UUID | None:
    """The UUID that a client wrote; None when it is not one."""
    if not isinstance(text, str):
        return None
    try:
        return msgspec.convert(text, UUID)
    except msgspec.ValidationError:
        return _unusual_uuid(text.strip())


def _unusual_uuid(text: str) -> UUID | None:
    """Braces and the URN form, which only the slow parser knows."""
    try:
        return UUID(text)
    except ValueError:
        return None


def any_value(text: msgspec.Raw) -> object:
    """The value of JSON text; its own text where Python has no such number."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return bytes(text).decode()


def id_text(value: object) -> str:
    """A distinct id as text: numbers and booleans as written, lists and objects as JSON; empty for null."""
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def without_nul(name: str, distinct_id: str, properties: Properties) -> tuple[str, str, Properties]:
    """The parts of an event with U+0000 replaced, but for the exception list, where the pipeline does it."""
    cleaned = {
        key.replace("\0", "\ufffd"): value if key == _LIST or _NUL_ESCAPE not in bytes(value) else _cleaned(value)
        for key, value in properties.items()
    }
    return name.replace("\0", "\ufffd"), distinct_id.replace("\0", "\ufffd"), cleaned


def may_hold_nul(text: bytes) -> bool:
    """Whether `without_nul` is worth calling for the events of a body."""
    return _nul.search(text) is not None


def _cleaned(value: msgspec.Raw) -> msgspec.Raw:
    return msgspec.Raw(replace_nul(bytes(value)))
