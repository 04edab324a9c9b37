"""Frames of scripts, resolved and not (pipeline 9.2, 10.3 to 10.5, 3.5, 3.6)."""

import pytest

from mothlight.frames.stack import resolve_stack as resolve_without_symbols
from mothlight.symbols.container import DataType, pack, pack_script
from mothlight.symbols.failures import Failure, FailureCode, no_map_for_url
from mothlight.symbols.look_ups import Reference
from mothlight.symbols.stack import references_of, resolve_stack
from tests.support.source_maps import source_map
from tests.support.symbols import CHUNK_ID, URL, context_of, frames_of, read, resolve

CHUNK = "747228ad-3010-5b2d-a578-fb98da6eca3e"
ADDRESS = "https://shop.example/static/app.js"
SCRIPT = b"function a(n){throw n}"
WEB = {"platform": "web:javascript", "filename": ADDRESS, "function": "a", "lineno": 1, "colno": 16, "chunk_id": CHUNK}
NODE = {"platform": "node:javascript", "filename": "/app/out.js", "function": "a", "lineno": 1, "colno": 16}
NODE |= {"chunk_id": CHUNK, "module": "out", "in_app": True}
BY_CHUNK, BY_URL = (CHUNK_ID, CHUNK), (URL, ADDRESS)
TIMEOUT = Failure(FailureCode.NETWORK_ERROR, "Request timed out while fetching: app.js")
MISSING = object()


def pair(source="src/pay.ts", **more):
    tokens = [(0, 0, 0, 0), (9, 0, 0, 9, 0), (14, 0, 1, 4)]
    content = {"sourcesContent": ["function pay(amount) {\n    throw amount\n}"], **more}
    return pack_script(SCRIPT, source_map([tokens], sources=[source], names=["pay"], **content))


def one(resolved):
    (frame,) = frames_of(resolved)
    return frame


def test_a_web_frame_is_resolved(symbol_reader):
    resolved = resolve(symbol_reader, WEB, found={BY_CHUNK: pair()})

    frame = one(resolved)
    sent = {name: value for name, value in WEB.items() if name != "platform"}
    assert frame == {
        "raw_id": frame["raw_id"],
        "mangled_name": "a",
        "resolved_name": "pay",
        "source": "src/pay.ts",
        "line": 2,
        "column": 4,
        "in_app": True,
        "lang": "javascript",
        "resolved": True,
        "synthetic": False,
        "suspicious": False,
        "junk_drawer": {"raw_frame": {**sent, "in_app": True, "synthetic": False}},
    }
    assert context_of(resolved)["line"] == {"number": 2, "line": "    throw amount"}
    assert resolved.used == {Reference(*BY_CHUNK)}
    assert resolved.missed == {}
    assert resolved.frame_references == {frame["raw_id"]: Reference(*BY_CHUNK)}


def test_the_raw_id_is_that_of_the_unresolved_frame(symbol_reader):
    without = resolve_without_symbols(read(WEB)).frames[0][0]

    assert one(resolve(symbol_reader, WEB, found={BY_CHUNK: pair()}))["raw_id"] == without["raw_id"]


def test_a_node_frame_is_resolved(symbol_reader):
    resolved = resolve(symbol_reader, {**NODE, "context_line": "x", "pre_context": ["y"]}, found={BY_CHUNK: pair()})

    frame = one(resolved)
    assert [frame[name] for name in ("resolved_name", "source", "line", "column", "module", "in_app", "resolved")] == [
        *("pay", "src/pay.ts", 2, 4, "out", True, True)
    ]
    assert context_of(resolved)["before"] == [{"number": 1, "line": "function pay(amount) {"}]


@pytest.mark.parametrize(
    ("frame", "references"),
    [
        (WEB, [BY_CHUNK, BY_URL]),
        ({**WEB, "filename": f"{ADDRESS}:1:16"}, [BY_CHUNK, BY_URL]),
        ({**WEB, "chunk_id": None, "chunkId": CHUNK}, [BY_CHUNK, BY_URL]),
        ({**WEB, "chunk_id": None}, [BY_URL]),
        ({**WEB, "filename": "app.js"}, [BY_CHUNK]),
        ({**WEB, "chunk_id": None, "filename": "app.js"}, []),
        ({**WEB, "lineno": None}, []),
        ({**WEB, "chunk_id": "é" * 1_025}, [(CHUNK_ID, "é" * 1_024), BY_URL]),
        (NODE, [BY_CHUNK]),
        ({**NODE, "chunk_id": None}, []),
        ({**NODE, "colno": None}, []),
        ({"platform": "python", "filename": "a.py", "function": "f", "lineno": 1}, []),
    ],
)
def test_frames_ask_by_chunk_id_and_then_by_address(frame, references):
    assert references_of(read(frame)) == [Reference(*each) for each in references]


def test_references_of_a_stack_are_distinct():
    other = {**WEB, "chunk_id": "other"}

    assert references_of(read(WEB, other, WEB)) == [
        Reference(*each) for each in (BY_CHUNK, BY_URL, (CHUNK_ID, "other"))
    ]


def test_an_upload_counts_before_what_is_known_of_the_address(symbol_reader):
    for of_url in (TIMEOUT, pair("fetched.ts")):
        frame = one(resolve(symbol_reader, WEB, found={BY_CHUNK: pair(), BY_URL: of_url}))

        assert frame["source"] == "src/pay.ts"


def test_a_chunk_id_that_looks_like_an_address_is_none(symbol_reader):
    resolved = resolve(symbol_reader, {**WEB, "chunk_id": ADDRESS, "filename": "x"}, found={BY_URL: pair()})

    assert one(resolved)["resolve_failure"] == f"No sourcemap uploaded for chunk id: {ADDRESS}"


def test_nothing_found_is_as_without_symbols(symbol_reader):
    frames = [WEB, NODE, {**WEB, "chunk_id": None}, {**WEB, "lineno": None}, {"platform": "go", "function": "f"}]

    resolved = resolve_stack(read(*frames), {}, symbol_reader)

    assert resolved.stack == resolve_without_symbols(read(*frames))
    assert resolved.missed[Reference(*BY_CHUNK)].code is FailureCode.NO_SYMBOL_SET
    assert resolved.used == set()


@pytest.mark.parametrize(
    ("client", "filename", "source", "in_app"),
    [
        (True, ADDRESS, "webpack:///./src/app.tsx", True),
        (True, ADDRESS, "../../src/a.ts", True),
        (False, ADDRESS, "../../src/a.ts", False),
        (True, ADDRESS, "../node_modules/react/index.js", False),
        (True, ADDRESS, "chrome-extension://abc/a.ts", False),
        (True, "chrome-extension://abc/app.js", "src/a.ts", False),
        (True, ADDRESS, "C:\\kotlin\\androidx\\compose\\Runtime.kt", False),
        (True, ADDRESS, "/kotlin/org/jetbrains/compose/Runtime.kt", False),
    ],
)
def test_a_web_frame_is_only_ever_demoted(symbol_reader, client, filename, source, in_app):
    sent = {**WEB, "in_app": client, "filename": filename}

    frame = one(resolve(symbol_reader, sent, found={BY_CHUNK: pair(source)}))

    assert (frame["source"], frame["in_app"]) == (source, in_app)


@pytest.mark.parametrize(
    ("client", "filename", "source", "in_app"),
    [
        (True, "/app/out.js", "src/a.ts", True),
        (False, "/app/out.js", "src/a.ts", False),
        (True, "/app/node_modules/x.js", "src/a.ts", False),
        (True, "/app/out.js", "../node_modules/x.ts", False),
        (True, "/app/out.js", "node:internal/x", False),
    ],
)
def test_a_node_frame_is_only_ever_demoted(symbol_reader, client, filename, source, in_app):
    sent = {**NODE, "in_app": client, "filename": filename}

    assert one(resolve(symbol_reader, sent, found={BY_CHUNK: pair(source)}))["in_app"] is in_app


def test_the_sdks_own_frames_are_suspicious(symbol_reader):
    source = "../node_modules/.pnpm/posthog-js@1.2.3/lib.ts"

    assert one(resolve(symbol_reader, WEB, found={BY_CHUNK: pair(source)}))["suspicious"] is True
    assert one(resolve(symbol_reader, NODE, found={BY_CHUNK: pair(source)}))["suspicious"] is False


def test_names_out_of_maps_are_cleaned(symbol_reader):
    frame = one(resolve(symbol_reader, WEB, found={BY_CHUNK: pair("a\0b" + " " * 50 + "c")}))

    assert frame["source"] == "a\ufffdb<ws trimmed>c"


LONG = {"pre_context": ["x" * 301], "context_line": "y", "post_context": []}
NO_TOKEN = pack_script(SCRIPT, source_map([], sources=["a"]))
BROKEN = pack_script(SCRIPT, b"{")
NO_MAP = no_map_for_url(ADDRESS)


@pytest.mark.parametrize(
    ("sent", "found", "failure", "expected"),
    [
        # frame, what was found, failure, (resolved, resolved_name, line, column, source)
        (WEB, {BY_URL: NO_MAP}, NO_MAP.text, (True, "a", 1, 16, "/static/app.js")),
        ({**WEB, "colno": 300}, {BY_URL: NO_MAP}, NO_MAP.text, (True, "a", 1, 300, "/static/app.js")),
        ({**WEB, "colno": 301}, {BY_URL: NO_MAP}, NO_MAP.text, (False, None, 1, 301, "/static/app.js")),
        (WEB, {BY_URL: TIMEOUT}, TIMEOUT.text, (False, None, 1, 16, "/static/app.js")),
        (WEB, {BY_CHUNK: NO_TOKEN}, "Token not found for frame: a:1:16", (False, None, 1, 16, "/static/app.js")),
        ({**WEB, "lineno": 0}, {BY_CHUNK: pair()}, "Token not found for frame: a:0:16", (False, None, 0, 16, ...)),
        (WEB, {BY_CHUNK: BROKEN}, "Invalid source map: bad json: …", (False, None, 1, 16, "/static/app.js")),
        (WEB, {BY_CHUNK: b"junk"}, "JSDataError: the data is no symbol data", (False, None, 1, 16, ...)),
        (
            WEB,
            {BY_CHUNK: pack(DataType.MAPPING, b"a.B -> c:\n")},
            "JSDataError: it is a ProGuard mapping, where a source map is needed",
            (False, None, 1, 16, ...),
        ),
        ({**WEB, "filename": "x"}, {BY_CHUNK: b"junk"}, "JSDataError: …", (False, None, 1, 16, None)),
        (NODE, {BY_CHUNK: NO_TOKEN}, "Token not found for frame: a:1:16", (True, "a", 1, 16, None)),
        (NODE, {BY_CHUNK: BROKEN}, "Invalid source map: …", (True, "a", 1, 16, None)),
        ({**NODE, **LONG}, {BY_CHUNK: BROKEN}, "Invalid source map: …", (False, None, 1, 16, None)),
        ({**NODE, **LONG, "colno": None}, {BY_CHUNK: BROKEN}, None, (True, "a", 1, None, "/app/out.js")),
    ],
)
def test_what_fails_says_why(symbol_reader, sent, found, failure, expected):
    resolved = resolve(symbol_reader, sent, found=found)

    frame = one(resolved)
    got = tuple(frame.get(name) for name in ("resolved", "resolved_name", "line", "column", "source"))
    assert all(want is ... or want == have for want, have in zip(expected, got, strict=True)), got
    told = frame.get("resolve_failure")
    assert told == failure or told.startswith((failure or "").split("…")[0])
    assert resolved.used == set()
    assert (failure is None) == (resolved.missed == {})


def test_failed_node_frames_keep_the_lines_of_the_sdk(symbol_reader):
    resolved = resolve(symbol_reader, {**NODE, **LONG}, found={BY_CHUNK: BROKEN})

    assert context_of(resolved)["line"] == {"number": 1, "line": "y"}


def test_a_failure_is_counted_under_each_reference_of_the_frame(symbol_reader):
    resolved = resolve(symbol_reader, WEB, found={BY_CHUNK: BROKEN})

    assert set(resolved.missed) == {Reference(*BY_CHUNK), Reference(*BY_URL)}
    assert {failure.code for failure in resolved.missed.values()} == {FailureCode.INVALID_DATA}
    assert set(resolved.frame_references.values()) == {Reference(*BY_CHUNK)}
