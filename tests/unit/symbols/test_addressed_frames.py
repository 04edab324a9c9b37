"""Frames of apple's platforms and of compiled programs (pipeline 10.7, 10.8)."""

import os
import shutil
import subprocess

import pytest

from mothlight.symbols.container import DataType, pack
from mothlight.symbols.look_ups import Examined, Kind, Reference
from mothlight.symbols.stack import references_of
from tests.support.bundles import bundle
from tests.support.symbols import DEBUG_ID, GOLDEN, context_of, frames_of, read, resolve

NATIVE = GOLDEN / "native"
DSYM = (NATIVE / "shop.dsym").read_bytes()
DSYM_ID = "cd6d89c8-a925-327f-80ec-d31c17c6c2c9"
ID = "CD6D89C8-A925-327F-80EC-D31C17C6C2C9"
SOURCE = (NATIVE / "shop.c").read_text()
PATH = "/tmp/build/shop/shop.c"  # where the debug file was made
IMAGE = {"debug_id": ID, "image_addr": "0x100000000", "image_size": 0x4000, "type": "macho", "arch": "arm64"}
APPLE = {"platform": "apple", "instruction_addr": "0x1000014f1", "image_addr": "0x100000000", "module": "Shop"}
NATIVE_FRAME = {**APPLE, "platform": "native", "lang": "c"}
FOUND = {(DEBUG_ID, ID): pack(DataType.APPLE_DSYM, bundle(DSYM))}


def seen(resolved):
    names = ("resolved_name", "source", "line")
    return [tuple(frame.get(name) for name in names) for frame in frames_of(resolved)]


def look_up(reader, frame, data=FOUND[DEBUG_ID, ID], images=(IMAGE,), more=()):
    return resolve(reader, frame, *more, found={(DEBUG_ID, ID): data} if data else {}, images=list(images))


@pytest.mark.parametrize("frame", [APPLE, NATIVE_FRAME], ids=["apple", "native"])
def test_inlined_functions_are_expanded_outermost_first(symbol_reader, frame):
    resolved = look_up(symbol_reader, frame)

    frames = frames_of(resolved)
    assert seen(resolved) == [("total", "shop.c", 8), ("price_of", "shop.c", 4)]
    assert [each["raw_id"].rpartition("/")[2] for each in frames] == ["0", "1"]
    for each in frames:
        assert (each["lang"], each["module"], each["resolved"], each["in_app"]) == ("c", "Shop", True, True)
        assert each["mangled_name"] == each["resolved_name"]
        assert "column" not in each
        assert "debug_image" not in each["junk_drawer"]["raw_frame"]
    assert resolved.used == {Reference(DEBUG_ID, ID)}


@pytest.mark.parametrize(
    ("address", "calls"),
    [
        ("0x1000014e9", [("total", "shop.c", 7)]),  # the call lies before the address
        ("0x1000014e8", [("_mh_execute_header", None, None)]),
        ("0x100001515", [("main", "shop.c", 12)]),
        ("100001515", [("main", "shop.c", 12)]),
        ("0x100000000", [("_mh_execute_header", None, None)]),
    ],
)
def test_the_address_before_the_one_that_was_sent_is_looked_up(symbol_reader, address, calls):
    assert seen(look_up(symbol_reader, {**APPLE, "instruction_addr": address})) == calls


@pytest.mark.parametrize(
    "data",
    [
        FOUND[DEBUG_ID, ID],
        pack(DataType.APPLE_DSYM, bundle(DSYM, name="Shop.dSYM/Contents/Resources/DWARF/Shop")),
        pack(DataType.ELF, bundle(DSYM)),
        pack(DataType.APPLE_DSYM, DSYM),
        bundle(DSYM),
        DSYM,
    ],
    ids=["dwarf", "dSYM folder", "as elf", "no zip", "no container", "bare"],
)
def test_every_form_of_upload_is_read(symbol_reader, data):
    assert seen(look_up(symbol_reader, APPLE, data)) == [("total", "shop.c", 8), ("price_of", "shop.c", 4)]


@pytest.mark.parametrize(
    ("sources", "has_context"),
    [
        ({PATH: SOURCE}, True),
        ({"/elsewhere/shop.c": SOURCE, "/elsewhere/other.c": ""}, True),  # the only file of that name
        ({"/a/shop.c": SOURCE, "/b/shop.c": SOURCE}, False),
        ({PATH: SOURCE, "/b/shop.c": "x"}, True),
        ({PATH: "short"}, False),
        ({}, False),
        (None, False),
    ],
)
def test_the_lines_come_from_the_bundle(symbol_reader, sources, has_context):
    resolved = look_up(symbol_reader, APPLE, pack(DataType.APPLE_DSYM, bundle(DSYM, sources)))

    context = context_of(resolved, 1)
    if has_context:
        assert context["line"] == {"number": 4, "line": SOURCE.split("\n")[3]}
        assert [line["number"] for line in context["before"]] == [1, 2, 3]
        assert len(context["after"]) == len(SOURCE.split("\n")) - 4
    else:
        assert context is None


@pytest.mark.parametrize(
    ("sent", "data", "images", "apple", "native"),
    [
        ({}, None, [IMAGE], f"No dSYM uploaded for debug_id: {ID}", f"No debug symbols uploaded for debug_id: {ID}"),
        ({}, DSYM, [], "No matching debug image found for frame", ...),
        ({}, DSYM, [{**IMAGE, "debug_id": None}], "No debug_id found for frame", ...),
        ({"instruction_addr": "x"}, DSYM, [IMAGE], "Invalid address format: x is no hexadecimal number", ...),
        ({"instruction_addr": "0x1"}, DSYM, [IMAGE], "Invalid address format: 0x1 lies before its image", ...),
        ({"instruction_addr": "0x100001600"}, DSYM, [IMAGE], "Symbol not found at address: 0x15ff", ...),
        ({}, b"junk", [IMAGE], "Data error: the data is no symbol data", ...),
        ({}, DSYM[:2_000], [IMAGE], "Failed to parse dSYM: ", "Failed to parse debug symbols: "),
        ({}, pack(DataType.MAPPING, b"a.B -> c:\n"), [IMAGE], "Data error: it is a ProGuard mapping, where a", ...),
        ({}, bundle(DSYM, name="other"), [IMAGE], "Data error: the bundle has no debug file", ...),
        ({}, b"PK\3\4" + b"x" * 100, [IMAGE], "Data error: the bundle is damaged: ", ...),
    ],
)
def test_what_fails_keeps_the_frame(symbol_reader, sent, data, images, apple, native):
    for frame, told in ((APPLE, apple), (NATIVE_FRAME, apple if native is ... else native)):
        (failed,) = frames_of(look_up(symbol_reader, {**frame, **sent}, data, images))

        assert failed["resolve_failure"].startswith(told)
        assert failed["resolved"] is False
        assert failed["source"] == "Shop +0x100000000"


def test_a_frame_without_an_address_says_so_or_passes(symbol_reader):
    sent = {"instruction_addr": None, "function": "f"}

    (apple,) = frames_of(look_up(symbol_reader, {**APPLE, **sent}))
    (native,) = frames_of(look_up(symbol_reader, {**NATIVE_FRAME, **sent}))

    assert apple["resolve_failure"] == "Invalid address format: missing instruction_addr"
    assert (native["resolved"], native["resolved_name"], "resolve_failure" in native) == (True, "f", False)


@pytest.mark.parametrize(
    ("platform", "more", "in_app"),
    [
        ("apple", {}, True),
        ("apple", {"in_app": False}, False),
        ("apple", {"module": "UIKitCore"}, False),
        ("apple", {"module": "libsystem_kernel.dylib"}, False),
        ("native", {"module": "UIKitCore"}, True),
        ("native", {"in_app": False}, False),
    ],
)
def test_who_owns_the_code(symbol_reader, platform, more, in_app):
    frames = frames_of(look_up(symbol_reader, {**APPLE, "platform": platform, **more}))

    assert {frame["in_app"] for frame in frames} == {in_app}


def test_the_line_that_the_client_names_has_its_context_although_the_address_is_unknown(symbol_reader):
    sent = {"instruction_addr": "0x100001600", "filename": PATH, "lineno": 7}
    data = pack(DataType.ELF, bundle(DSYM, {PATH: SOURCE}))

    native, apple = (look_up(symbol_reader, {**frame, **sent}, data) for frame in (NATIVE_FRAME, APPLE))
    elsewhere = look_up(symbol_reader, {**NATIVE_FRAME, **sent, "filename": "/other/shop.c"}, data)

    assert context_of(native)["line"] == {"number": 7, "line": SOURCE.split("\n")[6]}
    assert frames_of(native)[0]["resolve_failure"] == "Symbol not found at address: 0x15ff"
    assert context_of(apple) is None
    assert context_of(elsewhere) is None


# --- groups of inlined frames ---

UNKNOWN = {"instruction_addr": "0x100001600"}
MEMBER = {**NATIVE_FRAME, "inline": True, "function": "sent_inline"}


@pytest.mark.parametrize(
    ("frames", "names"),
    [
        ([NATIVE_FRAME, MEMBER, MEMBER], ["total", "price_of"]),  # replaced as a whole
        ([{**NATIVE_FRAME, "instruction_addr": "0x100001515"}, MEMBER], ["main", "sent_inline"]),  # another address
        (
            [{**NATIVE_FRAME, "instruction_addr": "0x100001515"}, {**MEMBER, "instruction_addr": "0x100001515"}],
            ["main", "sent_inline"],
        ),
        (
            [{**NATIVE_FRAME, **UNKNOWN, "function": "lead"}, {**MEMBER, **UNKNOWN}],
            ["lead", "sent_inline"],
        ),
        ([NATIVE_FRAME, {**MEMBER, "image_addr": "0x200000000"}], ["total", "price_of", "sent_inline"]),
        ([NATIVE_FRAME, {"platform": "go", "function": "f"}, MEMBER], ["total", "price_of", "f", "sent_inline"]),
        ([MEMBER, NATIVE_FRAME], ["sent_inline", "total", "price_of"]),
        ([NATIVE_FRAME, MEMBER, NATIVE_FRAME], ["total", "price_of", "total", "price_of"]),
    ],
)
def test_inlined_frames_are_replaced_with_the_one_that_leads_them(symbol_reader, frames, names):
    resolved = look_up(symbol_reader, frames[0], more=frames[1:])

    assert [frame["resolved_name"] for frame in frames_of(resolved)] == names


def test_members_ask_for_nothing():
    assert references_of(read(MEMBER, images=[IMAGE])) == []
    assert references_of(read(NATIVE_FRAME, MEMBER, images=[IMAGE])) == [Reference(DEBUG_ID, ID)]


def test_a_debug_file_is_described(symbol_reader):
    with_sources = symbol_reader.examine(pack(DataType.APPLE_DSYM, bundle(DSYM, {PATH: SOURCE})))

    assert with_sources == Examined(Kind.DEBUG_FILE, [DSYM_ID], functions=True, sources=True)
    assert symbol_reader.examine(DSYM) == Examined(Kind.DEBUG_FILE, [DSYM_ID], functions=True)


# --- a program compiled here ---


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """A compiled program, and the base and return address that it prints."""
    if shutil.which("gcc") is None:
        assert not os.environ.get("CI"), "gcc is needed"
        pytest.skip("gcc is not installed")
    path = tmp_path_factory.mktemp("elf") / "calls"
    source = NATIVE / "calls.c"
    subprocess.run(["gcc", "-g", "-O2", "-o", path, source], check=True, capture_output=True, timeout=120)
    printed = subprocess.run([path], check=True, capture_output=True, text=True, timeout=60).stdout
    return path.read_bytes(), source, printed.split()


@pytest.mark.parametrize("has_sources", [True, False])
def test_a_program_compiled_here_is_readable(symbol_reader, program, has_sources):
    content, source, (base, address) = program
    text = source.read_text()
    sent = {"platform": "native", "instruction_addr": address, "image_addr": base, "lang": "c", "module": "calls"}
    data = pack(DataType.ELF, bundle(content, {str(source): text} if has_sources else None))

    resolved = look_up(symbol_reader, sent, data, [{**IMAGE, "image_addr": base, "type": "elf"}])

    lines = text.split("\n")
    numbers = [lines.index("    int sum = price_of(sku);") + 1, lines.index("    report();") + 1]
    calls = [call for call in seen(resolved) if call[0] != "main"]
    assert calls == [("total", "calls.c", numbers[0]), ("price_of", "calls.c", numbers[1])]
    context = context_of(resolved, len(frames_of(resolved)) - 1)
    assert (context and context["line"]) == ({"number": numbers[1], "line": "    report();"} if has_sources else None)
