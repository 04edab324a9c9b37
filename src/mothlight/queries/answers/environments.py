"""How often and when issues were seen in each environment, over all time."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT
from mothlight.filters.sql_tests import MOMENT_TYPE
from mothlight.queries.criteria import of_issues
from mothlight.storage.events.interface import EventStore

LAST = 2**62
"""Later than any moment, in microseconds."""

Place = tuple[UUID, str]
"""An issue and an environment."""


class SeenThere(msgspec.Struct, frozen=True):
    """The events of an issue in an environment."""

    occurrences: int
    first_seen: datetime
    last_seen: datetime


class SeenAgain(msgspec.Struct, frozen=True):
    """Events that came since a resolution and did not take it back."""

    count: int
    last_seen: datetime
    """The newest receipt."""


def seen_there(store: EventStore, project_id: int, issue_ids: Sequence[UUID]) -> dict[Place, SeenThere]:
    """Figures of each issue in each environment."""
    if not issue_ids:
        return {}
    bindings = Bindings()
    sql = f"""
        SELECT issue_id, environment, sum(events), min(oldest), max(newest) FROM (
            SELECT grouping_key, environment, count() AS events, min(timestamp) AS oldest, max(timestamp) AS newest
            FROM events WHERE {OF_PROJECT} AND {of_issues(issue_ids, bindings)}
            GROUP BY grouping_key, environment
        ) AS counted
        INNER JOIN ({_owners(issue_ids, bindings)}) AS owned USING (grouping_key)
        GROUP BY issue_id, environment
    """
    rows = store.query(project_id, sql, bindings.parameters)
    return {(issue_id, environment): SeenThere(*figures) for issue_id, environment, *figures in rows}


def seen_again(store: EventStore, project_id: int, resolved: Mapping[Place, datetime]) -> dict[Place, SeenAgain]:
    """Of issues that are resolved in an environment since a moment: the events received there since then."""
    if not resolved:
        return {}
    bindings = Bindings()
    issue_ids = list({issue_id for issue_id, _ in resolved})
    places = bindings.texts([_written(*place) for place in resolved])
    moments = bindings.bind([_microseconds(moment) for moment in resolved.values()], "Array(Int64)")
    earliest = bindings.bind(min(resolved.values()), MOMENT_TYPE)
    since = f"transform(concat(toString(issue_id), '/', environment), {places}, {moments}, toInt64({LAST}))"
    sql = f"""
        SELECT issue_id, environment, count(), max(received_at) FROM (
            SELECT grouping_key, environment, received_at
            FROM events WHERE {OF_PROJECT} AND received_at >= {earliest} AND {of_issues(issue_ids, bindings)}
        ) AS late
        INNER JOIN ({_owners(issue_ids, bindings)}) AS owned USING (grouping_key)
        WHERE toUnixTimestamp64Micro(received_at) >= {since}
        GROUP BY issue_id, environment
    """
    rows = store.query(project_id, sql, bindings.parameters)
    return {(issue_id, environment): SeenAgain(*figures) for issue_id, environment, *figures in rows}


def _owners(issue_ids: Sequence[UUID], bindings: Bindings) -> str:
    ids = bindings.bind(issue_ids, "Array(UUID)")
    return f"SELECT grouping_key, issue_id FROM owners FINAL WHERE {OF_PROJECT} AND issue_id IN {ids}"


def _microseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _written(issue_id: UUID, environment: str) -> str:
    return f"{issue_id}/{environment}"
