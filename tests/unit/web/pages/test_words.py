"""How times, numbers and sizes read."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from mothlight.web.pages import words

NOW = datetime(2026, 11, 24, 3, 12, tzinfo=UTC)


def _context(zone=UTC):
    return {"here": SimpleNamespace(now=NOW, zone=zone)}


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        (timedelta(), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=23), "23 h ago"),
        (timedelta(days=29), "29 d ago"),
        (timedelta(days=31), "1 mo ago"),
        (timedelta(days=800), "2 y ago"),
        (-timedelta(hours=2), "in 2 h"),
    ],
)
def test_a_time_is_relative_and_exact_on_hover(passed, expected):
    shown = words.ago(_context(), NOW - passed)

    assert f">{expected}</time>" in shown
    assert f'datetime="{(NOW - passed).isoformat(timespec="milliseconds")}"' in shown


def test_the_exact_time_is_in_the_viewers_zone():
    assert words.exact(_context(), NOW) == "24 Nov 2026, 03:12:00 UTC"
    assert words.exact(_context(ZoneInfo("Asia/Tokyo")), NOW) == "24 Nov 2026, 12:12:00 JST"
    assert ">24 Nov 2026</time>" in words.day(_context(), NOW)
    assert words.ago(_context(), None) == words.at(_context(), None) == "never"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0"),
        (9_999, "9,999"),
        (10_000, "10.0k"),
        (41_203, "41.2k"),
        (412_030, "412k"),
        (1_204_331, "1.2M"),
        (30_400_000_000, "30.4G"),
        (-20_000, "-20.0k"),
        (1.5, "1.5"),
    ],
)
def test_a_number_is_short_where_it_is_large(value, expected):
    assert words.short_number(value) == expected


def test_a_short_number_has_the_exact_one_on_hover():
    assert words.number(41_203, "events") == '<data value="41203" title="41,203 events">41.2k</data>'
    assert words.number(12) == '<data value="12">12</data>'


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1536, "1.5 KiB"),
        (200 * 1024, "200 KiB"),
        (3 * 2**30, "3.0 GiB"),
        (2**52, "4096 TiB"),
    ],
)
def test_bytes_have_the_largest_unit_that_leaves_digits(value, expected):
    assert words.size(value) == expected


@pytest.mark.parametrize(
    ("part", "total", "expected"),
    [(0, 0, "0 %"), (0, 9, "0 %"), (1, 1000, "< 1 %"), (999, 1000, "> 99 %"), (9, 9, "100 %"), (1, 3, "33 %")],
)
def test_a_share_never_hides_what_is_there(part, total, expected):
    assert words.share(part, total) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Mira Lindqvist", "ML"), ("mira.lindqvist@x.test", "ML"), ("admin@localhost", "AD"), ("Jo", "JO"), ("", "")],
)
def test_a_face_has_two_letters(name, expected):
    assert words.initials(name) == expected


def test_nouns_ids_and_addresses():
    assert (words.plural(1, "issue"), words.plural(1200, "issue")) == ("1 issue", "1,200 issues")
    assert words.plural(2, "person", "people") == "2 people"
    assert words.shorten("0123456789", 7) == '<span title="0123456789">012…789</span>'
    assert words.shorten("short") == "short"
    assert words.with_values("/a", {"q": "x y&", "n": None, "t": ["1", "2"]}) == "/a?q=x%20y%26&t=1&t=2"
    assert words.with_values("/a", {"n": None}) == "/a"


def test_what_comes_from_outside_is_escaped():
    assert "<b>" not in words.shorten("<b>" * 20)
