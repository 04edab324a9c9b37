"""Lag and rate at the bottom of every page."""

from mothlight.model.tally import Tally
from mothlight.web.pages.pulse import Pulse


class Seconds:
    now = 0.0

    def __call__(self):
        return self.now


def test_the_rate_is_of_the_last_minute():
    seconds, tally = Seconds(), Tally()
    pulse = Pulse(tally, lambda: 0.3, seconds)
    tally.accept(100)
    seconds.now = 10
    first = pulse.read()
    for _ in range(12):
        seconds.now += 10
        tally.accept(50)
        later = pulse.read()

    assert (first.lag_seconds, first.events_per_second) == (0.3, 10)
    assert 4.5 <= later.events_per_second <= 5.5


def test_without_a_second_passed_there_is_no_rate():
    seconds, tally = Seconds(), Tally()
    pulse = Pulse(tally, lambda: 0.0, seconds)
    tally.accept(100)

    assert pulse.read().events_per_second == 0


def test_it_is_behind_from_two_seconds_on():
    assert [Pulse(Tally(), lambda lag=lag: lag).read().is_behind for lag in (0.0, 1.9, 2.0, 60.0)] == [
        False,
        False,
        True,
        True,
    ]
