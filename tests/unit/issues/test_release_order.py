"""The order of releases."""

from datetime import UTC, datetime, timedelta

import pytest

from mothlight.issues.release_order import compare, newest, read_version

NOW = datetime(2026, 4, 24, tzinfo=UTC)
SEEN = {"aaa1": NOW, "bbb2": NOW + timedelta(days=1), "1.0.0+2": NOW, "1.0.0+1": NOW + timedelta(days=1)}

IN_ORDER = [
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0",
    "v1.0.1",
    "1.0.1.1",
    "1.2",
    "1.10.0",
    "2026.04.24",
]


def test_semantic_versions_are_in_order():
    for place, release in enumerate(IN_ORDER):
        for other_place, other in enumerate(IN_ORDER):
            expected = "same" if place == other_place else "later" if place > other_place else "earlier"
            assert compare(release, other, {}).order == expected, (release, other)


@pytest.mark.parametrize("text", ["", "8675309", "main", "1.2.3.4.5", "1.2.x", "9f2c1ab", "1.2-", "1..2", "-1.2"])
def test_anything_else_is_no_version(text):
    assert read_version(text) is None


@pytest.mark.parametrize(
    ("release", "other", "order"),
    [
        ("bbb2", "aaa1", "later"),
        ("aaa1", "bbb2", "earlier"),
        ("never seen", "aaa1", "later"),
        ("aaa1", "never seen", "earlier"),
        ("never seen", "nor this", "unknown"),
        ("shop@2.0.0", "cart@1.0.0", "unknown"),
        ("1.0.0+1", "1.0.0+2", "later"),
        ("1.0.0", "aaa1", "later"),
    ],
)
def test_else_the_first_sighting_decides(release, other, order):
    found = compare(release, other, SEEN)

    assert (found.order, found.by_version) == (order, False)


def test_the_newest_of_several():
    assert newest(["1.9.0", "1.10.0", "1.2.0"], {}) == "1.10.0"
    assert newest(["aaa1", "bbb2"], SEEN) == "bbb2"
    assert newest([], {}) is None
