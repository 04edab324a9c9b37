"""Ids in scripts: where the statement goes, that maps follow, and that nothing is done twice."""

import json
from pathlib import Path
from shutil import copytree

import pytest

from mothlight.symbols.container import pack_script
from mothlight.symbols.look_ups import Kind, Position
from mothlight.symbols.reader import SymbolReader
from mothlight.symbols.scripts import find_chunk_id
from mothlight.uploader.failures import UploadFailed
from mothlight.uploader.inject import inject, make_snippet, place_of, stable_id
from mothlight.uploader.scripts import Pair, Selection, find_pairs
from mothlight.uploader.source_map import SourceMap, shift_mappings
from tests.support.source_maps import source_map
from tests.support.symbols import GOLDEN, symbol_data


@pytest.mark.parametrize(
    "before",
    [
        "",
        "#!/usr/bin/env node\n",
        '"use strict";',
        "'use strict' ;",
        '"use strict";"use asm";',
        '"use strict"\n',
        '#!/usr/bin/env node\n"use strict";',
        '/* licence */"use strict";',
        '// licence\n"use strict";',
    ],
)
@pytest.mark.parametrize("code", ["var a=1", "!function(){}()", '{let b="use strict"}'])
def test_the_statement_stands_behind_directives(before: str, code: str):
    assert (before + code)[: place_of(before + code)] == before


@pytest.mark.parametrize(
    "code", ['"a"+b', '"use strict"\n(function(){})()', "'a'.length", '"use \\x73trict";f()', "/* a */f()"]
)
def test_what_only_looks_like_a_directive_stays_behind(code: str):
    assert place_of(code) == 0


def test_equal_code_has_equal_ids_as_the_plugins_make_them():
    # Of the plugin's own: SHA-1 over its namespace and the code, as a UUID of version 5.
    assert stable_id("var a=1") == stable_id("var a=1") != stable_id("var a=2")
    assert stable_id("var a=1")[14] == "5"


@pytest.mark.parametrize(
    ("mappings", "line", "column", "expected"),
    [
        ("AAAA,IACA", 0, 0, "UAAA,IACA"),
        ("AAAA,IACA", 0, 4, "AAAA,cACA"),
        ("AAAA,IACA", 0, 1, "AAAA,cACA"),
        ("AAAA,IACA", 0, 5, "AAAA,IACA"),
        (";AAAA", 0, 0, ";AAAA"),
        (";AAAA;EACA", 1, 0, ";UAAA;EACA"),
        ("AAAA", 3, 0, "AAAA"),
        ("", 0, 0, ""),
        ("A,,C", 0, 1, "A,,W"),
    ],
)
def test_mappings_move_by_ten_from_a_place_on(mappings: str, line: int, column: int, expected: str):
    assert shift_mappings(mappings, line, column, 10) == expected


@pytest.mark.parametrize("mappings", ["!AAA", "g"])
def test_mappings_that_are_none_are_refused(mappings: str):
    with pytest.raises(UploadFailed, match="mappings"):
        shift_mappings(mappings, 0, 0, 10)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copytree(GOLDEN / "web" / "plain", tmp_path / "dist")
    return tmp_path / "dist"


def looked_up(reader: SymbolReader, script: str, map_: bytes, line: int, column: int):
    data = symbol_data(pack_script(script.encode(), map_))
    answer = reader.look_up(data, [Kind.SCRIPT_MAP], [Position(line, column)])
    assert isinstance(answer, list), answer
    return [(place.source, place.line, place.function) for place in answer[0]]


def test_places_are_the_same_after_the_statement_was_put_in(folder: Path, symbol_reader: SymbolReader):
    for pair in find_pairs(Selection([folder])).pairs:
        before, map_before = pair.read_script(), pair.map.read_bytes()
        columns = range(1, min(len(before.split("\n")[0]), 3000), 97)
        expected = [looked_up(symbol_reader, before, map_before, 1, column) for column in columns]

        done = inject(pair, stable_id, release_id="0198c0de", bound_release=None)

        after, map_after = pair.read_script(), pair.map.read_bytes()
        by = len(make_snippet(done.chunk_id, "0198c0de"))
        assert [looked_up(symbol_reader, after, map_after, 1, column + by) for column in columns] == expected
        assert find_chunk_id(after) == done.chunk_id == stable_id(before)
        assert json.loads(map_after)["chunk_id"] == done.chunk_id
        assert after.split("\n")[-2] == f"//# chunkId={done.chunk_id}"


def test_doing_it_again_changes_nothing(folder: Path):
    (pair, *_) = find_pairs(Selection([folder])).pairs
    first = inject(pair, stable_id, release_id=None, bound_release=None)
    content = (pair.script.read_bytes(), pair.map.read_bytes())

    again = inject(pair, lambda _: "another", release_id="r", bound_release=None)

    assert (again.chunk_id, again.is_new) == (first.chunk_id, False)
    assert (pair.script.read_bytes(), pair.map.read_bytes()) == content


def test_a_run_that_broke_off_between_map_and_script_is_finished(folder: Path):
    (pair, *_) = find_pairs(Selection([folder])).pairs
    before = pair.script.read_bytes()
    first = inject(pair, stable_id, release_id=None, bound_release=None)
    map_ = pair.map.read_bytes()
    pair.script.write_bytes(before)

    again = inject(pair, lambda _: "another", release_id=None, bound_release=None)

    assert again.chunk_id == first.chunk_id
    assert pair.map.read_bytes() == map_
    assert find_chunk_id(pair.read_script()) == first.chunk_id


def test_a_map_of_sections_moves_from_the_first_one_on(tmp_path: Path, symbol_reader: SymbolReader):
    one = json.loads(source_map([[(0, 0, 0, 0)]], sources=["one.ts"], sourcesContent=["a()"]))
    two = json.loads(source_map([[(0, 0, 0, 0)]], sources=["two.ts"], sourcesContent=["b()"]))
    sections = [
        {"offset": {"line": 0, "column": 0}, "map": one},
        {"offset": {"line": 0, "column": 4}, "map": two},
        {"offset": {"line": 1, "column": 0}, "map": one},
    ]
    pair = Pair(tmp_path / "a.js", tmp_path / "a.js.map")
    pair.script.write_text("a();b();\na();")
    pair.map.write_text(json.dumps({"version": 3, "sections": sections}))

    inject(pair, stable_id, release_id=None, bound_release=None)

    by = pair.read_script().index("a();b();")
    script, map_ = pair.read_script(), pair.map.read_bytes()
    assert looked_up(symbol_reader, script, map_, 1, by + 1)[0][0] == "one.ts"
    assert looked_up(symbol_reader, script, map_, 1, by + 6)[0][0] == "two.ts"
    assert looked_up(symbol_reader, script, map_, 2, 1)[0][0] == "one.ts"


def test_a_release_is_bound_in_the_map_where_it_is_not_in_the_script(folder: Path):
    (pair, *_) = find_pairs(Selection([folder])).pairs

    inject(pair, lambda _: "random", release_id=None, bound_release="r-1")

    written = SourceMap(pair.map.read_bytes(), "map")
    assert (written.text("chunk_id"), written.text("release_id")) == ("random", "r-1")
    assert "_posthogReleaseId" not in pair.read_script()


@pytest.mark.parametrize(
    ("content", "words"), [(b"no json", "no source map"), (b"[1]", "no source map"), (b"\xff", "no source map")]
)
def test_a_map_that_is_none_is_named(tmp_path: Path, content: bytes, words: str):
    with pytest.raises(UploadFailed, match=rf"a\.js\.map is {words}"):
        SourceMap(content, "a.js.map")


def test_a_guard_in_front_of_a_map_is_passed_over():
    assert SourceMap(b")]}'\n" + source_map([[(0, 0, 0, 0)]], sources=["a"]), "a").is_empty is False
