"""How many events fell into each part of a range (api 8.5, 8.6)."""

from collections.abc import Iterable
from datetime import timedelta

import msgspec

from mothlight.filters.bindings import Bindings
from mothlight.filters.sql_tests import MOMENT_TYPE
from mothlight.queries.date_range import DateRange

MICROSECONDS = 1_000_000


class Bucket(msgspec.Struct, frozen=True):
    """One part of a range, named by its start."""

    label: str
    """ISO 8601 with the numeric offset of UTC."""
    value: int


class Buckets(msgspec.Struct, frozen=True):
    """A range cut into `count` parts, closed at the left and open at the right; the last takes what is left over."""

    range: DateRange
    count: int

    def index(self, bindings: Bindings) -> str:
        """SQL of the number of the part that a `timestamp` falls into, from 0."""
        size = max(1, self.range.seconds // self.count) * MICROSECONDS
        start = bindings.bind(self.range.start, MOMENT_TYPE)
        since = f"(toUnixTimestamp64Micro(timestamp) - toUnixTimestamp64Micro({start}))"
        return f"least({self.count - 1}, intDiv({since}, {size}))"

    def values(self, counted: Iterable[tuple[int, int]]) -> list[int]:
        """The number of events of each part, given those of the parts that have any."""
        values = [0] * self.count
        for index, events in counted:
            values[index] += events
        return values

    def labelled(self, values: Iterable[int]) -> list[Bucket]:
        """The parts with their labels."""
        step = (self.range.end - self.range.start) // timedelta(milliseconds=1) // self.count
        starts = (self.range.start + timedelta(milliseconds=index * step) for index in range(self.count))
        return [Bucket(start.isoformat(), value) for start, value in zip(starts, values, strict=True)]
