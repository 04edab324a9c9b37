"""Sound symbol data of every format, broken at random in ways that parsers fall for."""

import random
from collections.abc import Iterator
from typing import NamedTuple

from mothlight.symbols.container import DataType, pack, pack_script
from mothlight.symbols.look_ups import (
    Address,
    Bytecode,
    ClassName,
    Kind,
    Method,
    MinifiedName,
    Position,
    Question,
    SourceLine,
    SymbolData,
    Unreadable,
)
from mothlight.symbols.reader import SymbolReader
from tests.support.bundles import bundle
from tests.support.symbols import GOLDEN

_NUMBERS = (b"-1", b"0", b"4294967295", b"4294967296", b"18446744073709551615", b"1e308", b"null", b"[[[[", b"{}", b'"')
_BYTES = (b"\0", b"\xff", b"\x7f", b"\x80", b";", b",", b"A", b"\n", b":", b" -> ")
_MOST_CHANGES = 8
_MOST_PAYLOAD = 200_000
_LINES = (0, 14, 2**62)


class Piece(NamedTuple):
    """One broken piece."""

    name: str
    data: bytes
    kind: Kind


def broken_pieces(count: int, seed: int) -> Iterator[Piece]:
    """As many pieces, the same for the same seed."""
    rng = random.Random(seed)
    makers = (_source_map, _script, _hermes, _mapping, _dsym, _bundle, _container)
    for number in range(count):
        yield makers[number % len(makers)](rng)


def read_piece(reader: SymbolReader, piece: Piece) -> str:
    """What became of it, in a word."""
    examined = reader.examine(piece.data)
    answer = reader.look_up(SymbolData(f"fuzz:{hash(piece.data)}", lambda: piece.data), [piece.kind], _QUESTIONS)
    reader.forget(f"fuzz:{hash(piece.data)}")
    for each in (examined, answer):
        if isinstance(each, Unreadable):
            assert each.detail, "a failure without a sentence"
    if isinstance(answer, Unreadable):
        return "lost a process" if "parser failed" in answer.detail or "longer than" in answer.detail else answer.reason
    return "answered"


_QUESTIONS: list[Question] = [
    *(Position(line, column) for line in (0, 1, 2) for column in (0, 500, 2_772, 4_294_967_295)),
    *(Bytecode(offset) for offset in (0, 344, 2_067, 4_294_967_295)),
    *(
        Method(name, method, line)
        for name in ("a1.d", "a1.e", "")
        for method in ("onClick", "a")
        for line in (0, 14, 2**62)
    ),
    *(Address(offset) for offset in (0, 0x14F0, 0x1514, 2**63, 2**64 - 1)),
    ClassName("a1.c"),
    SourceLine("/tmp/build/shop/shop.c", 4),
    MinifiedName("a"),
]


def _source_map(rng: random.Random) -> Piece:
    script, map_ = _read("web/plain/index-DzcLKNWG.js"), _read("web/plain/index-DzcLKNWG.js.map")
    return Piece("source map", pack_script(script, _break(rng, map_)), Kind.SCRIPT_MAP)


def _script(rng: random.Random) -> Piece:
    script, map_ = _read("web/plain/index-DzcLKNWG.js"), _read("web/plain/index-DzcLKNWG.js.map")
    return Piece("script", pack_script(_break(rng, script), map_), Kind.SCRIPT_MAP)


def _hermes(rng: random.Random) -> Piece:
    return Piece("Hermes map", pack(DataType.HERMES_MAP, _break(rng, _read("hermes/bundle.map"))), Kind.HERMES_MAP)


def _mapping(rng: random.Random) -> Piece:
    return Piece("mapping", pack(DataType.MAPPING, _break(rng, _read("java/r8.txt"))), Kind.MAPPING)


def _dsym(rng: random.Random) -> Piece:
    return Piece("debug file", pack(DataType.APPLE_DSYM, _break(rng, _read("native/shop.dsym"))), Kind.DEBUG_FILE)


def _bundle(rng: random.Random) -> Piece:
    whole = bundle(_read("native/shop.dsym"), {"/tmp/build/shop/shop.c": _read("native/shop.c").decode()})
    return Piece("bundle", _break(rng, whole), Kind.DEBUG_FILE)


def _container(rng: random.Random) -> Piece:
    name = rng.choice(["v1-plain", "v2-zstd"])
    data = _read(f"web/symbol-sets/747228ad-3010-5b2d-a578-fb98da6eca3e.{name}.bin")
    return Piece("container", _break(rng, data), Kind.SCRIPT_MAP)


def _read(name: str) -> bytes:
    return (GOLDEN / name).read_bytes()


def _break(rng: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randint(1, _MOST_CHANGES)):
        at = rng.randrange(len(changed) + 1)
        length = rng.choice((1, 1, 2, 4, 8, 64, 1_024))
        what = rng.randrange(6)
        if what == 0:
            changed[at : at + length] = rng.randbytes(length)
        elif what == 1:
            del changed[at : at + length]
        elif what == 2:
            changed[at:at] = changed[rng.randrange(len(changed) + 1) :][:length] * rng.choice((1, 3, 500))
        elif what == 3:
            changed[at : at + rng.randrange(4)] = rng.choice(_NUMBERS)
        elif what == 4:
            changed[at : at + 1] = rng.choice(_BYTES)
        elif rng.random() < 0.2:
            del changed[at:]
    return bytes(changed[:_MOST_PAYLOAD])
