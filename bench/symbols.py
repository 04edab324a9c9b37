"""`python -m bench --symbols`: how fast symbol data is made ready and looked up, and what memory it takes."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random
from statistics import median

import msgspec

from mothlight.frames.stack import ReadStack, read_stack
from mothlight.frames.wire_order import NONE, WireOrder
from mothlight.symbols.container import pack_script
from mothlight.symbols.look_ups import Kind, Position, Reference, ReferenceKind, SymbolData
from mothlight.symbols.reader import ReaderBounds, SymbolReader
from mothlight.symbols.stack import resolve_stack

MAP_BYTES = 5_000_000
ROUNDS = 7
MAPS = 50
STACK_FRAMES = 20
DISTINCT_STACKS = 50
EVENTS = 5_000
MICROSECONDS = 1e6
MEBIBYTE = 1 << 20
_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_FUNCTIONS_OF_A_SOURCE = 40
_ORDER = WireOrder(NONE, NONE)


class SymbolFigures(msgspec.Struct):
    """What was measured; medians where something was repeated."""

    map_bytes: int
    script_bytes: int
    first_answer_seconds: float
    """From asking for a frame of a map that nobody has seen to its answer."""
    frame_of_a_new_stack_us: float
    """Frames of a known map at positions that nobody has asked for: through a process, with source lines."""
    frame_of_a_known_stack_us: float
    """Frames of stacks that were resolved before, resolved again."""
    frame_amortised_us: float
    """Frames of events whose stacks repeat: each distinct stack resolved once, the others looked up by their hash."""
    events: int
    distinct_stacks: int
    idle_mib: float
    """Resident memory of the reading processes after one small map."""
    peak_mib: float
    """At the highest while many large maps come one after the other."""
    after_mib: float
    maps: int


def measure_symbols() -> SymbolFigures:
    """All of it; takes about two minutes."""
    script, map_ = make_map(MAP_BYTES)
    reader = SymbolReader(ReaderBounds(), time.monotonic)
    try:
        return _measure(reader, script, map_)
    finally:
        reader.close()


def _measure(reader: SymbolReader, script: bytes, map_: bytes) -> SymbolFigures:
    small = pack_script(*make_map(10_000))
    reader.look_up(SymbolData("small", lambda: small), [Kind.SCRIPT_MAP], [Position(1, 1)])
    idle = _resident("VmRSS")
    first = [_seconds(partial(_ask_new_map, reader, script, map_, f"new{at}")) for at in range(ROUNDS)]
    content = pack_script(script, map_)
    data = SymbolData("known", lambda: content)
    stacks = list(_stacks(len(script), DISTINCT_STACKS * (ROUNDS + 1)))
    found = {Reference(ReferenceKind.CHUNK_ID, "c"): data}
    rounds = [stacks[at : at + DISTINCT_STACKS] for at in range(0, len(stacks), DISTINCT_STACKS)]

    def resolve(batch: list[ReadStack]) -> None:
        for stack in batch:
            resolve_stack(stack, found, reader)

    resolve(rounds[0])
    frames = STACK_FRAMES * DISTINCT_STACKS
    new = [_seconds(partial(resolve, batch)) / frames for batch in rounds[1:]]
    known = [_seconds(partial(resolve, rounds[-1])) / frames for _ in range(ROUNDS)]
    amortised = [_seconds(partial(_events, reader, len(script), data, at)) for at in range(ROUNDS)]
    peak = _many_maps(reader, script, map_)
    return SymbolFigures(
        map_bytes=len(map_),
        script_bytes=len(script),
        first_answer_seconds=median(first),
        frame_of_a_new_stack_us=median(new) * MICROSECONDS,
        frame_of_a_known_stack_us=median(known) * MICROSECONDS,
        frame_amortised_us=median(amortised) / (EVENTS * STACK_FRAMES) * MICROSECONDS,
        events=EVENTS,
        distinct_stacks=DISTINCT_STACKS,
        idle_mib=idle,
        peak_mib=peak,
        after_mib=_resident("VmRSS"),
        maps=MAPS,
    )


def _ask_new_map(reader: SymbolReader, script: bytes, map_: bytes, key: str) -> None:
    content = pack_script(script, map_)
    reader.look_up(SymbolData(key, lambda: content), [Kind.SCRIPT_MAP], [Position(1, 1_000)])


def _events(reader: SymbolReader, script_bytes: int, data: SymbolData, seed: int) -> None:
    """Events whose stacks repeat, as the pipeline sees them: by hash."""
    found = {Reference(ReferenceKind.CHUNK_ID, "c"): data}
    stacks = list(_stacks(script_bytes, DISTINCT_STACKS, seed=1_000 + seed))
    known = {}
    for event in range(EVENTS):
        stack = stacks[event % DISTINCT_STACKS]
        if stack.hash not in known:
            known[stack.hash] = resolve_stack(stack, found, reader)


def _many_maps(reader: SymbolReader, script: bytes, map_: bytes) -> float:
    for number in range(MAPS):
        _ask_new_map(reader, script + b"//%d" % number, map_, f"many{number}")
    return _resident("VmHWM")


def _stacks(script_bytes: int, count: int, seed: int = 0) -> Iterator[ReadStack]:
    rng = Random(seed)
    for _ in range(count):
        frames = [
            {
                "platform": "web:javascript",
                "filename": "https://shop.example/app.js",
                "function": "f",
                "lineno": 1,
                "colno": rng.randrange(script_bytes),
                "chunk_id": "c",
            }
            for _ in range(STACK_FRAMES)
        ]
        yield read_stack([{"type": "raw", "frames": frames}], None, _ORDER)


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _resident(name: str) -> float:
    """Memory of this process's reading processes together, in MiB."""
    children = Path("/proc/self/task").joinpath(Path("/proc/self").resolve().name, "children").read_text().split()
    return sum(_kibibytes(Path("/proc") / child / "status", name) for child in children) / 1024


def _kibibytes(status: Path, name: str) -> int:
    line = next(line for line in status.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1])


# --- a map as a bundler makes it ---


def make_map(most_bytes: int) -> tuple[bytes, bytes]:
    """A minified script on one line, and its map of about this size, with names and sources."""
    script: list[str] = []
    mappings: list[str] = []
    names: list[str] = []
    sources: list[str] = []
    before = [0, 0, 0, 0, 0]
    size = column = number = 0
    while size < most_bytes:
        lines: list[str] = []
        for _ in range(_FUNCTIONS_OF_A_SOURCE):
            name, minified = f"originalFunction{number}", f"a{number}"
            text = f"function {minified}(n){{return n>{number}?b(n+{number}):c.d(n)}}"
            for offset, line, original in _tokens(text, minified, len(lines)):
                index = (len(names),) if offset == len("function ") else ()
                segment = _segment((column + offset, len(sources), line, original, *index), before)
                mappings.append(segment)
                size += len(segment) + 1
            names.append(name)
            lines += [f"function {name}(argument) {{", "    // compares, and hands on to the next one", *_BODY, "}", ""]
            script.append(text)
            column += len(text)
            number += 1
        source = "\n".join(lines)
        sources.append(source)
        size += len(source) + _FUNCTIONS_OF_A_SOURCE * 25
    map_ = {
        "version": 3,
        "sources": [f"webpack:///./src/module{index}.ts" for index in range(len(sources))],
        "sourcesContent": sources,
        "names": names,
        "mappings": ",".join(mappings),
    }
    return "".join(script).encode(), msgspec.json.encode(map_)


_BODY = (
    "    return argument > threshold",
    "        ? someOther(argument + threshold)",
    "        : collection.dictionary(argument)",
)


def _tokens(text: str, minified: str, line: int) -> list[tuple[int, int, int]]:
    head = len("function ")
    return [
        (0, line, 0),
        (head, line, 9),
        (head + len(minified), line, 26),
        (text.index("return"), line + 2, 4),
        (text.index("b("), line + 3, 10),
        (text.index("c.d"), line + 4, 10),
    ]


def _segment(token: tuple[int, ...], before: list[int]) -> str:
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
