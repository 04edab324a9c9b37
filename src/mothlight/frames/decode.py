"""JSON values that were left undecoded, decoded."""

import json
import math
from typing import Any

import msgspec

from mothlight.frames.errors import TooDeep, Unprocessable

# Python refuses to read integers from some 4,300 digits on.
_MOST_DIGITS = 1_000

_decode = msgspec.json.Decoder().decode


def decode(value: Any) -> Any:
    """The value of JSON text left as `msgspec.Raw`; any other value as it is.

    Numbers beyond what floats hold become their text. Raises `Unprocessable`.
    """
    if type(value) is not msgspec.Raw:
        return value
    try:
        return _decode(value)
    except RecursionError as error:
        raise TooDeep from error
    except msgspec.ValidationError:
        return _decode_any_number(bytes(value))
    except msgspec.DecodeError as error:
        raise Unprocessable(str(error)) from error


def _decode_any_number(text: bytes) -> Any:
    try:
        return json.loads(text, parse_float=_float_or_text, parse_int=_int_or_text)
    except RecursionError as error:
        raise TooDeep from error


def _int_or_text(text: str) -> int | str:
    return int(text) if len(text) <= _MOST_DIGITS else text


def _float_or_text(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text
