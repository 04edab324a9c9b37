"""Source maps made of the mappings that a test names."""

import json
from collections.abc import Iterable
from typing import Any

_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

Token = tuple[int, ...]
"""Generated column; then, unless the token has no source: source, line, column, and perhaps the name's index."""


def source_map(lines: Iterable[Iterable[Token]], **more: Any) -> bytes:
    """The JSON of a map; each generated line is a list of tokens."""
    return json.dumps({"version": 3, "names": [], "sources": [], "mappings": mappings(lines), **more}).encode()


def mappings(lines: Iterable[Iterable[Token]]) -> str:
    """The encoded mappings."""
    before = [0, 0, 0, 0, 0]
    encoded = []
    for line in lines:
        before[0] = 0
        encoded.append(",".join(_segment(token, before) for token in line))
    return ";".join(encoded)


def _segment(token: Token, before: list[int]) -> str:
    digits = "".join(_number(value - before[index]) for index, value in enumerate(token))
    before[: len(token)] = token
    return digits


def _number(value: int) -> str:
    rest = (-value << 1) | 1 if value < 0 else value << 1
    digits = ""
    while True:
        rest, digit = rest >> 5, rest & 31
        digits += _DIGITS[digit | 32 if rest else digit]
        if not rest:
            return digits
