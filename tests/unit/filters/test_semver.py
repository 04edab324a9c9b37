"""Semantic versions as ranges (api 6.4)."""

import pytest

from mothlight.filters.semver import Bound, caret_bounds, read_version, tilde_bounds, wildcard_bounds


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("1.2.3", (1, 2, 3)), ("1.2", (1, 2, 0)), ("1", (1, 0, 0)), ("v1.2.3", (1, 2, 3)), (" 1.2.3 ", (1, 2, 3)),
        ("1.2.3-beta.1", (1, 2, 3)), ("1.2.3+42", (1, 2, 3)), ("1.2-rc", (1, 2, 0)), ("1.2.3.4", (1, 2, 3)),
        ("", None), ("a", None), ("1.x", None), ("1.2.3 beta", None), ("-1", None),
    ],
)  # fmt: skip
def test_the_numbers_of_a_version(text, version):
    assert read_version(text) == version


@pytest.mark.parametrize(
    ("bounds_of", "text", "low", "high"),
    [
        (tilde_bounds, "1.2.3", (1, 2, 3), (1, 3, 0)),
        (tilde_bounds, "~1.2", (1, 2, 0), (1, 3, 0)),
        (tilde_bounds, "1", (1, 0, 0), (2, 0, 0)),
        (caret_bounds, "1.2.3", (1, 2, 3), (2, 0, 0)),
        (caret_bounds, "^0.2.3", (0, 2, 3), (0, 3, 0)),
        (caret_bounds, "0.0.3", (0, 0, 3), (0, 0, 4)),
        (caret_bounds, "0.0", (0, 0, 0), (0, 1, 0)),
        (caret_bounds, "0", (0, 0, 0), (1, 0, 0)),
        (wildcard_bounds, "1.2.*", (1, 2, 0), (1, 3, 0)),
        (wildcard_bounds, "1.*", (1, 0, 0), (2, 0, 0)),
        (wildcard_bounds, "1.x.x", (1, 0, 0), (2, 0, 0)),
    ],
)
def test_ranges(bounds_of, text, low, high):
    assert bounds_of(text) == [Bound(">=", low), Bound("<", high)]


def test_a_star_alone_is_any_version_and_no_star_is_one():
    assert wildcard_bounds("*") == [Bound(">=", (0, 0, 0))]
    assert wildcard_bounds("1.2.3") == [Bound("=", (1, 2, 3))]


@pytest.mark.parametrize("bounds_of", [tilde_bounds, caret_bounds, wildcard_bounds])
@pytest.mark.parametrize("text", ["", "abc", "1.*.2"])
def test_what_is_no_version(bounds_of, text):
    assert bounds_of(text) is None
