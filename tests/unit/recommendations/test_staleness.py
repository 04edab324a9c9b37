"""When a recommendation is computed again (api.md 5.1)."""

from datetime import UTC, datetime, timedelta

import pytest

from mothlight.recommendations.kinds import KINDS
from mothlight.recommendations.staleness import EPOCH, is_stale, window_shift

SIX_HOURS = timedelta(hours=6)
NOW = datetime(2026, 4, 24, 12, tzinfo=UTC)


def window_start(project_id, kind, interval, moment):
    """The start of the window that holds the moment."""
    shift = window_shift(project_id, kind, interval)
    return EPOCH - shift + ((moment - EPOCH + shift) // interval) * interval


def test_intervals_are_the_contracts():
    assert {kind: KINDS[kind].interval for kind in sorted(KINDS)} == {
        "alerts": None,
        "long_running_issues": timedelta(hours=6),
        "quiet_issues": timedelta(hours=24),
        "rate_limits": None,
        "source_maps": timedelta(hours=6),
    }


def test_what_was_never_computed_or_has_no_interval_is_stale():
    assert is_stale(1, "source_maps", SIX_HOURS, None, NOW)
    assert is_stale(1, "alerts", None, NOW, NOW)


def test_a_row_holds_until_its_window_ends():
    start = window_start(1, "source_maps", SIX_HOURS, NOW)
    last = start + SIX_HOURS - timedelta(microseconds=1)

    assert not is_stale(1, "source_maps", SIX_HOURS, start, last)
    assert is_stale(1, "source_maps", SIX_HOURS, start, start + SIX_HOURS)
    assert is_stale(1, "source_maps", SIX_HOURS, last, start + SIX_HOURS)


@pytest.mark.parametrize("minutes", range(0, 360, 17))
def test_one_interval_after_a_computation_it_is_always_stale(minutes):
    computed_at = NOW + timedelta(minutes=minutes)

    assert is_stale(1, "source_maps", SIX_HOURS, computed_at, computed_at + SIX_HOURS)


def test_projects_and_types_do_not_start_their_windows_together():
    shifts = {
        window_shift(project, kind, SIX_HOURS) for project in range(20) for kind in ("source_maps", "quiet_issues")
    }

    assert len(shifts) == 40
    assert all(timedelta(0) <= shift < SIX_HOURS for shift in shifts)
    assert window_shift(1, "source_maps", SIX_HOURS) == window_shift(1, "source_maps", SIX_HOURS)
