"""Texts that name a moment (api 7.1 to 7.4)."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothlight.filters.moments import EARLIEST, LATEST, absolute_moment, relative_moment

NOW = datetime(2026, 4, 24, 12, 11, 10, 250_000, tzinfo=UTC)


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-04-24", utc(2026, 4, 24)),
        ("2026-4-2", utc(2026, 4, 2)),
        (" 2026-04-24T10:00 ", utc(2026, 4, 24, 10)),
        ("2026-04-24T10:00:00.5Z", utc(2026, 4, 24, 10, 0, 0, 500_000)),
        ("2026-04-24T10:00:00.1234567Z", utc(2026, 4, 24, 10, 0, 0, 123_456)),
        ("2026-04-24T12:00:00+02:00", utc(2026, 4, 24, 10)),
        ("2026-04-24T12:00:00-0130", utc(2026, 4, 24, 13, 30)),
        ("2026-04-24 12:00", utc(2026, 4, 24, 12)),
        ("0001-01-01", EARLIEST),
        ("9999-12-31T23:59:59-23:59", LATEST),
    ],
)
def test_absolute(text, moment):
    assert absolute_moment(text) == moment


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-13-01", "2026-02-30", "2026-04-24T25:00", "-7d", "2026", "2026-04-24x"]
)
def test_what_is_not_absolute(text):
    assert absolute_moment(text) is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("-1d", utc(2026, 4, 23, 12, 11, 10, 250_000)),
        ("-24h", utc(2026, 4, 23, 12, 11, 10, 250_000)),
        ("-90s", utc(2026, 4, 24, 12, 9, 40, 250_000)),
        ("-90M", utc(2026, 4, 24, 10, 41, 10, 250_000)),
        ("-2w", utc(2026, 4, 10, 12, 11, 10, 250_000)),
        ("-1q", utc(2026, 1, 23, 12, 11, 10, 250_000)),
        ("-1m", utc(2026, 3, 24, 12, 11, 10, 250_000)),
        ("-4m", utc(2025, 12, 24, 12, 11, 10, 250_000)),
        ("-1y", utc(2025, 4, 24, 12, 11, 10, 250_000)),
        ("+1d", utc(2026, 4, 25, 12, 11, 10, 250_000)),
        ("hStart", utc(2026, 4, 24, 12)),
        ("-1hEnd", utc(2026, 4, 24, 11, 59, 59, 999_999)),
        ("dStart", utc(2026, 4, 24)),
        ("-1dStart", utc(2026, 4, 23)),
        ("-1dEnd", utc(2026, 4, 23, 23, 59, 59, 999_999)),
        ("mStart", utc(2026, 4, 1, 12, 11, 10, 250_000)),
        ("-1mStart", utc(2026, 3, 1, 12, 11, 10, 250_000)),
        ("-1mEnd", utc(2026, 3, 31, 12, 11, 10, 250_000)),
        ("mEnd", utc(2026, 4, 30, 12, 11, 10, 250_000)),
        ("yStart", utc(2026, 1, 1, 12, 11, 10, 250_000)),
        ("yEnd", utc(2026, 4, 30, 12, 11, 10, 250_000)),
        ("-999999999999y", EARLIEST),
        ("+999999999999d", LATEST),
    ],
)
def test_relative(text, moment):
    assert relative_moment(text, NOW) == moment


@pytest.mark.parametrize(
    ("now", "text", "moment"),
    [
        (utc(2026, 3, 31), "-1m", utc(2026, 2, 28)),
        (utc(2024, 2, 29), "-1y", utc(2023, 2, 28)),
        (utc(2026, 1, 31), "+1m", utc(2026, 2, 28)),
    ],
)
def test_a_day_that_a_month_lacks_becomes_its_last(now, text, moment):
    assert relative_moment(text, now) == moment


def test_a_sign_is_honoured_and_without_one_the_direction_counts():
    yesterday, tomorrow = utc(2026, 4, 23, 12, 11, 10, 250_000), utc(2026, 4, 25, 12, 11, 10, 250_000)

    assert relative_moment("1d", NOW) == relative_moment("-1d", NOW, direction=1) == yesterday
    assert relative_moment("1d", NOW, direction=1) == relative_moment("+1d", NOW) == tomorrow


@pytest.mark.parametrize("text", ["", "d", "-d", "7", "-7x", "7 d", "Start", "-7dMiddle", "2026-04-24", "-1D"])
def test_what_is_not_relative(text):
    assert relative_moment(text, NOW) is None


@given(st.text())
def test_no_text_fails(text):
    for moment in (absolute_moment(text), relative_moment(text, NOW)):
        assert moment is None or EARLIEST <= moment <= LATEST


@pytest.mark.parametrize("digits", ["9" * 12, "9" * 5_000, "0" * 5_000 + "9" * 12])
def test_more_digits_than_python_reads_reach_the_ends_of_time(digits):
    assert relative_moment(f"-{digits}d", NOW) == EARLIEST
    assert relative_moment(f"+{digits}y", NOW) == LATEST


def test_leading_zeros_count_nothing():
    assert relative_moment("-" + "0" * 5_000 + "7d", NOW) == relative_moment("-7d", NOW)


@pytest.mark.parametrize("text", ["+999999yEnd", "+999999hEnd", "+999999dEnd", "+9999999mEnd", "-999999yStart"])
def test_a_position_does_not_lead_beyond_the_ends_of_time(text):
    assert EARLIEST <= relative_moment(text, NOW) <= LATEST
