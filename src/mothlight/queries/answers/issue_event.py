"""One event of an issue, and the way to its neighbours: newest, oldest, previous and next among those that match."""

from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.filters.sql_tests import MOMENT_TYPE
from mothlight.model.errors import not_found
from mothlight.queries.focus import Place, is_unknown, read_focus
from mothlight.queries.inspection import IssueEvent
from mothlight.queries.matching import Matching
from mothlight.queries.whole_event import WholeEvent, read_event
from mothlight.storage.events.interface import EventStore

ORDER = "(timestamp, toString(uuid))"
"""As in `query/issue_events`: by time, then by id."""


class IssueEventAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An event and where it stands."""

    event: WholeEvent | None
    """Null when no event matches."""
    position: int
    """From 1, the newest; 0 without an event."""
    occurrences: int
    """Events that match."""
    newest: UUID | None
    oldest: UUID | None
    newer: UUID | None
    """The next one towards the newest; null at the newest."""
    older: UUID | None


NOTHING = IssueEventAnswer(event=None, position=0, occurrences=0, newest=None, oldest=None, newer=None, older=None)


def answer(
    question: IssueEvent, store: EventStore, metadata: sa.Engine, project_id: int, now: datetime
) -> IssueEventAnswer | None:
    """The event; None when the project has no such issue. `Refused` for an event that is not among the matching."""
    place = Place(store, metadata, project_id)
    if is_unknown(question.focus, place):
        return None
    _, matching = read_focus(question.focus, place, now)
    found = _find(question.at, place, matching)
    if found is None:
        if isinstance(question.at, UUID):
            raise not_found("No such event matches.")
        return NOTHING
    uuid, timestamp = found
    return _with_neighbours(place, matching, uuid, timestamp)


def _find(at: UUID | str, place: Place, matching: Matching) -> tuple[UUID, datetime] | None:
    if isinstance(at, UUID):
        place_of_it = matching.also(f"uuid = {matching.bindings.bind(at, 'UUID')}")
        sql = f"SELECT uuid, timestamp FROM events WHERE {place_of_it.where} LIMIT 1"
    else:
        direction = "DESC" if at == "newest" else "ASC"
        sql = f"""
            SELECT uuid, timestamp FROM events WHERE {matching.where}
            ORDER BY timestamp {direction}, toString(uuid) {direction} LIMIT 1
        """
    rows = place.store.query(place.project_id, sql, matching.bindings.parameters)
    return (rows[0][0], rows[0][1]) if rows else None


def _with_neighbours(place: Place, matching: Matching, uuid: UUID, timestamp: datetime) -> IssueEventAnswer:
    bindings = matching.bindings
    here = f"({bindings.bind(timestamp, MOMENT_TYPE)}, {bindings.text(str(uuid))})"
    sql = f"""
        SELECT
            count(), countIf({ORDER} > {here}), argMax(uuid, {ORDER}), argMin(uuid, {ORDER}),
            argMinIf(uuid, {ORDER}, {ORDER} > {here}), argMaxIf(uuid, {ORDER}, {ORDER} < {here})
        FROM events WHERE {matching.where}
    """
    ((count, newer_ones, newest, oldest, newer, older),) = place.store.query(place.project_id, sql, bindings.parameters)
    return IssueEventAnswer(
        event=read_event(place, uuid, timestamp),
        position=newer_ones + 1,
        occurrences=count,
        newest=newest,
        oldest=oldest,
        newer=newer if newer_ones else None,
        older=older if newer_ones + 1 < count else None,
    )
