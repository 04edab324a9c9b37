"""Ranges cut into minutes, hours, days and months of a place."""

from datetime import UTC, datetime, timedelta

import pytest

from mothlight.queries.calendar import WIDTHS, cut, read_zone
from mothlight.queries.date_range import DateRange

START = datetime(2026, 4, 17, 12, 34, 56, tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "width"),
    [
        (timedelta(minutes=50), "1m"), (timedelta(hours=1), "2m"), (timedelta(hours=4), "5m"),
        (timedelta(days=1), "30m"), (timedelta(days=7), "3h"), (timedelta(days=30), "day"),
        (timedelta(days=90), "week"), (timedelta(days=500), "month"), (timedelta(days=4000), "year"),
        (timedelta(0), "1m"),
    ],
)  # fmt: skip
def test_the_narrowest_width_that_fits(span, width):
    found = cut(DateRange(START, START + span), read_zone("UTC"), 60)

    assert found.width == width


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Africa/Cairo"])
@pytest.mark.parametrize("days", [0.01, 1, 7, 45, 400, 40_000])
@pytest.mark.parametrize("at_most", [5, 7, 60, 200])
def test_edges_rise_enclose_the_range_and_are_not_too_many(zone, days, at_most):
    range_ = DateRange(START, START + timedelta(days=days))

    edges = cut(range_, read_zone(zone), at_most).edges
    assert edges == sorted(set(edges))
    assert edges[0] <= range_.start < edges[1]
    assert edges[-2] <= range_.end < edges[-1]
    assert len(edges) <= at_most + 1


def test_edges_are_round_in_the_zone():
    found = cut(DateRange(START, START + timedelta(days=7)), read_zone("Asia/Kathmandu"), 60)

    assert {(edge.hour % 3, edge.minute) for edge in found.edges} == {(0, 0)}


@pytest.mark.parametrize(("day", "hours"), [(datetime(2026, 3, 29), 23), (datetime(2026, 10, 25), 25)])
def test_the_day_on_which_clocks_change_is_whole(day, hours):
    zone = read_zone("Europe/Berlin")
    start = day.replace(hour=12, tzinfo=zone)

    whole = cut(DateRange(start - timedelta(days=20), start + timedelta(days=20)), zone, 60)
    at = whole.edges.index(day.replace(tzinfo=zone))
    lasting = whole.edges[at + 1].astimezone(UTC) - whole.edges[at].astimezone(UTC)
    assert (whole.width, lasting) == ("day", timedelta(hours=hours))


def test_a_day_without_midnight_begins_when_it_begins():
    zone = read_zone("Africa/Cairo")
    start = datetime(2026, 4, 24, 10, tzinfo=zone)

    edges = cut(DateRange(start, start + timedelta(days=3)), zone, 7).edges
    assert edges[0].isoformat() in ("2026-04-24T01:00:00+03:00", "2026-04-24T00:00:00+03:00")


def test_all_times_that_an_event_can_have_fit_into_one_part():
    first, last = datetime(1900, 1, 1, tzinfo=UTC), datetime(2299, 12, 31, tzinfo=UTC)

    for at_most in (5, 60):
        assert len(cut(DateRange(first, last), read_zone("Asia/Tokyo"), at_most).edges) <= at_most + 1


def test_widths_below_a_day_divide_it():
    assert [seconds for seconds in WIDTHS.values() if seconds < 86_400 and 86_400 % seconds] == []
