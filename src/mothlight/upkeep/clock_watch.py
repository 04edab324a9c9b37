"""Notices when the machine's clock is set while the server runs, and says so: times that it gives jump then."""

import time
from collections.abc import Callable

import structlog

from mothlight.kit.clock import Clock

log = structlog.get_logger(__name__)

LEAST_SECONDS = 5.0
"""What two looks may differ by for other reasons: a clock that is being slowed down, a process that had to wait."""


class ClockWatch:
    """Compares the clock with one that nobody can set."""

    def __init__(self, clock: Clock, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._difference = self._measure()

    def look(self) -> float:
        """Seconds by which the clock was set since the last look: positive forward, 0 for less than is worth a word."""
        difference = self._measure()
        step = difference - self._difference
        self._difference = difference
        if abs(step) < LEAST_SECONDS:
            return 0.0
        log.warning("clock_stepped", seconds=round(step, 1))
        return step

    def _measure(self) -> float:
        return self._clock().timestamp() - self._monotonic()
