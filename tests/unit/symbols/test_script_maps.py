"""Positions in minified scripts become positions in sources (pipeline 10.1 to 10.3)."""

import json

import pytest

from mothlight.symbols.container import pack_script
from mothlight.symbols.look_ups import Examined, Kind, Position, Reason, Unreadable
from tests.support.source_maps import mappings, source_map
from tests.support.symbols import GOLDEN, symbol_data

WEB = GOLDEN / "web"
SCRIPT = (
    b"function a(){\nthrow 1}\n\nfoo(function(){bar()});var h={onClick:function(){x()}};class C{constructor(){y()}}"
)
DEBUG = "0198c0de-4444-4000-8000-00000000eeee"
TOKENS = [
    [(0, 0, 0, 0), (9, 0, 0, 9, 0)],
    [(6, 0, 1, 4)],
    [],
    [(0, 0, 3, 0), (15, 0, 4, 2), (30,), (46, 0, 5, 2), (73, 0, 6, 0)],
]
MAP = {"sources": ["a.ts"], "names": ["original"], "sourcesContent": ["\n".join(f"line {n}" for n in range(1, 41))]}


def look_up(reader, *positions, map_=None, script=SCRIPT):
    data = symbol_data(pack_script(script, map_ or source_map(TOKENS, **MAP)))
    return reader.look_up(data, [Kind.SCRIPT_MAP], [Position(*position) for position in positions])


def look_up_one(reader, line, column, **more):
    places = look_up(reader, (line, column), **more)[0]
    return places[0] if places else None


def golden_frames():
    expected = json.loads((WEB / "expected.json").read_text())
    frames = {
        (frame["out"]["generated"], frame["in"]["lineno"], frame["in"]["colno"]): frame["out"]
        for events in expected.values()
        for event in events
        for exception in event["exceptions"]
        for frame in exception["frames"]
        if frame["out"] is not None
    }
    return [pytest.param(*at, out, id=f"{at[0]}:{at[2]}") for at, out in frames.items()]


@pytest.mark.parametrize(("generated", "line", "column", "out"), golden_frames())
def test_captured_frames_are_found_in_the_sources(symbol_reader, generated, line, column, out):
    script, map_ = WEB / generated, WEB / f"{generated}.map"

    place = look_up_one(symbol_reader, line, column, script=script.read_bytes(), map_=map_.read_bytes())

    assert (place.source, place.line, place.column) == (out["source"], out["line"], out["column"])
    assert place.context["line"] == {"number": out["line"], "line": out["source_line"]}
    own = out["enclosing_function"].split(".")[-1]
    if own in ("lookupPrice", "priceLine", "total", "safeTotal"):
        assert place.function.split(".")[-1] == own
    else:
        assert place.function == "<anonymous>"


@pytest.mark.parametrize(
    ("line", "column", "place"),
    [
        (1, 0, ("a.ts", 1, 0)),
        (1, 8, ("a.ts", 1, 0)),
        (1, 9, ("a.ts", 1, 9)),
        (1, 500, ("a.ts", 1, 9)),
        (2, 6, ("a.ts", 2, 4)),
        (2, 5, None),  # the last token lies on the line before
        (3, 0, None),  # no token on the line
        (4, 31, None),  # the token has no source
        (5, 0, None),
        (0, 3, None),
        (4_294_967_295, 4_294_967_295, None),
        (4_294_967_296, 0, None),
    ],
)
def test_the_last_token_at_or_before_the_column_on_the_same_line_counts(symbol_reader, line, column, place):
    found = look_up_one(symbol_reader, line, column)

    assert (found and (found.source, found.line, found.column)) == place


@pytest.mark.parametrize(
    ("line", "column", "name"),
    [
        (2, 7, "original"),  # translated through the map
        (4, 16, "<anonymous>"),
        (4, 47, "h.onClick"),
        (4, 80, "new C"),
        (4, 0, None),  # outside of any function
    ],
)
def test_the_function_is_the_scope_around_the_position(symbol_reader, line, column, name):
    assert look_up_one(symbol_reader, line, column).function == name


@pytest.mark.parametrize("script", [b"", b"this is } no { script", b"\xff\xfe"])
def test_without_a_script_that_parses_there_are_places_but_no_names(symbol_reader, script):
    place = look_up_one(symbol_reader, 1, 9, script=script)

    assert (place.source, place.line, place.function) == ("a.ts", 1, None)


@pytest.mark.parametrize(
    ("line", "before", "after"),
    [
        (1, [], range(2, 17)),
        (10, range(1, 10), range(11, 26)),
        (20, range(4, 20), range(21, 36)),  # one more before than after
        (39, range(23, 39), [40]),
        (40, range(24, 40), []),
    ],
)
def test_the_context_is_sixteen_lines_before_and_fifteen_after(symbol_reader, line, before, after):
    context = look_up_one(symbol_reader, 1, 0, map_=source_map([[(0, 0, line - 1, 0)]], **MAP)).context

    assert [each["number"] for each in context["before"]] == list(before)
    assert context["line"] == {"number": line, "line": f"line {line}"}
    assert [each["number"] for each in context["after"]] == list(after)


@pytest.mark.parametrize("content", [[None], [], None, ["only"]])
def test_there_is_no_context_without_the_line(symbol_reader, content):
    map_ = source_map([[(0, 0, 3, 0)]], sources=["a.ts"], **({} if content is None else {"sourcesContent": content}))

    place = look_up_one(symbol_reader, 1, 0, map_=map_)

    assert (place.line, place.context) == (4, None)


def test_lines_of_context_are_cleaned_and_cut(symbol_reader):
    content = ["first\r\n\r\n" + "x" * 301 + "\r\n    a\0b\n"]
    map_ = source_map([[(0, 0, 2, 0)]], sources=["a.ts"], sourcesContent=content)

    context = look_up_one(symbol_reader, 1, 0, map_=map_).context

    assert [each["line"] for each in context["before"]] == ["first", ""]
    assert context["line"]["line"] == "x" * 300 + "...✂️"
    assert context["after"][0]["line"] == "    a\ufffdb"


def test_an_empty_line_is_a_context_too(symbol_reader):
    map_ = source_map([[(0, 0, 1, 0)]], sources=["a.ts"], sourcesContent=["first\n\nthird"])

    assert look_up_one(symbol_reader, 1, 0, map_=map_).context["line"] == {"number": 2, "line": ""}


def test_the_root_stands_before_the_sources(symbol_reader):
    map_ = source_map(TOKENS, **MAP | {"sourceRoot": "/src/root", "sources": ["c.ts"]})

    assert look_up_one(symbol_reader, 1, 0, map_=map_).source == "/src/root/c.ts"


def test_indexed_maps_are_flattened(symbol_reader):
    first, second = json.loads(source_map([[(0, 0, 0, 0)]], **MAP)), json.loads(source_map([[(0, 0, 7, 0)]], **MAP))
    sections = [
        {"offset": {"line": 0, "column": 0}, "map": first},
        {"offset": {"line": 3, "column": 10}, "map": second},
    ]
    map_ = json.dumps({"version": 3, "sections": sections}).encode()

    found = look_up(symbol_reader, (1, 3), (4, 12), (4, 9), map_=map_)

    assert [places and places[0].line for places in found] == [1, 8, []]


def test_a_line_that_protects_the_map_is_skipped(symbol_reader):
    map_ = b")]}'\n" + source_map(TOKENS, **MAP)

    assert look_up_one(symbol_reader, 1, 0, map_=map_).line == 1


def test_asynchronous_functions_of_dart_have_the_name_of_the_token(symbol_reader):
    script = b"function $async$load(){throw 1}"
    named = source_map([[(0, 0, 0, 0), (23, 0, 1, 2, 0)]], **MAP | {"names": ["load"]})
    unnamed = source_map([[(0, 0, 0, 0), (23, 0, 1, 2)]], **MAP)

    assert look_up_one(symbol_reader, 1, 24, script=script, map_=named).function == "load"
    assert look_up_one(symbol_reader, 1, 24, script=script, map_=unnamed).function == "$async$load"


@pytest.mark.parametrize("map_", [b"x", b"[]", b"{", b'{"version":3,"mappings":"!!!"}', b'{"sections":[{}]}', b"\xff"])
def test_a_map_that_does_not_parse_says_so(symbol_reader, map_):
    answer = look_up(symbol_reader, (1, 0), map_=map_)

    assert isinstance(answer, Unreadable)
    assert answer.reason is Reason.CONTENT
    assert answer.detail


def test_a_pair_is_described(symbol_reader):
    full = source_map(TOKENS, **MAP, chunk_id="c-1", debugId=DEBUG)
    bare = source_map([], sources=["a.ts"])

    assert symbol_reader.examine(pack_script(SCRIPT, full)) == Examined(
        Kind.SCRIPT_MAP, ["c-1", DEBUG], functions=True, sources=True
    )
    assert symbol_reader.examine(pack_script(b"", bare)) == Examined(Kind.SCRIPT_MAP, is_empty=True)


def test_the_mappings_of_this_suite_are_right():
    assert mappings([[(0, 0, 0, 0), (4, 0, 2, 1, 0)], [], [(1,)]]) == "AAAA,IAECA;;C"
