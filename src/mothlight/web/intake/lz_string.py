"""LZ-string in its base64 form, which browsers of 2020 sent (ingest 3).

A stream of codes of growing width, most significant bit of the stream first but least significant bit of each code
first. Code 0 brings a new 8-bit character, 1 a new 16-bit one, 2 ends the text; every other code names an entry of the
dictionary, which both sides build alike. The result is UTF-16 text.
"""

import string

from mothlight.web.intake.limits import Budget
from mothlight.web.intake.refusals import undecodable

_ALPHABET = (string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/").encode()
_SIX_BITS = {letter: f"{value:06b}" for value, letter in enumerate(_ALPHABET)}

_NARROW, _WIDE, _END, _FIRST_FREE = 0, 1, 2, 3
_CHECK_EVERY = 1024
_LETTERS_AT_ONCE = 4096


class _Codes:
    """Reads codes off the stream."""

    def __init__(self, data: bytes) -> None:
        self._letters = data.rstrip(b"=")
        self._taken = 0
        self._bits = ""
        self._at = 0

    def read(self, width: int) -> int:
        if self._at + width > len(self._bits):
            self._refill()
        bits = self._bits[self._at : self._at + width]
        if len(bits) < width:
            raise ValueError("the stream ends early")
        self._at += width
        return int(bits[::-1], 2)

    def _refill(self) -> None:
        letters = self._letters[self._taken : self._taken + _LETTERS_AT_ONCE]
        self._taken += len(letters)
        self._bits = self._bits[self._at :] + "".join([_SIX_BITS[letter] for letter in letters])
        self._at = 0


def decompress_base64(data: bytes, budget: Budget) -> bytes:
    """The text as UTF-8, lone surrogates replaced. Raises a `Refused` 400 for broken data and 413 past the budget."""
    try:
        text = "".join(_phrases(_Codes(data), budget))
    except (ValueError, KeyError, IndexError) as error:
        raise undecodable("The body is not LZ-string in base64.") from error
    decoded = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
    # So far a character counted as one byte, which is the least it takes.
    budget.decode(max(0, len(decoded) - len(text)))
    return decoded


def _phrases(codes: _Codes, budget: Budget) -> list[str]:
    """The text, piece by piece. Raises ValueError, KeyError or IndexError when the codes make no sense."""
    first = codes.read(2)
    if first == _END:
        return []
    previous = _new_character(first, codes)
    # Places 0 to 2 are never looked up. The decoder's first entry is number 3, and the encoder's width is always that
    # of the number that comes next.
    dictionary: list[str] = ["", "", "", previous]
    text = [previous]
    width, room, unbilled = 3, 4, 1
    while (code := codes.read(width)) != _END:
        if code in (_NARROW, _WIDE):
            dictionary.append(_new_character(code, codes))
            code = len(dictionary) - 1
            room -= 1
            if room == 0:
                room, width = 1 << width, width + 1
        phrase = dictionary[code] if code < len(dictionary) else _repeated(code, dictionary, previous)
        text.append(phrase)
        unbilled += len(phrase)
        if len(text) % _CHECK_EVERY == 0:
            budget.decode(unbilled)
            unbilled = 0
        dictionary.append(previous + phrase[0])
        previous = phrase
        room -= 1
        if room == 0:
            room, width = 1 << width, width + 1
    budget.decode(unbilled)
    return text


def _new_character(code: int, codes: _Codes) -> str:
    if code not in (_NARROW, _WIDE):
        raise ValueError("the text begins with no character")
    return chr(codes.read(8 if code == _NARROW else 16))


def _repeated(code: int, dictionary: list[str], previous: str) -> str:
    """The one entry that is used before the decoder has it: the last phrase and its own first character."""
    if code != len(dictionary):
        raise ValueError("a code stands for nothing")
    return previous + previous[0]
