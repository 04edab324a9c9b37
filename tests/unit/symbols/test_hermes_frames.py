"""Frames of React Native's engine (pipeline 10.4, 10.5, 10.10)."""

import json
import re

import pytest

from mothlight.symbols.container import DataType, pack
from mothlight.symbols.look_ups import Examined, Kind
from tests.support.source_maps import source_map
from tests.support.symbols import CHUNK_ID, GOLDEN, context_of, frames_of, resolve

HERMES = GOLDEN / "hermes"
MAP = (HERMES / "bundle.map").read_bytes()
CHUNK = "3d1f7a52-6f0e-4a0b-9a55-0c4f4c1d7e11"
FRAME = {"platform": "hermes", "function": "f", "filename": "address at index.android.bundle", "lineno": 1}
FRAME |= {"colno": 5, "chunk_id": CHUNK}
METRO = "/project/node_modules/metro-runtime/src/polyfills/require.js"
FUNCTIONS = {"x_facebook_sources": [[{"names": ["<global>", "pay"], "mappings": "AAA;CCA"}]]}


def packed(map_):
    return {(CHUNK_ID, CHUNK): pack(DataType.HERMES_MAP, map_)}


def small(tokens=((0, 0, 0, 0), (10, 0, 1, 4)), source="pay.js", **more):
    return source_map([tokens], sources=[source], sourcesContent=["first\nsecond"], **(more or FUNCTIONS))


def one(resolved):
    (frame,) = frames_of(resolved)
    return frame


def sent_frames():
    """The stack that the engine printed, as the SDK sends it."""
    calls = re.findall(r"at (\S+) \(address at \S+:1:(\d+)\)", (HERMES / "stack.txt").read_text())
    return [{**FRAME, "function": name, "colno": int(offset)} for name, offset in reversed(calls)]


def test_the_stack_of_a_real_engine_is_resolved(symbol_reader):
    resolved = resolve(symbol_reader, *sent_frames(), found=packed(MAP))

    frames = frames_of(resolved)
    seen = [(frame.get("resolved_name"), frame.get("source"), frame.get("line")) for frame in frames]
    assert seen == [
        (None, None, None),
        ("metroRequire", METRO, 98),
        ("guardedLoadModule", METRO, 190),
        ("loadModuleImplementation", METRO, 285),
        ("start", "/project/app/src/index.js", 4),
        ("checkout", "/project/app/src/cart.js", 10),
        ("total", "/project/app/src/cart.js", 4),
        ("skus.map$argument_0", "/project/app/src/cart.js", 5),
        ("price", "/project/app/src/pricing.js", 5),
    ]
    assert [frame["in_app"] for frame in frames] == [True, False, False, False, True, True, True, True, True]
    assert {frame["lang"] for frame in frames} == {"hermes-js"}
    for index, frame in enumerate(frames[4:], 4):
        lines = (HERMES / frame["source"].removeprefix("/project/app/")).read_text().split("\n")
        assert context_of(resolved, index)["line"]["line"] == lines[frame["line"] - 1]


@pytest.mark.parametrize(
    ("client", "source", "in_app"),
    [(False, "pay.js", True), (True, "../node_modules/x.js", False), (False, "../node_modules/x.js", False)],
)
def test_the_source_alone_says_whose_the_code_is(symbol_reader, client, source, in_app):
    sent = {**FRAME, "in_app": client}

    assert one(resolve(symbol_reader, sent, found=packed(small(source=source))))["in_app"] is in_app


@pytest.mark.parametrize("client", [True, False])
def test_the_client_says_it_where_the_token_has_no_source(symbol_reader, client):
    resolved = resolve(symbol_reader, {**FRAME, "in_app": client}, found=packed(small([(0,)])))

    frame = one(resolved)
    assert (frame["resolved"], frame["in_app"], "source" in frame, "line" in frame) == (True, client, False, False)


def test_the_name_is_that_of_the_function_map(symbol_reader):
    frame = one(resolve(symbol_reader, {**FRAME, "colno": 12}, found=packed(small())))

    assert (frame["resolved_name"], frame["line"], frame["column"]) == ("pay", 2, 4)


def test_offsets_alone_give_positions_without_names(symbol_reader):
    frame = one(resolve(symbol_reader, FRAME, found=packed(small(x_hermes_function_offsets={"0": [0]}))))

    assert (frame["line"], "resolved_name" in frame) == (1, False)


@pytest.mark.parametrize(
    ("sent", "map_", "failure"),
    [
        (FRAME, small([(6, 0, 0, 0)]), f"No token for column 5 on chunk {CHUNK}"),
        (FRAME, small(x_other=1), "Invalid map: it has neither function maps nor function offsets"),
        (FRAME, b'{"x_facebook_sources":[', "Invalid map: bad json"),
        (FRAME, None, f"No sourcemap uploaded for chunk id: {CHUNK}"),
        ({**FRAME, "chunk_id": None}, small(), "No chunk id sent with frame"),
    ],
)
def test_what_fails_keeps_line_and_column(symbol_reader, sent, map_, failure):
    frame = one(resolve(symbol_reader, sent, found=packed(map_) if map_ else {}))

    assert frame["resolve_failure"].startswith(failure)
    assert (frame["resolved"], frame["line"], frame["column"]) == (False, 1, 5)
    assert frame["source"] == "address at index.android.bundle"
    assert "resolved_name" not in frame


def test_data_of_another_kind_is_a_data_error(symbol_reader):
    found = {(CHUNK_ID, CHUNK): pack(DataType.MAPPING, b"a.B -> c:\n")}

    failure = one(resolve(symbol_reader, FRAME, found=found))["resolve_failure"]

    assert failure == "Data error: it is a ProGuard mapping, where a Hermes map is needed"


def test_a_map_is_described(symbol_reader):
    plain = {"version": 3, "sources": [], "names": [], "mappings": "", "x_hermes_function_offsets": {}}

    examined = symbol_reader.examine(pack(DataType.HERMES_MAP, MAP))
    empty = symbol_reader.examine(pack(DataType.HERMES_MAP, json.dumps(plain).encode()))

    assert examined == Examined(Kind.HERMES_MAP, [CHUNK], functions=True, sources=True)
    assert empty == Examined(Kind.HERMES_MAP, is_empty=True)
