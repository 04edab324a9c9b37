"""Makes valid JSON of text that is almost JSON, so that one odd value does not cost an event.

`NaN` and the infinities become text, lone surrogates U+FFFD, raw control characters escapes. Numbers stay as written,
whatever their size.
"""

import json
import re
from typing import Any

import msgspec

from mothlight.web.intake.refusals import unparsable

_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPE = re.compile(rb"\\(?:u0000|.)", re.DOTALL)
_NUL_ESCAPE = b"\\u0000"
_REPLACEMENT_ESCAPE = b"\\ufffd"


def repair(text: bytes) -> bytes:
    """Valid JSON with the content of `text`. Raises a `Refused` 400 when it is not even that, or nested too deep."""
    try:
        value = json.loads(
            text.decode(), strict=False, parse_int=_as_written, parse_float=_as_written, parse_constant=str
        )
        return msgspec.json.encode(_without_surrogates(value))
    except RecursionError as error:
        raise unparsable("The body is nested too deep.") from error
    except ValueError as error:
        raise unparsable("The body is not JSON.") from error


def replace_nul(text: bytes) -> bytes:
    """JSON text with each escaped U+0000 replaced by U+FFFD; nothing else changes."""
    return _ESCAPE.sub(_replacement, text)


def _as_written(number: str) -> msgspec.Raw:
    return msgspec.Raw(number)


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_clean(key): _without_surrogates(item) for key, item in value.items()}
    return value


def _clean(text: str) -> str:
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _replacement(match: re.Match[bytes]) -> bytes:
    escape = match[0]
    return _REPLACEMENT_ESCAPE if escape == _NUL_ESCAPE else escape
