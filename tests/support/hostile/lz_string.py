"""Writes LZ-string in its base64 form, as browsers of 2020 did: the other side of `web/intake/lz_string.py`."""

import string

_ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
_END = 2


def compress_base64(text: str) -> bytes:
    """The compressed text."""
    writer = _Writer()
    for character in _units(text):
        writer.take(character)
    return writer.finish()


def _units(text: str) -> list[str]:
    units = text.encode("utf-16-le", "surrogatepass")
    return [chr(int.from_bytes(units[at : at + 2], "little")) for at in range(0, len(units), 2)]


class _Writer:
    def __init__(self) -> None:
        self._bits: list[str] = []
        self._numbers: dict[str, int] = {}
        self._untold: set[str] = set()
        """Characters that have a number and were not written yet."""
        self._next, self._width, self._room = 3, 2, 2
        self._phrase = ""

    def take(self, character: str) -> None:
        """Read one UTF-16 unit."""
        if character not in self._numbers:
            self._number(character)
            self._untold.add(character)
        longer = self._phrase + character
        if longer in self._numbers:
            self._phrase = longer
            return
        self._write_phrase()
        self._number(longer)
        self._phrase = character

    def finish(self) -> bytes:
        """The rest and the end of the text, in base64."""
        if self._phrase:
            self._write_phrase()
        self._put(_END, self._width)
        # There is always a bit behind the end.
        bits = "".join(self._bits)
        bits += "0" * (6 - len(bits) % 6)
        letters = "".join(_ALPHABET[int(bits[at : at + 6], 2)] for at in range(0, len(bits), 6))
        return (letters + "=" * (-len(letters) % 4)).encode()

    def _write_phrase(self) -> None:
        phrase = self._phrase
        if phrase in self._untold:
            self._untold.remove(phrase)
            is_wide = ord(phrase) > 0xFF
            self._put(int(is_wide), self._width)
            self._put(ord(phrase), 16 if is_wide else 8)
            self._spend()
        else:
            self._put(self._numbers[phrase], self._width)
        self._spend()

    def _number(self, phrase: str) -> None:
        self._numbers[phrase] = self._next
        self._next += 1

    def _spend(self) -> None:
        self._room -= 1
        if self._room == 0:
            self._room = 1 << self._width
            self._width += 1

    def _put(self, number: int, width: int) -> None:
        self._bits.append(f"{number:0{width}b}"[::-1])
