"""Each platform's raw frames become unified frames as pipeline 3 and 10.5 to 10.7 say, with no symbols there."""

import hashlib

import pytest

from mothlight.frames.stack import read_stack, resolve_stack
from mothlight.frames.wire_order import wire_order

ORDER = wire_order(None, None)


def resolve(frame, images=None):
    """The unified frames of one raw frame, and their contexts."""
    stack = resolve_stack(read_stack([{"type": "raw", "frames": [frame]}], images, ORDER))
    return stack.frames[0], stack.contexts


def only(frame, images=None):
    (unified,), _ = resolve(frame, images)
    return unified


def identity(*pieces):
    joined = b"".join(piece if isinstance(piece, bytes) else piece.encode() for piece in pieces)
    return hashlib.sha512(joined).hexdigest() + "/0"


def frame(**fields):
    """A unified frame: `fields` over what most have."""
    always = {"in_app": True, "resolved": True, "synthetic": False, "suspicious": False}
    return {**always, **fields}


CONTEXT = {"context_line": "raise x", "pre_context": ["one", "two"], "post_context": ["three"]}
LINES = [b"onetwo", b"three"]

PLAIN = {
    "python": (
        {
            "platform": "python",
            "filename": "a.py",
            "abs_path": "/app/a.py",
            "function": "f",
            "lineno": 258,
            "module": "a",
        },
        frame(mangled_name="f", source="a.py", resolved_name="f", line=258, module="a", lang="python"),
        [b"a.py", b"f", b"\0\0\x01\x02", b"a"],
    ),
    "python with context": (
        {"platform": "python", "filename": "a.py", "function": "f", "lineno": 3, "module": "a", **CONTEXT},
        frame(mangled_name="f", source="a.py", resolved_name="f", line=3, module="a", lang="python"),
        [b"raise x", b"a.py", b"f", b"\0\0\0\x03", b"a", *LINES],
    ),
    "ruby": (
        {
            "platform": "ruby",
            "filename": "a.rb",
            "abs_path": "/a.rb",
            "function": None,
            "lineno": 3,
            "colno": 9,
            **CONTEXT,
        },
        frame(mangled_name="<unknown>", source="a.rb", resolved_name="<unknown>", line=3, lang="ruby"),
        [b"raise x", b"a.rb", b"<unknown>", b"\0\0\0\x03", *LINES],
    ),
    "php": (
        {"platform": "php", "filename": "a.php", "function": "A::b", "lineno": 3, "in_app": False, **CONTEXT},
        frame(mangled_name="A::b", source="a.php", resolved_name="A::b", line=3, lang="php", in_app=False),
        [b"raise x", b"a.php", b"A::b", b"\0\0\0\x03", *LINES],
    ),
    "php without a function": (
        {"platform": "php", "filename": "a.php"},
        frame(mangled_name="<unknown>", source="a.php", lang="php"),
        [b"a.php", b"\0\0\0\0"],
    ),
    "go": (
        {"platform": "go", "filename": "a.go", "function": "main.f", "lineno": 3, "synthetic": True},
        frame(mangled_name="main.f", source="a.go", resolved_name="main.f", line=3, lang="go", synthetic=True),
        [b"a.go", b"main.f", b"\0\0\0\x03"],
    ),
    "custom": (
        {"platform": "custom", "lang": "elixir", "function": "A.f/1", "filename": "a.ex", "lineno": 3, "colno": 4}
        | {"module": "A", "resolved": True},
        frame(mangled_name="A.f/1", source="a.ex", resolved_name="A.f/1", line=3, column=4, module="A", lang="elixir"),
        [b"a.ex", b"A.f/1", b"\0\0\0\x03", b"\0\0\0\x04", b"elixir", b"true", b"A"],
    ),
    "custom that is not resolved": (
        {"platform": "custom", "lang": "elixir", "function": "f", "lineno": 3, **CONTEXT},
        frame(mangled_name="f", resolved_name="f", line=3, lang="elixir", resolved=False),
        [b"raise x", b"f", b"\0\0\0\x03", b"\0\0\0\0", b"elixir", b"false", *LINES],
    ),
    "an unknown platform": (
        {"platform": "cobol", "lang": "ignored", "function": "f"},
        frame(mangled_name="f", resolved_name="f", lang="cobol", resolved=False),
        [b"f", b"\0\0\0\0", b"\0\0\0\0", b"cobol", b"false"],
    ),
    "no platform": (
        {"function": "f", "lang": "zig"},
        frame(mangled_name="f", resolved_name="f", lang="zig", resolved=False),
        [b"f", b"\0\0\0\0", b"\0\0\0\0", b"zig", b"false"],
    ),
    "nothing at all": (
        {},
        frame(mangled_name="<unknown>", resolved_name="<unknown>", lang="custom", resolved=False),
        [b"<unknown>", b"\0\0\0\0", b"\0\0\0\0", b"custom", b"false"],
    ),
    "dotnet with a line of 0": (
        {"platform": "custom", "lang": "dotnet", "function": "f", "lineno": 0, "colno": 0, "resolved": True},
        frame(mangled_name="f", resolved_name="f", lang="dotnet"),
        [b"f", b"\0\0\0\0", b"\0\0\0\0", b"dotnet", b"true"],
    ),
    "node": (
        {"platform": "node:javascript", "filename": "a.js", "function": "f", "lineno": 3, "colno": 9, "module": "a:b"},
        frame(mangled_name="f", source="a.js", resolved_name="f", line=3, module="a:b", lang="javascript"),
        [b"a.js", b"f", b"\0\0\0\x03", b"a:b"],
    ),
    "node with a chunk id and no column": (
        {"platform": "node:javascript", "filename": "a.js", "function": "f", "lineno": 3, "chunk_id": "c"},
        frame(mangled_name="f", source="a.js", resolved_name="f", line=3, lang="javascript"),
        [b"a.js", b"f", b"\0\0\0\x03"],
    ),
}


@pytest.mark.parametrize(("sent", "expected", "pieces"), PLAIN.values(), ids=PLAIN)
def test_a_plain_frame_is_mapped(sent, expected, pieces):
    assert only(sent) == {**expected, "raw_id": identity(*pieces)}


URL = "https://example.com/static/app.js"
NO_MAP = f"Could not find sourcemap for source url: {URL}"

WITH_DRAWER = {
    "dart": (
        {
            "platform": "dart",
            "abs_path": "package:a/b.dart",
            "filename": "b.dart",
            "package": "a",
            "lineno": 3,
            "colno": 4,
        },
        frame(mangled_name="", source="package:a/b.dart", resolved_name="", line=3, column=4, lang="dart"),
        [b"b.dart", b"a", b"\0\0\0\x03", b"\0\0\0\x04"],
    ),
    "web without a map": (
        {"platform": "web:javascript", "filename": URL, "function": "f", "lineno": 1, "colno": 300},
        frame(mangled_name="f", source="/static/app.js", resolved_name="f", line=1, column=300, lang="javascript")
        | {"resolve_failure": NO_MAP},
        [b"f", b"1", b"300", URL],
    ),
    "web, far to the right": (
        {"platform": "web:javascript", "filename": URL, "function": "f", "lineno": 1, "colno": 301},
        frame(mangled_name="f", source="/static/app.js", line=1, column=301, lang="javascript", resolved=False)
        | {"resolve_failure": NO_MAP},
        [b"f", b"1", b"301", URL],
    ),
    "web, chunk id and URL": (
        {"platform": "web:javascript", "filename": URL, "function": "f", "lineno": 1, "colno": 2, "chunk_id": "c"},
        frame(mangled_name="f", source="/static/app.js", resolved_name="f", line=1, column=2, lang="javascript")
        | {"resolve_failure": NO_MAP},
        [b"f", b"1", b"2", URL],
    ),
    "web, chunk id only": (
        {
            "platform": "web:javascript",
            "filename": "app:///a.js",
            "function": "f",
            "lineno": 1,
            "colno": 2,
            "chunk_id": "c",
        },
        frame(mangled_name="f", line=1, column=2, lang="javascript", resolved=False)
        | {"resolve_failure": "No sourcemap uploaded for chunk id: c"},
        [b"f", b"1", b"2", b"app:///a.js"],
    ),
    "web, neither URL nor chunk id": (
        {
            "platform": "javascript",
            "filename": "native code",
            "function": "f",
            "lineno": 1,
            "colno": 2,
            "in_app": False,
        },
        frame(mangled_name="f", resolved_name="f", line=1, column=2, lang="javascript", in_app=False)
        | {"resolve_failure": "This frame had no source url or chunk id"},
        [b"f", b"1", b"2", b"native code"],
    ),
    "web without a position": (
        {"platform": "web:javascript", "filename": URL, "function": "f"},
        frame(mangled_name="f", source="/static/app.js", resolved_name="f", lang="javascript"),
        [b"f", URL],
    ),
    "web, anonymous": (
        {"platform": "web:javascript", "filename": "<anonymous>", "function": "Array.map"},
        frame(mangled_name="Array.map", resolved_name="Array.map", lang="javascript", in_app=False),
        [b"Array.map", b"<anonymous>"],
    ),
    "node with a chunk id": (
        {"platform": "node:javascript", "filename": "a.js", "function": "f", "lineno": 3, "colno": 9, "chunkId": "c"},
        frame(mangled_name="f", resolved_name="f", line=3, column=9, lang="javascript")
        | {"resolve_failure": "No sourcemap uploaded for chunk id: c"},
        [b"a.js", b"f", b"\0\0\0\x03"],
    ),
    "hermes without a column": (
        {"platform": "hermes", "filename": "<anonymous>", "function": "f", "lineno": 1},
        frame(mangled_name="f", source="<anonymous>", resolved_name="f", lang="hermes-js", in_app=False),
        [b"f", b"<anonymous>"],
    ),
    "hermes with a chunk id": (
        {"platform": "hermes", "filename": "address at a.bundle", "function": "f", "colno": 8258, "chunk_id": "c"},
        frame(mangled_name="f", source="address at a.bundle", line=1, column=8258, lang="hermes-js", resolved=False)
        | {"resolve_failure": "No sourcemap uploaded for chunk id: c"},
        [b"f", b"address at a.bundle", b"8258", b"c"],
    ),
    "hermes without a chunk id": (
        {"platform": "hermes", "filename": "a", "function": "f", "colno": 7},
        frame(mangled_name="f", source="a", line=1, column=7, lang="hermes-js", resolved=False)
        | {"resolve_failure": "No chunk id sent with frame"},
        [b"f", b"a", b"7"],
    ),
    "java": (
        {"platform": "java", "module": "a.b.C", "function": "d", "filename": "C.java", "lineno": 14},
        frame(mangled_name="d", source="C.java", line=14, module="a.b.C", lang="java", resolved=False)
        | {"resolve_failure": "No map ID sent with frame"},
        [b"C.java", b"d", b"\0\0\0\0\0\0\0\x0e", b"a.b.C"],
    ),
    "java with a map id": (
        {
            "platform": "java",
            "module": "a1.d",
            "function": "onClick",
            "map_id": "m",
            "lineno": -2,
            "method_synthetic": True,
        },
        frame(mangled_name="onClick", module="a1.d", lang="java", resolved=False)
        | {"resolve_failure": "No proguard map uploaded for id: m"},
        [b"onClick", b"\0" * 8, b"a1.d"],
    ),
}


@pytest.mark.parametrize(("sent", "expected", "pieces"), WITH_DRAWER.values(), ids=WITH_DRAWER)
def test_a_frame_that_needs_symbols_says_why_it_has_none(sent, expected, pieces):
    unified = only(sent)

    drawer = unified.pop("junk_drawer")
    assert unified == {**expected, "raw_id": identity(*pieces)}
    assert set(drawer) == {"raw_frame"}


def test_the_junk_drawer_holds_the_known_fields_with_their_defaults():
    sent = {"platform": "web:javascript", "filename": URL, "function": "f", "lineno": 1, "colno": 2, "chunkId": "c"}

    drawer = only({**sent, "vars": {"a": 1}, "abs_path": "x"})["junk_drawer"]

    known = {"filename": URL, "function": "f", "lineno": 1, "colno": 2, "chunk_id": "c"}
    assert drawer == {"raw_frame": {**known, "in_app": True, "synthetic": False}}


@pytest.mark.parametrize(
    "half", [{"lineno": 1}, {"colno": 2}, {"lineno": 1, "colno": "2"}, {"lineno": None, "colno": 2}]
)
def test_half_a_position_of_a_web_frame_is_none(half):
    unified = only({"platform": "web:javascript", "filename": URL, "function": "f", **half})

    assert "line" not in unified
    assert not {"lineno", "colno"} & unified["junk_drawer"]["raw_frame"].keys()
    assert unified["raw_id"] == identity(b"f", URL)


@pytest.mark.parametrize(
    ("filename", "url", "path"),
    [
        ("http://a.io/x/y.js:10:5", "http://a.io/x/y.js", "/x/y.js"),
        ("http://a.io/x/y.js:10", "http://a.io/x/y.js", "/x/y.js"),
        ("http://a.io/y.js:a:b:c", "http://a.io/y.js:a", "/y.js:a"),
        ("http://a.io:8080/y.js", "http://a.io:8080/y.js", "/y.js"),
        ("https://A.io:443/y.js?v=1#z", "https://a.io/y.js?v=1#z", "/y.js"),
        ("http://a.io/", "http://a.io/", "/"),
        ("http://a.io/a b.js", "http://a.io/a%20b.js", "/a%20b.js"),
    ],
)
def test_a_script_url_is_cleaned(filename, url, path):
    unified = only({"platform": "web:javascript", "filename": filename, "function": "f", "lineno": 1, "colno": 2})

    assert unified["resolve_failure"] == f"Could not find sourcemap for source url: {url}"
    assert unified["source"] == path


@pytest.mark.parametrize(
    "filename",
    ["http://", "http:///a.js", "http://a b/c.js", "http://a:port/c.js", "http://[::/c.js", "ftp://a/b.js", None],
)
def test_what_is_no_script_url_gives_no_source(filename):
    unified = only({"platform": "web:javascript", "filename": filename, "function": "f", "lineno": 1, "colno": 2})

    assert unified["resolve_failure"] == "This frame had no source url or chunk id"
    assert "source" not in unified


@pytest.mark.parametrize("position", [{"lineno": 1, "colno": 2}, {}])
@pytest.mark.parametrize("scheme", ["webkit-masked-url", "chrome-extension", "moz-extension"])
def test_scripts_of_browser_extensions_are_never_in_app(scheme, position):
    sent = {"platform": "web:javascript", "filename": f"{scheme}://x/a.js", "function": "f", "in_app": True, **position}

    assert only(sent)["in_app"] is False


def test_the_clients_own_script_is_suspicious():
    sent = {"platform": "web:javascript", "function": "f", "lineno": 1, "colno": 2}

    assert only({**sent, "filename": "https://cdn.io/npm/posthog-js@1.2/a.js"})["suspicious"] is True
    assert only({**sent, "filename": "https://cdn.io/npm/posthog-js/a.js"})["suspicious"] is False


@pytest.mark.parametrize(
    ("lines", "is_readable"),
    [
        ({"pre_context": ["x" * 300], "post_context": ["x" * 300]}, True),
        ({"pre_context": ["x" * 300], "post_context": ["x" * 301]}, False),
        ({"context_line": "x" * 900}, True),
        ({"pre_context": ["x" * 601, ""]}, False),
    ],
)
def test_a_bundled_node_frame_is_readable_unless_its_lines_are_long(lines, is_readable):
    sent = {
        "platform": "node:javascript",
        "filename": "a.js",
        "function": "f",
        "lineno": 1,
        "colno": 2,
        "chunk_id": "c",
    }

    unified = only({**sent, **lines})

    assert unified["resolved"] is is_readable
    assert ("resolved_name" in unified) is is_readable
    assert "source" not in unified
    assert unified["column"] == 2


@pytest.mark.parametrize("filename", ["../node_modules/a/b.js", "node:internal/process"])
@pytest.mark.parametrize("chunk", [{}, {"chunk_id": "c"}])
def test_node_dependencies_are_not_in_app(filename, chunk):
    sent = {"platform": "node:javascript", "filename": filename, "function": "f", "lineno": 1, "colno": 2, **chunk}

    assert only(sent)["in_app"] is False


@pytest.mark.parametrize(
    ("fields", "in_app"),
    [
        pytest.param({"filename": "shop.py", "abs_path": "/app/shop.py", "module": "shop"}, True, id="own"),
        pytest.param(
            {"filename": "json/x.py", "abs_path": "/app/json/x.py", "module": "json.x"}, True, id="b: own path wins"
        ),
        pytest.param(
            {"filename": "r.py", "abs_path": "/v/site-packages/r.py", "module": "r"}, False, id="b: site-packages"
        ),
        pytest.param({"filename": "r.py", "abs_path": "C:\\v\\dist-packages\\r.py"}, False, id="b: dist-packages"),
        pytest.param({"filename": "r.py", "abs_path": "/usr/lib/python3.11/r.py"}, False, id="b: lib/python3.11"),
        pytest.param({"filename": "r.py", "abs_path": "C:\\Lib\\python3\\r.py"}, False, id="b: Lib, no minor version"),
        pytest.param({"filename": "r.py", "abs_path": "/app/lib/pythonic/r.py"}, True, id="b: not a version"),
        pytest.param(
            {"filename": "<frozen runpy>", "abs_path": "/app/<frozen runpy>", "module": "runpy"}, False, id="a: frozen"
        ),
        pytest.param({"filename": "x.py", "abs_path": "/app/<string>", "module": "json"}, False, id="a: by path"),
        pytest.param(
            {"filename": "<string>", "abs_path": "/app/<string>", "module": "shop"}, True, id="a: not standard"
        ),
        pytest.param({"filename": "a/site-packages/r.py", "module": "r"}, False, id="c"),
        pytest.param({"filename": "r.py", "module": "asyncio.events"}, False, id="d"),
        pytest.param({"filename": "r.py", "module": "asynchat"}, False, id="d: removed from newer versions"),
        pytest.param({"filename": "r.py", "module": "compression.zstd"}, False, id="d: only in newer versions"),
        pytest.param({"filename": "r.py", "module": "_thread"}, True, id="d: underscore names do not count"),
        pytest.param({"filename": "r.py", "module": "__main__"}, True, id="d: main"),
        pytest.param({"filename": "r.py"}, True, id="nothing known"),
        pytest.param({"filename": "shop.py", "in_app": False}, False, id="never promoted"),
    ],
)
def test_python_library_code_is_not_in_app(fields, in_app):
    assert only({"platform": "python", "function": "f", **fields})["in_app"] is in_app


@pytest.mark.parametrize(
    ("fields", "in_app"),
    [
        ({"lang": "dotnet", "module": "Shop.Cart"}, True),
        ({"lang": "dotnet", "module": "System.Linq"}, False),
        ({"lang": "dotnet", "module": "Microsoft.AspNetCore"}, False),
        ({"lang": "dotnet", "module": "Systematic.Cart"}, True),
        ({"lang": "dotnet", "module": "System.Linq", "in_app": True}, True),
        ({"lang": "dotnet", "module": "System.Linq", "in_app": None}, False),
        ({"lang": "elixir", "module": "System.Linq"}, True),
    ],
)
def test_dotnet_frames_of_the_framework_are_not_in_app_by_default(fields, in_app):
    assert only({"platform": "custom", "function": "f", **fields})["in_app"] is in_app


@pytest.mark.parametrize("platform", ["python", "ruby", "php", "node:javascript"])
def test_context_has_the_nearest_line_before_first(platform):
    sent = {
        "platform": platform,
        "filename": "a",
        "function": "f",
        "lineno": 2,
        **CONTEXT,
        "pre_context": ["a", "b", "c"],
    }

    (unified,), contexts = resolve(sent)

    assert contexts == {
        unified["raw_id"]: {
            "before": [{"number": 1, "line": "c"}, {"number": 0, "line": "b"}, {"number": 0, "line": "a"}],
            "line": {"number": 2, "line": "raise x"},
            "after": [{"number": 3, "line": "three"}],
        }
    }


def test_context_of_custom_frames_comes_nearest_first_and_ten_lines_at_most():
    numbers = list(map(str, range(12)))
    sent = {"platform": "custom", "lang": "x", "function": "f", "lineno": 50, "context_line": "here"}

    _, contexts = resolve({**sent, "pre_context": numbers, "post_context": numbers})

    (context,) = contexts.values()
    assert context["before"] == [{"number": 49 - distance, "line": str(distance)} for distance in range(10)]
    assert context["after"] == [{"number": 51 + distance, "line": str(distance)} for distance in range(10)]


@pytest.mark.parametrize("missing", ["context_line", "lineno"])
def test_there_is_no_context_without_line_and_number(missing):
    sent = {"platform": "python", "function": "f", "lineno": 2, **CONTEXT}
    del sent[missing]

    assert resolve(sent)[1] == {}


def test_context_lines_are_cut():
    sent = {"platform": "python", "function": "f", "lineno": 2, "context_line": "x" * 301}

    (context,) = resolve(sent)[1].values()

    assert context["line"]["line"] == "x" * 300 + "...\u2702\ufe0f"


@pytest.mark.parametrize(
    ("odd", "expected"),
    [
        ({"lineno": "3"}, {}),
        ({"lineno": True}, {}),
        ({"lineno": 3.5}, {}),
        ({"lineno": -1}, {}),
        ({"lineno": 2**32}, {}),
        ({"module": 5}, {}),
        ({"in_app": "false"}, {}),
        ({"in_app": None}, {}),
        ({"synthetic": 1}, {}),
        ({"pre_context": "text", "post_context": None}, {}),
        ({"filename": ["a"]}, {}),
        ({"function": {}}, {}),
    ],
)
def test_a_field_of_a_wrong_type_counts_as_absent(odd, expected):
    sent = {"platform": "python", "module": "a", "filename": "a.py", "function": "f", "lineno": 3}
    absent = {name: value for name, value in sent.items() if name not in odd}

    assert only({**sent, **odd}) == only(absent)


def test_a_line_that_is_no_text_keeps_its_place():
    sent = {"platform": "python", "function": "f", "lineno": 5, "context_line": "x", "pre_context": ["a", None, "c"]}

    (context,) = resolve(sent)[1].values()

    assert [line["line"] for line in context["before"]] == ["c", "", "a"]


# --- addresses ---

IMAGE = {"debug_id": "D-1", "image_addr": "0x1000", "image_size": 256, "type": "macho"}
APPLE = {"platform": "apple", "instruction_addr": "0x1010", "image_addr": "0x1000", "module": "Shop", "function": "pay"}


def test_an_apple_frame_in_an_image():
    unified = only(APPLE, [IMAGE])

    assert unified == frame(
        raw_id=identity(b"D-1", b"rel:0x10", b"Shop", b"pay"),
        mangled_name="pay",
        source="Shop +0x1000",
        resolved_name="pay",
        module="Shop",
        lang="swift",
        resolved=False,
        resolve_failure="No dSYM uploaded for debug_id: D-1",
        junk_drawer={
            "raw_frame": {
                "instruction_addr": "0x1010",
                "image_addr": "0x1000",
                "module": "Shop",
                "function": "pay",
                "in_app": True,
                "synthetic": False,
            }
        },
    )


@pytest.mark.parametrize(
    ("fields", "images", "failure"),
    [
        ({}, [], "No matching debug image found for frame"),
        ({"image_addr": None, "instruction_addr": "0x1100"}, [IMAGE], "No matching debug image found for frame"),
        ({"image_addr": None, "instruction_addr": " 10FF "}, [IMAGE], "No dSYM uploaded for debug_id: D-1"),
        ({"image_addr": "1000"}, [IMAGE], "No dSYM uploaded for debug_id: D-1"),
        ({"image_addr": "0x9"}, [IMAGE], "No dSYM uploaded for debug_id: D-1"),
        ({}, [{**IMAGE, "debug_id": None}], "No debug_id found for frame"),
        ({"instruction_addr": None}, [IMAGE], "Invalid address format: missing instruction_addr"),
        ({"instruction_addr": "0xfff"}, [IMAGE], "Invalid address format: 0xfff lies before its image"),
        ({"instruction_addr": "0x1_0"}, [IMAGE], "Invalid address format: 0x1_0 is no hexadecimal number"),
        ({}, [{**IMAGE, "image_addr": "odd"}], "No matching debug image found for frame"),
        ({}, ["odd", {**IMAGE, "debug_id": "D-2", "image_size": "odd"}], "No dSYM uploaded for debug_id: D-2"),
        ({}, "odd", "No matching debug image found for frame"),
    ],
)
def test_an_apple_frame_that_cannot_be_looked_up_says_why(fields, images, failure):
    assert only({**APPLE, **fields}, images)["resolve_failure"] == failure


def test_images_are_tried_one_by_one():
    spanning = {"debug_id": "SPAN", "image_addr": "0x0", "image_size": 0x2000}

    assert "SPAN" in only(APPLE, [spanning, IMAGE])["resolve_failure"]
    assert "D-1" in only(APPLE, [IMAGE, spanning])["resolve_failure"]


def test_without_an_image_the_address_identifies_the_frame():
    assert only({**APPLE, "image_uuid": "U"})["raw_id"] == identity(b"0x1010", b"Shop", b"pay", b"U")


@pytest.mark.parametrize(
    ("fields", "in_app"),
    [
        ({}, True),
        ({"in_app": False}, False),
        *[
            ({"module": module}, False)
            for module in ("UIKitCore", "Foundation", "libsystem_kernel.dylib", "libswiftCore")
        ],
        ({"filename": "<compiler-generated>"}, False),
        ({"filename": "/b/kotlin/androidx/compose/x.kt"}, False),
        ({"filename": "C:\\b\\kotlin\\org\\jetbrains\\compose\\x.kt"}, False),
    ],
)
def test_apples_own_frames_are_not_in_app(fields, in_app):
    assert only({**APPLE, **fields})["in_app"] is in_app


@pytest.mark.parametrize(
    ("filename", "apple", "native"),
    [
        ("a.rs", "rust", "rust"),
        ("a.go", "go", "go"),
        ("a.c", "c", "c"),
        ("a.h", "c", "c"),
        *[(f"a.{extension}", "cpp", "cpp") for extension in ("cpp", "cc", "cxx", "hpp", "hh", "hxx")],
        ("a.swift", "swift", "swift"),
        ("a.m", "objectivec", "objectivec"),
        ("a.mm", "objectivecpp", "native"),
        ("a.kt", "kotlin", "native"),
        ("a.kts", "kotlin", "native"),
        ("a", "swift", "native"),
        (None, "swift", "native"),
    ],
)
def test_the_language_follows_from_the_file(filename, apple, native):
    assert only({"platform": "apple", "filename": filename})["lang"] == apple
    assert only({"platform": "native", "filename": filename})["lang"] == native


NATIVE = {"platform": "native", "instruction_addr": "0x1010", "function": "shop::pay", "filename": "src/pay.rs"}


def test_a_native_frame_in_an_image():
    unified = only({**NATIVE, "platform": "rust", "lineno": 7, "colno": 2, "module": "shop"}, [IMAGE])

    drawer = unified.pop("junk_drawer")
    assert unified == frame(
        raw_id=identity(
            b"D-1", b"rel:0x10", b"shop::pay", b"src/pay.rs", b"\0\0\0\x07", b"\0\0\0\x02", b"shop", b"native"
        ),
        mangled_name="shop::pay",
        source="src/pay.rs",
        resolved_name="shop::pay",
        module="shop",
        line=7,
        column=2,
        lang="rust",
        resolved=False,
        resolve_failure="No debug symbols uploaded for debug_id: D-1",
    )
    assert drawer["raw_frame"]["instruction_addr"] == "0x1010"


def test_members_of_an_inline_group_pass_as_sent():
    unified = only({**NATIVE, "inline": True}, [IMAGE])

    assert unified["resolved"] is True
    assert "resolve_failure" not in unified
    assert unified["raw_id"] == identity(
        b"D-1", b"rel:0x10", b"shop::pay", b"src/pay.rs", b"\0" * 8, b"inline", b"native"
    )


@pytest.mark.parametrize(("function", "resolved"), [("f", True), (None, False)])
def test_a_native_frame_without_an_address_passes(function, resolved):
    unified = only({"platform": "native", "function": function, "lang": "go", "lineno": 0})

    assert unified["resolved"] is resolved
    assert unified["lang"] == "go"
    assert ("resolved_name" in unified) is resolved
    assert not {"resolve_failure", "line", "source"} & unified.keys()


@pytest.mark.parametrize(
    ("filename", "in_app"),
    [
        ("src/main.rs", True),
        ("/home/a/.cargo/registry/src/index/serde/lib.rs", False),
        ("/usr/local/cargo/git/checkouts/x/lib.rs", False),
        ("C:\\Users\\a\\.cargo\\registry\\src\\x\\lib.rs", False),
        ("/rustc/9fc6b43126469e3858e2fe86cafb4f0fd5068869/library/std/src/rt.rs", False),
        ("/rustc/9fc6b4/x.rs", True),
        ("/root/rustlib/src/rust/library/core/src/x.rs", False),
        ("library/core/src/panicking.rs", False),
        ("library/shelf/src/books.rs", True),
        ("/app/library/std/src/x.rs", True),
    ],
)
def test_native_library_code_is_not_in_app(filename, in_app):
    assert only({**NATIVE, "filename": filename})["in_app"] is in_app


@pytest.mark.parametrize(
    ("fields", "source"),
    [
        ({"filename": "a.c", "module": "m", "image_addr": "0x1"}, "a.c"),
        ({"module": "m", "image_addr": "0x1"}, "m +0x1"),
        ({"module": "m"}, "m"),
        ({"image_addr": "0x1"}, None),
    ],
)
@pytest.mark.parametrize("platform", ["apple", "native"])
def test_the_source_of_an_unknown_address_is_the_next_best(platform, fields, source):
    assert only({"platform": platform, "instruction_addr": "0x5", **fields}).get("source") == source
