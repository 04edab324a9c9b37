"""Symbol data made to harm: bombs, mazes and breakage at random (design 9)."""

import io
import json
import time
import zipfile

import pytest

from mothlight.symbols.container import DataType, pack, pack_script
from mothlight.symbols.formats.bounds import Bounds
from mothlight.symbols.look_ups import Address, Examined, Kind, Method, Position, SourceLine, Unreadable
from mothlight.symbols.reader import ReaderBounds, SymbolReader
from tests.support.broken_symbols import broken_pieces, read_piece
from tests.support.bundles import bundle
from tests.support.source_maps import source_map
from tests.support.symbols import CHUNK_ID, GOLDEN, frames_of, resolve, symbol_data

DSYM = (GOLDEN / "native" / "shop.dsym").read_bytes()
PIECES = 350
BOUNDS = Bounds(decoded_bytes=8 << 20, archive_entries=100, source_bytes=1 << 20)


@pytest.fixture(scope="module")
def reader():
    made = SymbolReader(ReaderBounds(load_seconds=5, answer_seconds=5, data=BOUNDS), time.monotonic)
    yield made
    made.close()


def archive(entries, compression=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as made:
        for name, content in entries:
            made.writestr(name, content)
    return stream.getvalue()


def lying_archive():
    """An entry whose header announces less than it holds."""
    whole = archive([("dwarf", bytes(9 << 20))])
    return whole.replace((9 << 20).to_bytes(4, "little"), (100).to_bytes(4, "little"))


def manifest(value):
    return archive([("dwarf", DSYM), ("__source/manifest.json", value)])


DEEP = b"[" * 100_000
ONE_TOKEN = source_map([[(0, 0, 0, 0)]], sources=["a"])


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (pack(DataType.MAPPING, bytes(9 << 20)), "larger than 8 MiB"),
        (bundle(bytes(9 << 20)), "larger than 8 MiB"),
        (bundle(DSYM, {f"/{n}.c": " " * (1 << 20) for n in range(9)}), "larger than 8 MiB"),
        (archive([(f"{n}", b"") for n in range(101)]), "101 entries, more than 100"),
        (lying_archive(), "is damaged"),
        (archive([("dwarf", bundle(DSYM))]), "unsupported object file format"),
        (manifest(DEEP), "list of sources is damaged"),
        (manifest(b'{"files": 5}'), "list of sources is damaged"),
        (archive([("dwarf", DSYM)], zipfile.ZIP_LZMA)[:-30], "is damaged"),
        (pack_script(b"", DEEP), "bad json"),
        (pack_script(b"", b'{"sections":[{"offset":{"line":0,"column":0},"map":' * 5_000), ""),
        (pack(DataType.HERMES_MAP, b'{"x_facebook_sources":' + DEEP), "bad json"),
    ],
)
def test_bombs_and_mazes_are_refused_in_words(reader, data, why):
    answer = reader.examine(data)

    assert isinstance(answer, Unreadable)
    assert why in answer.detail


def test_a_script_nested_too_deep_to_parse_costs_no_more_than_a_process(reader):
    data = symbol_data(pack_script(b"(" * 200_000 + b")" * 200_000, ONE_TOKEN))

    answer = reader.look_up(data, [Kind.SCRIPT_MAP], [Position(1, 5)])

    assert isinstance(answer, Unreadable) or answer[0][0].source == "a"
    assert reader.examine(DSYM).kind is Kind.DEBUG_FILE


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "__source/manifest.json", "missing"])
def test_the_list_of_sources_reaches_nothing_outside_of_its_bundle(reader, path):
    files = json.dumps({"version": 1, "files": {"/tmp/build/shop/shop.c": path}})
    data = symbol_data(manifest(files))

    answers = reader.look_up(data, [Kind.DEBUG_FILE], [SourceLine("/tmp/build/shop/shop.c", 1), Address(0x14F0)])

    shown = [place.context for places in answers for place in places if place.context]
    assert "root:" not in json.dumps(shown)


def test_a_source_that_is_too_large_is_as_none(reader):
    files = {"/tmp/build/shop/shop.c": "line\n" * (1 << 18)}

    (answer,) = reader.look_up(symbol_data(bundle(DSYM, files)), [Kind.DEBUG_FILE], [Address(0x14F0)])

    assert [(place.function, place.context) for place in answer] == [("total", None), ("price_of", None)]


def test_a_mapping_that_expands_without_end_is_cut_at_its_innermost_methods(reader):
    text = b"a.B -> c:\n" + b"".join(b"    1:1:void m%d():1:1 -> d\n" % n for n in range(50_000))

    (places,) = reader.look_up(symbol_data(pack(DataType.MAPPING, text)), [Kind.MAPPING], [Method("c", "d", 1)])

    assert [place.function for place in places] == [f"m{n}" for n in reversed(range(100))]


def test_a_name_as_long_as_a_file_is_cut(reader):
    map_ = source_map([[(0, 0, 0, 0)]], sources=["x" * 1_000_000])
    frame = {"platform": "web:javascript", "filename": "x", "function": "f", "lineno": 1, "colno": 1, "chunk_id": "c"}

    (frame,) = frames_of(resolve(reader, frame, found={(CHUNK_ID, "c"): pack_script(b"", map_)}))

    assert frame["source"] == "x" * 4_096


def test_whatever_is_broken_is_answered(reader):
    slowest = 0.0
    outcomes = set()
    for piece in broken_pieces(PIECES, seed=1):
        began = time.monotonic()
        outcomes.add(read_piece(reader, piece))
        slowest = max(slowest, time.monotonic() - began)

    assert {"answered", "content", "data"} <= outcomes
    assert slowest < 20
    assert isinstance(reader.examine(DSYM), Examined)
