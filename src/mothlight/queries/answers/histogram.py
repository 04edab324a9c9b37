"""How many events fell into each part of a range, and which releases began in it."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT
from mothlight.filters.moments import EARLIEST
from mothlight.filters.sql_tests import MOMENT_TYPE
from mothlight.queries.calendar import cut, read_zone
from mothlight.queries.date_range import DateRange, unix_microseconds
from mothlight.queries.focus import Place, is_unknown, read_focus
from mothlight.queries.inspection import Histogram
from mothlight.queries.matching import Matching
from mothlight.queries.together import meanwhile
from mothlight.storage.events.interface import EventStore

MOST_RELEASES = 50


class HistogramPart(msgspec.Struct, frozen=True):
    """One part of the range: its start belongs to it, its end does not."""

    start: datetime
    end: datetime
    """Both in the zone asked for. The first and last part may reach beyond the range."""
    occurrences: int


class BegunRelease(msgspec.Struct, frozen=True):
    """A release whose first event in the project, of whatever issue, lies in the range."""

    version: str
    first_seen: datetime
    part: int
    """The part of the histogram in which that was, from 0."""
    occurrences: int
    """Events of the question that it has."""


class HistogramAnswer(msgspec.Struct, frozen=True):
    """The parts in order, and the releases in the order in which they began."""

    width: str
    """Of a part: `1m` … `12h`, `day`, `week`, `month`, `year` …"""
    time_zone: str
    occurrences: int
    parts: list[HistogramPart]
    releases: list[BegunRelease]
    """The newest, at most 50."""
    more_releases: int
    """Releases that began in the range and are not shown."""


def answer(
    question: Histogram, store: EventStore, metadata: sa.Engine, project_id: int, now: datetime
) -> HistogramAnswer | None:
    """The histogram; None when the project has no such issue. `Refused` for an unknown time zone."""
    place = Place(store, metadata, project_id)
    zone = read_zone(question.time_zone)
    if is_unknown(question.focus, place):
        return None
    range_, matching = read_focus(question.focus, place, now)
    if range_.start == EARLIEST:
        range_ = DateRange(_first_moment(place, matching, range_.end), range_.end)
    found = cut(range_, zone, question.buckets)
    begins = meanwhile(lambda: _begun(place, range_))
    parts = _count(place, matching, found.edges)
    begun = begins.result()
    counted = _count_by_release(place, matching) if begun else {}
    shown = begun[-MOST_RELEASES:]
    return HistogramAnswer(
        width=found.width,
        time_zone=question.time_zone,
        occurrences=sum(part.occurrences for part in parts),
        parts=parts,
        releases=[_released(version, first, parts, counted, zone) for version, first in shown],
        more_releases=len(begun) - len(shown),
    )


def _first_moment(place: Place, matching: Matching, otherwise: datetime) -> datetime:
    sql = f"SELECT count(), min(timestamp) FROM events WHERE {matching.where}"
    ((events, first),) = place.store.query(place.project_id, sql, matching.bindings.parameters)
    return first if events else otherwise


def _count(place: Place, matching: Matching, edges: Sequence[datetime]) -> list[HistogramPart]:
    starts = [unix_microseconds(edge) for edge in edges[:-1]]
    bound = matching.bindings.bind(starts, "Array(Int64)")
    sql = f"""
        SELECT roundDown(toUnixTimestamp64Micro(timestamp), {bound}) AS start, count()
        FROM events WHERE {matching.where} GROUP BY start
    """
    counted = dict(place.store.query(place.project_id, sql, matching.bindings.parameters))
    events = [counted.get(start, 0) for start in starts]
    return [HistogramPart(*each) for each in zip(edges[:-1], edges[1:], events, strict=True)]


VERSION = "JSONExtractString(CAST(release, 'String'), 'version')"


def _begun(place: Place, range_: DateRange) -> list[tuple[str, datetime]]:
    """Version and first moment of the releases that began in the range, oldest first.

    Over all events before its end: what was seen before the range did not begin in it.
    """
    bindings = Bindings()
    start, end = (bindings.bind(bound, MOMENT_TYPE) for bound in (range_.start, range_.end))
    sql = f"""
        SELECT {VERSION} AS version, min(first) AS began FROM (
            SELECT release, min(timestamp) AS first FROM events
            WHERE {OF_PROJECT} AND release != '' AND timestamp <= {end} GROUP BY release
        )
        GROUP BY version HAVING began >= {start} ORDER BY began, version
    """
    # A condition on the version would be moved inside, and JSON be read of every event.
    return [(row[0], row[1]) for row in place.store.query(place.project_id, sql, bindings.parameters) if row[0]]


def _count_by_release(place: Place, matching: Matching) -> dict[str, int]:
    sql = f"""
        SELECT {VERSION} AS version, sum(events) FROM (
            SELECT release, count() AS events FROM events WHERE {matching.where} AND release != '' GROUP BY release
        )
        GROUP BY version
    """
    return dict(place.store.query(place.project_id, sql, matching.bindings.parameters))


def _released(
    version: str, first: datetime, parts: Sequence[HistogramPart], counted: dict[str, int], zone: ZoneInfo
) -> BegunRelease:
    part = next(index for index, each in enumerate(parts) if first < each.end)
    return BegunRelease(version, first.astimezone(zone), part, counted.get(version, 0))
