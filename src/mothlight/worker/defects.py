"""Tells of defects that stop events: the trace of each once, then how many events it costs."""

import time
from collections.abc import Callable
from traceback import extract_tb

import msgspec
import structlog

log = structlog.get_logger(__name__)

AGAIN_SECONDS = 60.0
"""How long a defect that goes on is only counted before it is told of again."""
MOST_REMEMBERED = 100

Place = tuple[str, str, int]
"""The kind of a defect, and where it lies: a file and a line."""


class _Told(msgspec.Struct):
    at: float
    events: int = 0
    """Kept aside since then."""


class Defects:
    """Remembers what was told. For one thread.

    A batch that fails is halved again and again, and a defect may hit every batch: told of each time, it would bury the
    log under equal traces.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._told: dict[Place, _Told] = {}

    def met(self, defect: Exception, events: int) -> None:
        """A batch of so many events failed."""
        place = _place(defect)
        if place in self._told:
            return
        if len(self._told) >= MOST_REMEMBERED:
            self.tell_counts(all_of_them=True)
            self._told.clear()
        self._told[place] = _Told(float("-inf"))
        log.error("pipeline_failed", events=events, exc_info=defect)

    def kept_aside(self, defect: Exception, events: int) -> None:
        """The defect was found to lie in these events."""
        self._told.setdefault(_place(defect), _Told(float("-inf"))).events += events

    def tell_counts(self, *, all_of_them: bool = False) -> None:
        """Say how many events defects have cost since that was said last; of each at most once a minute."""
        now = self._monotonic()
        for (kind, file, line), told in self._told.items():
            if told.events and (all_of_them or now - told.at >= AGAIN_SECONDS):
                log.error("events_quarantined", events=told.events, defect=kind, place=f"{file}:{line}")
                told.at, told.events = now, 0


def _place(defect: Exception) -> Place:
    # A wrapper says less than what it was made from.
    cause = defect.__cause__ if isinstance(defect.__cause__, Exception) else defect
    frames = extract_tb(cause.__traceback__)
    kind = type(cause).__name__
    return (kind, frames[-1].filename, frames[-1].lineno or 0) if frames else (kind, "", 0)
