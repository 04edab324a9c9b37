"""How properties become a filterable column and come back exactly as sent.

The column is `JSON(max_dynamic_paths=…)` with one level of paths, and every value in it is a text, so that no value can
conflict with another's type and none is rewritten:

- a JSON string is kept as its text; one that begins with U+0001 or U+0002 gets a U+0002 in front;
- any other value (number, boolean, null, array, object) is U+0001 followed by its JSON text as sent.

Keys are percent-encoded down to letters, digits and a few signs, so that a path is one key and can be named in SQL.
"""

from collections.abc import Mapping
from functools import lru_cache
from itertools import chain
from urllib.parse import unquote_to_bytes

import msgspec

AS_JSON = "\x01"
AS_TEXT = "\x02"
EMPTY_KEY = "%"
PLAIN_SIGNS = frozenset("_$/-")

_QUOTE = ord('"')
_BACKSLASH = ord("\\")
_RARE = b'"{['
_KEYS_REMEMBERED = 20_000

_encode = msgspec.json.encode
_texts = msgspec.json.Decoder(dict[str, str])


def encode_properties(properties: Mapping[str, msgspec.Raw]) -> msgspec.Raw:
    """The column's JSON for properties given as key -> JSON text of the value. Decodes nothing."""
    # Every property of every event comes by here. Most are plain texts, which stay as they are, and single values;
    # a call for each of those costs more than the rest.
    values = [
        value
        if value[0] == _QUOTE and value[1] != _BACKSLASH
        else _value_in_json(value)
        if value[0] in _RARE
        else b'"\\u0001%b"' % value
        for value in map(bytes, properties.values())
    ]
    names = map(_names_in_json.__getitem__, properties)
    return msgspec.Raw(b"{%b}" % b"".join(chain.from_iterable(zip(names, values, strict=True)))[1:])


def decode_properties(column: str | bytes) -> dict[str, msgspec.Raw]:
    """The opposite of `encode_properties`, for the column read as JSON text (`toJSONString`)."""
    return {decode_key(path): decode_value(text) for path, text in _texts.decode(column).items()}


def decode_value(text: str) -> msgspec.Raw:
    """The JSON text of one stored value."""
    if text.startswith(AS_JSON):
        return msgspec.Raw(text[1:].encode())
    return msgspec.Raw(_encode(text[1:] if text.startswith(AS_TEXT) else text))


def stored_texts(text: str) -> tuple[str, str]:
    """The two stored values that read as this text: the string itself and the JSON value written like it."""
    as_string = AS_TEXT + text if text.startswith((AS_JSON, AS_TEXT)) else text
    return as_string, AS_JSON + text


@lru_cache(maxsize=20_000)
def encode_key(key: str) -> str:
    """The path of a property: one identifier without dots, quotes, backslashes or control characters."""
    if not key:
        return EMPTY_KEY
    return "".join(sign if sign in PLAIN_SIGNS or sign.isalnum() else _percent(sign) for sign in key)


def decode_key(path: str) -> str:
    """The property of a path."""
    return "" if path == EMPTY_KEY else unquote_to_bytes(path).decode()


def property_column(key: str, column: str = "properties") -> str:
    """SQL of a property's stored value, Nullable(String); `stored_texts` says what it holds.

    The only place where a caller's text enters SQL: a path cannot be bound as a parameter.
    """
    return f"{column}.`{encode_key(key)}`.:String"


def property_text(key: str, column: str = "properties") -> str:
    """SQL of a property as text, Nullable(String): NULL when it is absent, null or an empty string."""
    return text_of(property_column(key, column))


def text_of(stored: str) -> str:
    """SQL of a stored value as text, given the SQL of the value."""
    return (
        f"multiIf({stored} IS NULL OR {stored} IN ('', '\\x01null'), NULL, "
        f"{stored} < '\\x03', substring({stored}, 2), {stored})"
    )


def _percent(sign: str) -> str:
    return "".join(f"%{byte:02X}" for byte in sign.encode())


class _NamesInJson(dict[str, bytes]):
    """What stands before a property's value, by its key: a comma, the path, a colon."""

    def __missing__(self, key: str) -> bytes:
        name = b",%b:" % _encode(encode_key(key))
        if len(self) >= _KEYS_REMEMBERED:
            self.clear()
        self[key] = name
        return name


_names_in_json = _NamesInJson()


def _value_in_json(value: bytes) -> bytes:
    """A text that begins with an escape, an object or an array."""
    if value[0] == _QUOTE:
        # Control characters can stand in JSON only escaped, and these two in one way only.
        return b'"\\u0002' + value[1:] if value[1:7] in (b"\\u0001", b"\\u0002") else value
    return b'"\\u0001' + _encode(value.decode())[1:]
