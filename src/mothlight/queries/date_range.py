"""`dateRange` as two moments (api 7): which text means what, and which bounds belong to the range."""

from datetime import UTC, datetime, timedelta

import msgspec

from mothlight.filters.bindings import Bindings
from mothlight.filters.moments import EARLIEST, absolute_moment, relative_moment
from mothlight.filters.sql_tests import MOMENT_TYPE
from mothlight.model.errors import invalid
from mothlight.queries.questions import Window
from mothlight.storage.events.schema import DAY

UNLIMITED = "all"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SAMPLE_GRACE = timedelta(seconds=5)
"""How far into the future sampled events may lie when no end is asked for."""


class DateRange(msgspec.Struct, frozen=True):
    """Two moments in UTC. Empty when the end lies before the start."""

    start: datetime
    end: datetime
    strict: bool = False
    """Whether the bounds themselves lie outside."""

    @property
    def seconds(self) -> int:
        """Whole seconds from start to end, 0 for an empty range."""
        return max(0, (self.end - self.start) // timedelta(seconds=1))

    def condition(self, bindings: Bindings) -> str:
        """SQL about `timestamp`."""
        start, end = (bindings.bind(bound, MOMENT_TYPE) for bound in (self.start, self.end))
        # Events are sorted by day, and the engine skips days only if it is told so; the hint is not evaluated by row.
        days = f"indexHint({DAY} BETWEEN toDate32({start}) AND toDate32({end}))"
        moments = (
            f"timestamp > {start} AND timestamp < {end}" if self.strict else f"timestamp BETWEEN {start} AND {end}"
        )
        return f"{days} AND {moments}"


def figures_range(window: Window, now: datetime) -> DateRange:
    """The range of figures: both bounds belong to it. A relative end without a sign counts into the future."""
    end = now if window.date_to is None else _end(window.date_to, now, direction=1)
    return DateRange(_start(window.date_from, now), end)


def samples_range(window: Window, now: datetime) -> DateRange:
    """The range of sampled events: both bounds lie outside. A relative end without a sign counts into the past."""
    end = now + SAMPLE_GRACE if window.date_to is None else _end(window.date_to, now, direction=-1)
    return DateRange(_start(window.date_from, now), end, strict=True)


def unix_microseconds(moment: datetime) -> int:
    """Microseconds since 1970: what the store's `toUnixTimestamp64Micro` gives."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _start(text: str, now: datetime) -> datetime:
    if text.strip() == UNLIMITED:
        return EARLIEST
    return absolute_moment(text) or relative_moment(text, now) or now


def _end(text: str, now: datetime, direction: int) -> datetime:
    if text.strip() == UNLIMITED:
        raise invalid('"all" is not an end of a date range.', "dateRange__date_to")
    return absolute_moment(text) or relative_moment(text, now, direction) or now
