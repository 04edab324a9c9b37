"""Hostile JSON: odd values, and valid bodies that are spoiled in some places."""

import copy
import json
from random import Random
from typing import Any

TEXTS = (
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "x\udfffy",
    "\udc00\ud800",
    "\u202e\u2066txt.exe\u2069",
    "\ufeff\ufffe\uffff",
    "e\u0301\u0301\u0301" * 20,
    "\U0001f469\u200d\U0001f469\u200d\U0001f467",
    "\u0130\u1e9e\ufb01\u03a3",
    "²",
    "²³¼",
    "\u0663\u0664",
    "\x01null",
    "\x02\x01",
    "\x1f\x7f\x85",
    "\r\n\t",
    "null",
    "true",
    "NaN",
    "-Infinity",
    "1e999",
    "0x1F",
    "%",
    "%00",
    "%s%n",
    "_%\\",
    "`",
    "a`.b.`c",
    "'; DROP TABLE events; --",
    '" OR 1=1 --',
    "{p0:String}",
    "{{7*7}}",
    "<script>alert(1)</script>",
    "../../../../etc/passwd",
    "file:///etc/passwd",
    "http://[::1",
    "2026-02-30",
    "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:59.999999999+14:00",
    "+99999-01-01",
    "-7d",
    "-" + "9" * 30 + "d",
    "-" + "9" * 5000 + "y",
    "1.2.3-beta",
    "999999999999999999999.0",
    "(a+)+$",
    "a{1000}",
    "(?i)(",
    "[[:alpha:]]\\p{Greek}",
    "all",
    "@current",
    "$exception",
    "$set",
    "__proto__",
    "00000000-0000-0000-0000-000000000000",
    "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057",
    "{01890a5d-ac96-774b-bcce-b302099a8057}",
    "[object Object]",
    '{"a": [1',
)
"""Texts that something could stumble over."""

NUMBERS = (
    "0",
    "-0",
    "-1",
    "0.1",
    "1e400",
    "-1e400",
    "1e-400",
    "1E+2",
    "9" * 25,
    "-" + "9" * 25,
    "9" * 400,
    "9" * 5000,
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775809",
    "1.7976931348623157e308",
    "0." + "3" * 60,
    "253402300800000",
)
"""JSON numbers as they may be written."""

NEARLY_JSON = ("NaN", "Infinity", "-Infinity", '"\\ud800"', '"\\udfff\\ud800"', '"\\u0000"', '"raw\nbreak"')
"""What careless writers send as JSON."""

BROKEN_JSON = ("", "01", "+1", "1.", "'a'", '"\\x"', "undefined", "{,}", '{"a" 1}', "[1,]", "{}}", "tru")
"""What is no JSON, and may cost its whole request."""

DEPTHS = (2, 10, 19, 20, 21, 62, 63, 64, 65, 200, 400, 900, 950, *range(955, 1001, 3), 5_000, 100_000)
"""Levels of nesting: about our own bounds, about those of the interpreter, and far beyond."""


class Sent(str):
    """Text that goes into a body as it is."""


class Twin(str):
    """A key that may stand in an object twice: equal to itself only."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


def to_json(value: Any) -> str:
    """JSON text of a value that may hold `Sent` and `Twin`; lone surrogates become escapes."""
    if isinstance(value, Sent):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(str(key))}:{to_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(to_json, value)) + "]"
    return json.dumps(value)


class Values:
    """Draws odd values. `largest`: bytes of the longest texts; `broken`: whether what is no JSON may be among them."""

    def __init__(self, random: Random, largest: int = 1_000_000, *, broken: bool = True) -> None:
        self.random = random
        self._largest = largest
        self._broken = broken

    def text(self) -> str:
        """An odd text."""
        kind = self.random.randrange(20)
        if kind == 0:
            return self._long()
        if kind < 4:
            return "".join(self.random.choice(TEXTS)[:100] for _ in range(self.random.randrange(4)))
        if kind < 6:
            return "".join(chr(self._code_point()) for _ in range(self.random.randrange(12)))
        return self.random.choice(TEXTS)

    def value(self, depth: int = 0) -> Any:
        """An odd value of any type."""
        random = self.random
        makers = (
            self.text,
            self.text,
            lambda: Sent(random.choice(NUMBERS)),
            lambda: Sent(random.choice(NEARLY_JSON)),
            lambda: random.choice((None, True, False, 0, 1, -1, 1.5, [], {})),
            lambda: random.choice((None, True, False, 0, 1, -1, 1.5, [], {})),
            lambda: self._list(depth),
            lambda: self._object(depth),
            self._deep_or_broken,
        )
        return random.choice(makers)()

    def spoil(self, whole: Any, most: int = 3) -> Any:
        """A copy of a valid value with odd ones in some places, anywhere in it."""
        box = [copy.deepcopy(whole)]
        for _ in range(self.random.randrange(most + 1)):
            self._spoil_once(box, list(_places(box)))
        return box[0]

    def spoil_inside(self, whole: dict[str, Any], most: int = 3) -> dict[str, Any]:
        """The same, and what comes out is an object."""
        spoiled = copy.deepcopy(whole)
        for _ in range(self.random.randrange(most + 1)):
            if places := list(_places(spoiled)):
                self._spoil_once(None, places)
        return spoiled

    def _spoil_once(self, box: list[Any] | None, places: list[Any]) -> None:
        random = self.random
        container, key = random.choice(places)
        kind = random.randrange(10)
        if kind < 5 or container is box:
            container[key] = self.value()
        elif kind == 5:
            del container[key]
        elif kind == 6:
            container[key] = random.choice(([container[key]], {"": container[key]}, to_json(container[key])))
        elif isinstance(container, dict):
            new_key = Twin(key) if kind == 7 else self.text()
            container[new_key] = self.value() if kind < 9 else container.pop(key)
        else:
            container.extend([copy.deepcopy(container[key])] * random.choice((1, 2, 99, 101, 3000)))

    def _long(self) -> str:
        part = self.random.choice(("x", "é", "\0", '"', "\\", "\U0001f600", " ", "a b ", "9", "/", "\ud800"))
        length = self.random.choice((256, 513, 10_000, 65_536, self._largest))
        return part * (min(length, self._largest) // len(part.encode("utf-8", "replace")))

    def _code_point(self) -> int:
        return self.random.choice((self.random.randrange(0x80), self.random.randrange(0x110000), 0xD800, 0, 0x202E))

    def _list(self, depth: int) -> Any:
        if self.random.randrange(12) == 0:
            return [self.random.choice((None, 1, "x", {}, []))] * self.random.choice((1_001, 10_000))
        return [] if depth > 3 else [self.value(depth + 1) for _ in range(self.random.randrange(4))]

    def _object(self, depth: int) -> Any:
        if self.random.randrange(12) == 0:
            return {f"key {number}": number for number in range(self.random.choice((300, 2_000)))}
        if depth > 3:
            return {}
        return {Twin(self.text()): self.value(depth + 1) for _ in range(self.random.randrange(4))}

    def _deep_or_broken(self) -> Any:
        if self._broken and self.random.randrange(3) == 0:
            return Sent(self.random.choice(BROKEN_JSON))
        levels = self.random.choice(DEPTHS)
        before, after = self.random.choice((("[", "]"), ('{"a":', "}"), ('[{"":', "}]")))
        return Sent(before * levels + "1" + after * levels)


def _places(container: Any) -> Any:
    """Each place inside: its list or object, and its index or key."""
    for key, item in list(container.items() if isinstance(container, dict) else enumerate(container)):
        yield container, key
        if isinstance(item, dict | list):
            yield from _places(item)
