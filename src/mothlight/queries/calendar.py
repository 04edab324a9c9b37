"""A range cut into parts that people know: minutes, hours, days, weeks, months, in the calendar of a time zone."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from mothlight.model.errors import invalid
from mothlight.queries.date_range import DateRange

MINUTE, HOUR, DAY = 60, 3600, 86_400

WIDTHS: dict[str, int] = {
    "1m": MINUTE, "2m": 2 * MINUTE, "5m": 5 * MINUTE, "10m": 10 * MINUTE, "15m": 15 * MINUTE, "30m": 30 * MINUTE,
    "1h": HOUR, "2h": 2 * HOUR, "3h": 3 * HOUR, "6h": 6 * HOUR, "12h": 12 * HOUR,
    "day": DAY, "week": 7 * DAY, "month": 28 * DAY, "year": 365 * DAY, "decade": 3650 * DAY, "century": 36_500 * DAY,
}  # fmt: skip
"""The parts by name, narrowest first, with the seconds that one lasts about. To add one below a day: it must divide
the day."""

_YEARS = {"year": 1, "decade": 10, "century": 100}
_FIRST, _LAST = datetime(1900, 1, 2, tzinfo=UTC), datetime(2299, 12, 30, tzinfo=UTC)
"""No event lies outside of these, and days around them exist in every zone."""


class Parts(msgspec.Struct, frozen=True):
    """A range in parts of one width."""

    width: str
    """A name of `WIDTHS`."""
    edges: list[datetime]
    """Where each part begins, in the zone asked for, and where the last one ends: one more than there are parts."""


def read_zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name. `Refused` for any other text."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise invalid(f'"{name}" is not a time zone.', "timeZone") from None


def cut(range_: DateRange, zone: ZoneInfo, at_most: int) -> Parts:
    """The range in at most so many parts, 5 or more, as narrow as possible; the first and last may reach beyond it."""
    start, end = (min(max(bound, _FIRST), _LAST) for bound in (range_.start, range_.end))
    for width in WIDTHS:
        edges = _edges(start, max(start, end), zone, width, at_most)
        if edges is not None:
            return Parts(width, edges)
    raise ValueError(f"no range can be cut into {at_most} parts")


def _edges(start: datetime, end: datetime, zone: ZoneInfo, width: str, at_most: int) -> list[datetime] | None:
    """None when there would be more parts than allowed."""
    edges: list[datetime] = []
    for edge in _edges_from(start.astimezone(zone), zone, width):
        moment = edge.astimezone(UTC)
        # The edge before the start is the first of the parts; earlier ones of the same day are left behind.
        if moment <= start:
            edges = [edge]
            continue
        edges.append(edge)
        if moment > end:
            return edges
        if len(edges) > at_most:
            return None
    return None


def _edges_from(start: datetime, zone: ZoneInfo, width: str) -> Iterator[datetime]:
    """Edges from one at or before the start on, without end."""
    if WIDTHS[width] < DAY:
        yield from _edges_in_days(start, zone, WIDTHS[width])
        return
    day = _first_day(start.date(), width)
    while True:
        yield _midnight(day, zone)
        day = _next_day(day, width)


def _edges_in_days(start: datetime, zone: ZoneInfo, seconds: int) -> Iterator[datetime]:
    day = start.date()
    while True:
        first, following = (_midnight(each, zone).astimezone(UTC) for each in (day, day + timedelta(days=1)))
        # Time goes on evenly when clocks are changed, so such a day has more or fewer parts, or a shorter one.
        for part in range(-(-int((following - first).total_seconds()) // seconds)):
            yield (first + timedelta(seconds=part * seconds)).astimezone(zone)
        day += timedelta(days=1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a day, also where clocks skip its midnight."""
    return datetime.combine(day, time(), zone).astimezone(UTC).astimezone(zone)


def _first_day(day: date, width: str) -> date:
    """The first day of the part that a day is in. Weeks begin on Mondays."""
    if width == "week":
        return day - timedelta(days=day.weekday())
    if width == "month":
        return day.replace(day=1)
    if width in _YEARS:
        return date(day.year - day.year % _YEARS[width], 1, 1)
    return day


def _next_day(day: date, width: str) -> date:
    if width == "month":
        return date(day.year + day.month // 12, day.month % 12 + 1, 1)
    if width in _YEARS:
        return date(day.year + _YEARS[width], 1, 1)
    return day + timedelta(days=7 if width == "week" else 1)
