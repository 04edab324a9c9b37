"""Cleaning of texts inside `$exception_list`, and the bound on its nesting (pipeline 1.5, 2.2)."""

import re
from typing import Any

from mothlight.frames.errors import TooDeep

MOST_LEVELS = 64
"""How deep objects and arrays may nest inside the list; an exception is the first level."""

UNTOUCHED_BYTES = 512
_UNTOUCHED_CHARACTERS = UNTOUCHED_BYTES // 4
_NUL = "\0"
# The white space of Unicode. Python's `\s` has four control characters more, which Rust's, the reference's, has not.
_WHITE_SPACE = re.compile("[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]{50,}")


def sanitise_text(text: str) -> str:
    """The text with U+FFFD for U+0000 and long runs of white space trimmed; short texts without U+0000 stay."""
    if _NUL not in text and _fits_untouched(text):
        return text
    return clean_text(text)


def clean_text(text: str) -> str:
    """The text with U+FFFD for U+0000 and long runs of white space trimmed, however short it is."""
    return _WHITE_SPACE.sub("<ws trimmed>", text.replace(_NUL, "\ufffd"))


def sanitise(value: Any, level: int) -> Any:
    """The decoded JSON value with all its texts sanitised, keys untouched; the value itself where nothing changes.

    `level` is how deep the value lies inside the list, 1 for an exception. Raises `TooDeep`.
    """
    if type(value) is str:
        return sanitise_text(value)
    if not isinstance(value, dict | list):
        return value
    return _rebuilt(value) if _is_dirty(value, MOST_LEVELS - level) else value


def _fits_untouched(text: str) -> bool:
    if len(text) <= _UNTOUCHED_CHARACTERS:
        return True
    return len(text) <= UNTOUCHED_BYTES and (text.isascii() or len(text.encode("utf-8", "replace")) <= UNTOUCHED_BYTES)


def _is_dirty(container: Any, room: int) -> bool:
    """Whether any text inside changes. Looking first is what makes the usual case, nothing to do, cheap."""
    if room < 0:
        raise TooDeep
    dirty = False
    for item in container.values() if type(container) is dict else container:
        kind = type(item)
        if kind is str:
            if (len(item) > _UNTOUCHED_CHARACTERS or _NUL in item) and sanitise_text(item) is not item:
                dirty = True
        elif kind is dict or kind is list:
            dirty = _is_dirty(item, room - 1) or dirty
    return dirty


def _rebuilt(value: Any) -> Any:
    if type(value) is str:
        return sanitise_text(value)
    if type(value) is dict:
        return {key: _rebuilt(item) for key, item in value.items()}
    if type(value) is list:
        return [_rebuilt(item) for item in value]
    return value
