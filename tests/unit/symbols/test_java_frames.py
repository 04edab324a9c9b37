"""Frames of Java and Android, through mappings of ProGuard and R8 (pipeline 10.6)."""

import os
import re
import shutil
import subprocess

import pytest

from mothlight.symbols.container import DataType, pack
from mothlight.symbols.exceptions import TypeName, resolve_type
from mothlight.symbols.look_ups import Examined, Kind, Reference
from tests.support.symbols import GOLDEN, MAP_ID, frames_of, read, resolve, symbol_data

JAVA = GOLDEN / "java"
R8 = pack(DataType.MAPPING, (JAVA / "r8.txt").read_bytes())
ID = "com.posthog.android.sample@1.0+42"
FOUND = {(MAP_ID, ID): R8}
FRAME = {
    "platform": "java",
    "module": "a1.d",
    "function": "onClick",
    "lineno": 14,
    "filename": "SourceFile",
    "map_id": ID,
}
NONE_DERIVED = "No original frames could be derived from this raw frame"


def seen(resolved):
    names = ("module", "resolved_name", "source", "line")
    return [tuple(frame.get(name) for name in names) for frame in frames_of(resolved)]


def test_inlined_methods_are_expanded_outermost_first(symbol_reader):
    resolved = resolve(symbol_reader, FRAME, found=FOUND)

    package = "com.posthog.android.sample"
    assert seen(resolved) == [
        (f"{package}.NormalActivity$$ExternalSyntheticLambda0", "onClick", "NormalActivity", None),
        (f"{package}.NormalActivity", "fail", None, 41),
        (f"{package}.MyCustomException3", "<init>", "MyCustomException.kt", 12),
    ]
    assert [frame["raw_id"].rpartition("/")[2] for frame in frames_of(resolved)] == ["0", "1", "2"]
    assert len({frame["raw_id"].rpartition("/")[0] for frame in frames_of(resolved)}) == 1
    assert {frame["mangled_name"] for frame in frames_of(resolved)} == {"onClick"}
    assert {(frame["lang"], frame["resolved"], frame["in_app"]) for frame in frames_of(resolved)} == {
        ("java", True, True)
    }
    assert resolved.used == {Reference(MAP_ID, ID)}


@pytest.mark.parametrize(
    ("module", "function", "line", "method"),
    [
        ("a1.d", "onClick", 16, ("com.posthog.android.sample.NormalActivity$$ExternalSyntheticLambda0", "onClick", 51)),
        ("a1.e", "a", 21, ("com.posthog.android.sample.Overloads", "send", 31)),
        ("a1.f", "a", 2, ("com.posthog.android.other.Elsewhere", "run", 101)),
        ("a1.c", "<init>", 1, ("com.posthog.android.sample.MyCustomException3", "<init>", 12)),
    ],
)
def test_the_line_tells_overloads_apart(symbol_reader, module, function, line, method):
    sent = {**FRAME, "module": module, "function": function, "lineno": line}

    (frame,) = frames_of(resolve(symbol_reader, sent, found=FOUND))

    assert (frame["module"], frame["resolved_name"], frame["line"]) == method


def test_overloads_without_lines_are_all_named(symbol_reader):
    text = b"a.B -> c:\n    void send(java.lang.String) -> d\n    void send(int) -> d\n"
    sent = {**FRAME, "module": "c", "function": "d", "lineno": None}

    resolved = resolve(symbol_reader, sent, found={(MAP_ID, ID): pack(DataType.MAPPING, text)})

    assert seen(resolved) == [("a.B", "send", None, None)] * 2


@pytest.mark.parametrize(
    ("sent", "data", "failure"),
    [
        ({**FRAME, "lineno": 200}, R8, NONE_DERIVED),
        ({**FRAME, "lineno": 0}, R8, NONE_DERIVED),
        ({**FRAME, "lineno": None}, R8, NONE_DERIVED),
        ({**FRAME, "lineno": 2**63}, R8, NONE_DERIVED),
        ({**FRAME, "module": "java.lang.Thread", "function": "run"}, R8, NONE_DERIVED),
        ({**FRAME, "module": None}, R8, "No module provided"),
        ({**FRAME, "map_id": None}, R8, "No map ID sent with frame"),
        (FRAME, None, f"No proguard map uploaded for id: {ID}"),
        (FRAME, pack(DataType.MAPPING, b"hello world"), "Invalid mapping"),
        (FRAME, pack(DataType.MAPPING, b""), "Invalid mapping"),
        (FRAME, b"junk", "Data error: the data is no symbol data"),
        (
            FRAME,
            pack(DataType.HERMES_MAP, b'{"x_facebook_sources":[],"mappings":""}'),
            "Data error: it is a Hermes map, …",
        ),
    ],
)
def test_what_fails_keeps_the_frame(symbol_reader, sent, data, failure):
    (frame,) = frames_of(resolve(symbol_reader, sent, found={(MAP_ID, ID): data} if data else {}))

    assert frame["resolve_failure"] == failure or frame["resolve_failure"].startswith(failure.split("…")[0])
    assert (frame["resolved"], frame["source"], frame.get("module")) == (False, "SourceFile", sent["module"])
    assert frame.get("line") == sent["lineno"]
    assert "resolved_name" not in frame


@pytest.mark.parametrize(
    ("client", "map_id", "module", "in_app"),
    [
        (False, ID, "a1.e", True),
        (False, "com.posthog@1", "a1.e", True),
        (False, "com.posthog.android.sample.Overloads@1", "a1.e", True),
        (False, "com.post@1", "a1.e", False),
        (False, "com.posthog.android.sample", "a1.e", False),
        (False, "@1", "a1.e", False),
        (True, "org.else@1", "a1.e", True),
    ],
)
def test_frames_of_the_app_are_promoted_and_none_is_demoted(symbol_reader, client, map_id, module, in_app):
    sent = {**FRAME, "module": module, "function": "a", "lineno": 21, "map_id": map_id, "in_app": client}

    (frame,) = frames_of(resolve(symbol_reader, sent, found={(MAP_ID, map_id): R8}))

    assert frame["in_app"] is in_app


@pytest.mark.parametrize(
    ("type_", "module", "map_id", "expected"),
    [
        ("c", "a1", ID, ("MyCustomException3", "com.posthog.android.sample")),
        ("zz", "a1", ID, ("zz", "a1")),
        ("c", None, ID, ("c", None)),
        ("c", "a1", None, ("c", "a1")),
        ("c", "a1", "other", ("c", "a1")),
    ],
)
def test_exceptions_get_their_class_back(symbol_reader, type_, module, map_id, expected):
    trace = read({**FRAME, "map_id": map_id}).traces[0]

    found = {Reference(MAP_ID, ID): symbol_data(R8)}

    assert resolve_type(TypeName(type_, module), trace, found, symbol_reader) == expected


def test_the_class_is_that_of_the_first_frames_map(symbol_reader):
    other = read({"platform": "go", "function": "f"}, FRAME).traces[0]
    found = {Reference(MAP_ID, ID): symbol_data(R8)}

    assert resolve_type(TypeName("c", "a1"), other, found, symbol_reader) == ("c", "a1")
    assert resolve_type(TypeName("c", "a1"), None, found, symbol_reader) == ("c", "a1")


def test_a_mapping_is_described(symbol_reader):
    assert symbol_reader.examine(R8) == Examined(Kind.MAPPING, ["4f8a1c2"], functions=True)


# --- ProGuard itself ---


@pytest.fixture(scope="module")
def obfuscated(tmp_path_factory):
    """The mapping, and what the obfuscated program prints when it fails."""
    for program in ("proguard", "java"):
        if shutil.which(program) is None:
            assert not os.environ.get("CI"), f"{program} is needed (on Debian: proguard-cli)"
            pytest.skip(f"{program} is not installed (on Debian: proguard-cli)")
    folder = tmp_path_factory.mktemp("proguard")
    jars = ["-injars", str(JAVA / "shop.jar"), "-outjars", str(folder / "out.jar")]
    mapping = folder / "mapping.txt"
    run("proguard", *jars, f"@{JAVA / 'rules.pro'}", "-printmapping", str(mapping))
    failed = run("java", "-cp", str(folder / "out.jar"), "shop.Main", check=False)
    return mapping.read_bytes(), failed.stderr


def run(*command, check=True):
    return subprocess.run(command, check=check, capture_output=True, text=True, timeout=120)


def test_a_program_that_proguard_has_obfuscated_is_readable(symbol_reader, obfuscated):
    mapping, printed = obfuscated
    calls = re.findall(r"at ([\w.]+)\.([\w<>]+)\((\w+):(\d+)\)", printed)
    sent = [
        {"platform": "java", "module": module, "function": method, "filename": file, "lineno": int(line), "map_id": "m"}
        for module, method, file, line in reversed(calls)
    ]
    data = pack(DataType.MAPPING, mapping)

    resolved = resolve(symbol_reader, *sent, found={(MAP_ID, "m"): data})

    assert [call[:3] for call in seen(resolved)] == [
        ("shop.Main", "main", None),
        ("shop.Cart", "total", None),
        ("shop.Cart", "priceOf", None),
    ]
    assert [frame["line"] for frame in frames_of(resolved)] == [8, 20, 27]
    package, _, name = re.search(r'"main" ([\w.]+):', printed)[1].rpartition(".")
    found = {Reference(MAP_ID, "m"): symbol_data(data)}
    original = resolve_type(TypeName(name, package), read(*sent).traces[0], found, symbol_reader)
    assert original == ("PricingException", "shop")
