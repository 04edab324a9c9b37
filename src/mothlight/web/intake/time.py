"""When an event happened, by the server's clock (ingest 5)."""

import re
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_FUTURE = timedelta(hours=23)
_MILLISECONDS_FROM = 100_000_000_000
"""An epoch number of this size or more counts milliseconds: as seconds it would lie in the year 5138."""

_OLDEST_SENT_AT = datetime(2021, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_ODD_YEAR = re.compile(r"(?:[+-]\d{4,}|\d{5,})-\d\d-\d\d")
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)")


class ClientClock:
    """Turns the times of one request into the server's."""

    def __init__(self, now: datetime, sent_at: datetime | None) -> None:
        self._now = now
        self._latest = now + _FUTURE
        self._skew = None if sent_at is None else sent_at - now

    def correct(self, timestamp: datetime | None, offset: object, *, ignore_sent_at: bool) -> datetime:
        """The time of an event. `offset`: milliseconds before sending, by the client, if it says so."""
        try:
            moment = self._moment(timestamp, offset, ignore_sent_at=ignore_sent_at)
            if moment.tzinfo is not UTC:
                moment = moment.astimezone(UTC)
        except (OverflowError, ValueError):
            return EPOCH
        return self._now if moment > self._latest else moment

    def _moment(self, timestamp: datetime | None, offset: object, *, ignore_sent_at: bool) -> datetime:
        if offset is not None and isinstance(offset, int | float) and not isinstance(offset, bool):
            return self._now - timedelta(milliseconds=offset)
        if timestamp is None:
            return self._now
        if self._skew is None or ignore_sent_at:
            return timestamp
        return timestamp - self._skew


def parse_time(value: object) -> datetime | None:
    """The moment that a client wrote down, aware; None when it is not one.

    Takes RFC 3339 and its looser relatives, and epoch seconds or milliseconds as text or number. Without a zone it is
    UTC. Years that cannot be represented give the epoch.
    """
    if isinstance(value, str):
        return _parse_text(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_epoch(value)
    return None


def parse_strict_time(value: object) -> datetime | None:
    """The moment of an RFC 3339 text with its zone; None for everything else."""
    if not isinstance(value, str) or _RFC_3339.fullmatch(value) is None:
        return None
    return parse_time(value.upper())


def parse_sent_at(value: str | None) -> datetime | None:
    """The time of sending in a query: milliseconds. Values that give 2020 or before are seconds, which nobody meant."""
    if value is None or not (value.isascii() and value.isdigit()):
        return None
    moment = _from_milliseconds(int(value[:20]))
    return moment if moment is not None and moment >= _OLDEST_SENT_AT else None


def _parse_text(text: str) -> datetime | None:
    # Numbers are looked for first in everything that has no dash after a year: the standard library reads some epoch
    # numbers as dates without separators.
    if text[4:5] != "-":
        return _parse_odd(text.strip())
    return _parse_iso(text) or _parse_iso(text.strip().upper())


def _parse_odd(text: str) -> datetime | None:
    if _NUMBER.fullmatch(text):
        return _from_epoch(float(text))
    if _ODD_YEAR.match(text):
        return EPOCH
    return _parse_iso(text.upper())


def _parse_iso(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return EPOCH if text.startswith("0000-") else None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _from_epoch(number: float) -> datetime | None:
    milliseconds = number if abs(number) >= _MILLISECONDS_FROM else number * 1000
    return _from_milliseconds(milliseconds) or EPOCH


def _from_milliseconds(milliseconds: float) -> datetime | None:
    try:
        return EPOCH + timedelta(milliseconds=milliseconds)
    except (OverflowError, ValueError):
        return None
