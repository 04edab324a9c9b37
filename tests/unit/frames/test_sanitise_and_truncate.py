"""Texts are cleaned and cut as pipeline 2.2 and 2.3 say."""

import pytest

from mothlight.frames.errors import TooDeep
from mothlight.frames.sanitise import sanitise, sanitise_text
from mothlight.frames.truncate import truncate, truncate_line

SPACES = " " * 50


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("a\0b\0", "a\ufffdb\ufffd"),
        pytest.param(f"a{SPACES}b", f"a{SPACES}b", id="a short text keeps its white space"),
        pytest.param(f"a{SPACES}b\0", "a<ws trimmed>b\ufffd", id="U+0000 makes a short text lose its white space"),
        pytest.param(f"{SPACES}{'x' * 462}", f"{SPACES}{'x' * 462}", id="512 bytes are not touched"),
        pytest.param(f"{SPACES}{'x' * 463}", f"<ws trimmed>{'x' * 463}", id="513 bytes are"),
        pytest.param(f"{SPACES}{'ä' * 231}", f"{SPACES}{'ä' * 231}", id="bytes count: 512"),
        pytest.param(f"{SPACES}{'ä' * 232}", f"<ws trimmed>{'ä' * 232}", id="bytes count: 514"),
        pytest.param(f"{'x' * 600}{' ' * 49}y", f"{'x' * 600}{' ' * 49}y", id="49 are no long run"),
        pytest.param(
            f"{'x' * 600}\t\n\r\u2003{SPACES}y", f"{'x' * 600}<ws trimmed>y", id="any white space, run by run"
        ),
        pytest.param(f"{'x' * 600}{SPACES}y{SPACES}", f"{'x' * 600}<ws trimmed>y<ws trimmed>", id="every run"),
    ],
)
def test_cleans_a_text(text, expected):
    assert sanitise_text(text) == expected


def test_cleans_every_text_inside_but_no_key():
    sent = {"a\0": ["x\0", {"b": "y\0"}, 1, None, True], "c": "fine"}

    assert sanitise(sent, 1) == {"a\0": ["x\ufffd", {"b": "y\ufffd"}, 1, None, True], "c": "fine"}


def test_leaves_a_clean_value_alone():
    sent = {"a": ["x", {"b": "y"}]}

    assert sanitise(sent, 1) is sent


def test_does_not_change_what_it_was_given():
    sent = {"a": ["x\0"]}

    sanitise(sent, 1)

    assert sent == {"a": ["x\0"]}


def nested(levels):
    value = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


def test_takes_64_levels_and_no_more():
    assert sanitise(nested(64), 1) == nested(64)
    with pytest.raises(TooDeep, match="Recursion limit exceeded"):
        sanitise(nested(65), 1)


def test_counts_the_levels_above_a_value():
    assert sanitise([nested(61)], 3)
    with pytest.raises(TooDeep):
        sanitise([nested(62)], 3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("short", "short"),
        ("x" * 255, "x" * 255),
        ("x" * 256, "x" * 252 + "..."),
        pytest.param("ä" * 127, "ä" * 127, id="254 bytes"),
        pytest.param("ä" * 128, "ä" * 126 + "...", id="256 bytes"),
        pytest.param("x" + "€" * 85, "x" + "€" * 83 + "...", id="no half character"),
        pytest.param("😀" * 64, "😀" * 63 + "...", id="four bytes each"),
    ],
)
def test_cuts_a_text_to_its_bytes(text, expected):
    assert truncate(text, 255) == expected
    assert len(expected.encode()) <= 255


@pytest.mark.parametrize(
    ("line", "expected"),
    [("x" * 300, "x" * 300), ("x" * 301, "x" * 300 + "...\u2702\ufe0f"), ("ä" * 301, "ä" * 300 + "...\u2702\ufe0f")],
)
def test_cuts_a_source_line_to_its_characters(line, expected):
    assert truncate_line(line) == expected
