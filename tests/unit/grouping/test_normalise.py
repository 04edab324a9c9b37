"""What is taken out of texts before they are hashed (pipeline 4.5)."""

import time

import pytest

from mothlight.grouping import normalise, v1, v2, v3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://example.com/alpha/foo.js", "foo.js"),
        ("http://example.com/foo.js?v=1?w=2", "foo.js"),
        pytest.param("foo.js?a/b", "foo.js", id="the query goes first, so its slash does not count"),
        ("C:\\app\\src\\foo.ts", "foo.ts"),
        ("a\\b/c", "c"),
        ("a/", ""),
        ("", ""),
        ("chunk-PGUQKT6S.js", "chunk-*.js"),
        ("chunk-SURMLCAQ.js", "chunk-*.js"),
        ("bootstrap.js", "bootstrap.js"),
        ("ABCDEFG.js", "ABCDEFG.js"),
        ("abcdef1.js", "abcdef1.js"),
        ("abcdefg1.js", "*.js"),
        ("12345678.js", "*.js"),
        ("index-DzcLKNWG.js", "index-DzcLKNWG.js"),
        ("main.8f3a2b1c9d.CHUNKNAME.js", "main.*.*.js"),
        pytest.param("a_12345678_b", "a_*_b", id="an underscore ends a run"),
        pytest.param("größe12345.js", "größe12345.js", id="so does a letter that is not ASCII: e12345 is short"),
    ],
)
def test_source(text, expected):
    assert normalise.source(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("app.module", "app.module"), ("a/b12345678", "a/b12345678"), ("a?b", "a"), ("?", "")]
)
def test_module(text, expected):
    assert normalise.module(text) == expected


@pytest.mark.parametrize(
    ("text", "second", "third"),
    [
        ("Cannot read property 'foo' of undefined", "Cannot read property '*' of undefined", None),
        ('no "such" thing', "no '*' thing", None),
        ("'a' and \"b\" and 'c'", "'*' and '*' and '*'", None),
        ("it's 'x'", "it'*'x'", "it'*'*'"),
        ("an 'unclosed quote", "an 'unclosed quote", None),
        ("at 0xDEADbeef!", "at *!", None),
        ("id 3f2504e0-4f89-11d3-9a0c-0305e82c3301 gone", "id * gone", None),
        ("id 3F2504E0-4F89-11D3-9A0C-0305E82C3301", "id *", None),
        ("commit 0123456789abcdef", "commit *", None),
        ("commit 0123456789abcde", "commit #abcde", None),
        ("took 1.5 s of 20", "took # s of #", "took # * of #"),
        ("version 1.2.3", "version #.#", None),
        ("v2", "v#", "*#"),
        pytest.param("٣ items", "# items", None, id="digits of any script"),
        ("can't read x of y", "can't read x of y", "can'* read * of *"),
        ("a.b is not a function", "a.b is not a function", "*.* is not * function"),
        ("$ and _ and $x", "$ and _ and $x", "* and * and $x"),
        pytest.param("né", "né", "*é", id="only ASCII makes names"),
        ("plain words only", "plain words only", None),
        ("", "", None),
        ("x" * 201, "x" * 200, None),
        pytest.param("'" + "x" * 300 + "' " + "y" * 300, "'*' " + "y" * 196, None, id="cut after masking"),
    ],
)
def test_message(text, second, third):
    assert v1.message(text) == text
    assert v2.message(text) == second
    assert v3.message(text) == (second if third is None else third)


@pytest.mark.parametrize("hostile", ["'", "\"'", "0x", "a ", "1.", "0123456789abcde-", "f" * 15 + " "])
def test_takes_time_linear_in_the_message(hostile):
    start = time.perf_counter()

    v3.message((hostile * 10_000)[:10_000])

    assert time.perf_counter() - start < 0.5
