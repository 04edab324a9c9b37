"""How many requests a key may send, where the operator turned limiting on (api.md 1.8)."""

import math
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mothlight.web.errors import Throttled


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `requests` within any period of this length."""

    requests: int
    period: timedelta


DEFAULT_RATES = (Rate(480, timedelta(minutes=1)), Rate(4800, timedelta(hours=1)))


class KeyBudget:
    """The requests of each key in this process, remembered as long as the longest period."""

    def __init__(self, rates: Sequence[Rate] = DEFAULT_RATES) -> None:
        self._rates = rates
        self._longest = max(rate.period for rate in rates)
        self._lock = threading.Lock()
        self._requests: dict[str, deque[datetime]] = {}

    def spend(self, key_id: str, now: datetime) -> None:
        """Count one request.

        Raises:
            Throttled: the key has none left; a refused request is not counted.
        """
        with self._lock:
            times = self._requests.setdefault(key_id, deque())
            while times and times[0] <= now - self._longest:
                times.popleft()
            wait = max(_wait(times, rate, now) for rate in self._rates)
            if wait > timedelta(0):
                raise Throttled(max(1, math.ceil(wait.total_seconds())))
            times.append(now)


def _wait(times: deque[datetime], rate: Rate, now: datetime) -> timedelta:
    """Time until the period holds one request less than allowed."""
    if len(times) < rate.requests:
        return timedelta(0)
    return times[-rate.requests] + rate.period - now
