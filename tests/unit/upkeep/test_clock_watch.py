from datetime import UTC, datetime, timedelta

import pytest

from mothlight.upkeep.clock_watch import ClockWatch

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Times:
    """A clock that can be set, beside time that only passes."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.set_by = 0.0

    def clock(self) -> datetime:
        return NOON + timedelta(seconds=self.passed + self.set_by)

    def monotonic(self) -> float:
        return self.passed


@pytest.mark.parametrize(("step", "told"), [(3600.0, 3600.0), (-3600.0, -3600.0), (1.0, 0.0), (-1.0, 0.0), (0.0, 0.0)])
def test_a_step_is_told_once(step: float, told: float) -> None:
    times = Times()
    watch = ClockWatch(times.clock, times.monotonic)
    times.passed += 7
    assert watch.look() == 0

    times.set_by += step
    times.passed += 1

    assert watch.look() == pytest.approx(told)
    assert watch.look() == 0
