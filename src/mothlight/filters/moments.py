"""Texts that name a moment (api 7.1, 7.2): absolute in ISO 8601, or relative to now."""

import calendar
import re
from datetime import UTC, datetime, timedelta

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2299, 12, 31, tzinfo=UTC)
"""What the event store can hold; moments beyond are moved to these."""

_RELATIVE = re.compile(
    r"(?P<sign>[+-])?(?P<number>\d*)(?P<unit>[sMhdwmqy])(?P<position>Start|End)?",
)
_ABSOLUTE = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"(?:[T ](?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?)?"
    r"\s*(?P<offset>Z|z|[+-]\d{2}(?::?\d{2})?)?"
)
_SECONDS = {"s": 1, "M": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400, "q": 91 * 86_400}
_MONTHS = {"m": 1, "y": 12}
_MOST = 10**11
_MOST_DIGITS = 11
_MOST_SECONDS = 10**11


def absolute_moment(text: str) -> datetime | None:
    """The moment of an ISO 8601 text, in UTC where it names no offset; None when it is none."""
    found = _ABSOLUTE.fullmatch(text.strip())
    if found is None:
        return None
    part = found.groupdict()
    micros = int((part["fraction"] or "0").ljust(6, "0")[:6])
    hour, minute, second = (int(part[name] or 0) for name in ("hour", "minute", "second"))
    try:
        moment = datetime(
            int(part["year"]), int(part["month"]), int(part["day"]), hour, minute, second, micros, tzinfo=UTC
        )
        return _within(moment, -_offset(part["offset"]))
    except ValueError:
        return None


def relative_moment(text: str, now: datetime, direction: int = -1) -> datetime | None:
    """The moment of a relative text such as `-7d`, `+1d`, `-1mStart` or `dStart`; None when it is none.

    A sign is honoured; without one the text counts in `direction`, -1 for the past and 1 for the future.
    """
    found = _RELATIVE.fullmatch(text.strip())
    if found is None or not (found["number"] or found["position"]):
        return None
    way = {"+": 1, "-": -1, None: direction}[found["sign"]]
    count = way * _count(found["number"])
    return _positioned(_moved(now, count, found["unit"]), found["unit"], found["position"])


def _count(digits: str) -> int:
    # More digits than Python cares to read mean as much as a few of them.
    digits = digits.lstrip("0")
    return _MOST if len(digits) > _MOST_DIGITS else int(digits or "0")


def _moved(moment: datetime, count: int, unit: str) -> datetime:
    if unit in _SECONDS:
        return _within(moment, timedelta(seconds=max(-_MOST_SECONDS, min(_MOST_SECONDS, count * _SECONDS[unit]))))
    months = moment.year * 12 + moment.month - 1 + count * _MONTHS[unit]
    year, month = divmod(months, 12)
    if not EARLIEST.year <= year <= LATEST.year:
        return EARLIEST if year < EARLIEST.year else LATEST
    return moment.replace(year=year, month=month + 1, day=min(moment.day, _days(year, month + 1)))


def _positioned(moment: datetime, unit: str, position: str | None) -> datetime:
    last_day = _days(moment.year, moment.month)
    changes: dict[tuple[str, str | None], dict[str, int]] = {
        ("h", "Start"): {"minute": 0, "second": 0, "microsecond": 0},
        ("h", "End"): {"minute": 59, "second": 59, "microsecond": 999_999},
        ("d", "Start"): {"hour": 0, "minute": 0, "second": 0, "microsecond": 0},
        ("d", "End"): {"hour": 23, "minute": 59, "second": 59, "microsecond": 999_999},
        ("m", "Start"): {"day": 1},
        ("m", "End"): {"day": last_day},
        ("y", "Start"): {"month": 1, "day": 1},
        ("y", "End"): {"day": last_day},  # the month stays, as the contract has it
    }
    return _within(moment.replace(**changes.get((unit, position), {})), timedelta(0))  # type: ignore[arg-type]


def _within(moment: datetime, step: timedelta) -> datetime:
    try:
        return min(max(moment + step, EARLIEST), LATEST)
    except OverflowError:
        return EARLIEST if step < timedelta(0) else LATEST


def _offset(text: str | None) -> timedelta:
    if text is None or text in "Zz":
        return timedelta(0)
    digits = text[1:].replace(":", "").ljust(4, "0")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -size if text[0] == "-" else size


def _days(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]
