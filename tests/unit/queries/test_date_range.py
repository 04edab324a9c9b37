"""Date ranges: defaults, bounds and directions (api 2.0, 7.3, 7.4)."""

from datetime import UTC, datetime, timedelta

import pytest

from mothlight.filters.moments import EARLIEST
from mothlight.model.errors import Refused
from mothlight.queries.date_range import figures_range, samples_range
from mothlight.queries.questions import Window

NOW = datetime(2026, 4, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("-7d", "2026-04-17T12:00:00+00:00"),
        ("-90M", "2026-04-24T10:30:00+00:00"),
        ("-1m", "2026-03-24T12:00:00+00:00"),
        ("dStart", "2026-04-24T00:00:00+00:00"),
        ("-1dStart", "2026-04-23T00:00:00+00:00"),
        ("-1dEnd", "2026-04-23T23:59:59.999999+00:00"),
        ("mStart", "2026-04-01T12:00:00+00:00"),
        ("2026-04-20", "2026-04-20T00:00:00+00:00"),
        ("nonsense", "2026-04-24T12:00:00+00:00"),
    ],
)
def test_the_examples_of_the_contract(text, moment):
    assert (
        figures_range(Window(text), NOW).start
        == samples_range(Window(text), NOW).start
        == datetime.fromisoformat(moment)
    )


def test_defaults():
    figures, samples = figures_range(Window(), NOW), samples_range(Window(), NOW)

    assert figures.start == samples.start == NOW - timedelta(days=7)
    assert (figures.end, samples.end) == (NOW, NOW + timedelta(seconds=5))
    assert (figures.strict, samples.strict) == (False, True)


@pytest.mark.parametrize(
    ("text", "figures", "samples"),
    [("+1d", 1, 1), ("-1d", -1, -1), ("1d", 1, -1), ("nonsense", 0, 0), ("2026-04-25T12:00", 1, 1)],
)
def test_the_direction_of_a_relative_end(text, figures, samples):
    window = Window(date_to=text)

    assert figures_range(window, NOW).end == NOW + timedelta(days=figures)
    assert samples_range(window, NOW).end == NOW + timedelta(days=samples)


def test_all_is_unlimited_as_a_start_and_refused_as_an_end():
    assert figures_range(Window("all"), NOW).start == EARLIEST
    for read in (figures_range, samples_range):
        with pytest.raises(Refused) as refused:
            read(Window(date_to="all"), NOW)
        assert (refused.value.status, refused.value.attr) == (400, "dateRange__date_to")


def test_whole_seconds():
    assert figures_range(Window("2026-04-24T11:59:50.5"), NOW).seconds == 9
    assert figures_range(Window("2026-04-25"), NOW).seconds == 0
