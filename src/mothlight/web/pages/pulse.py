"""How the server feels, for the line at the bottom of every page."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from mothlight.model.tally import Tally

LOOKS_BACK_SECONDS = 60.0
APART_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Reading:
    """One look."""

    lag_seconds: float
    """Age of the oldest accepted event that is not yet queryable."""
    events_per_second: float
    """Accepted in the last minute, or since the last look before it."""

    @property
    def is_behind(self) -> bool:
        """Whether figures miss events that came seconds ago."""
        return self.lag_seconds >= 2


class Pulse:
    """Remembers what it counted last, so that it can tell a rate. Safe to use from several threads."""

    def __init__(
        self, tally: Tally, lag_seconds: Callable[[], float], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._tally = tally
        self._lag_seconds = lag_seconds
        self._monotonic = monotonic
        self._lock = Lock()
        self._looks = deque([(monotonic(), tally.read().accepted)])

    def read(self) -> Reading:
        """Look now."""
        now, accepted = self._monotonic(), self._tally.read().accepted
        with self._lock:
            while len(self._looks) > 1 and now - self._looks[1][0] >= LOOKS_BACK_SECONDS:
                self._looks.popleft()
            before, accepted_before = self._looks[0]
            if now - self._looks[-1][0] >= APART_SECONDS:
                self._looks.append((now, accepted))
        seconds = now - before
        rate = (accepted - accepted_before) / seconds if seconds >= APART_SECONDS else 0.0
        return Reading(self._lag_seconds(), rate)
