"""Events of issues by bucket of five minutes of their receipt, read from the event store.

Only what was kept counts, and nothing of an import. Whose events they are is asked now, so a merged issue has the past
of both.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT
from mothlight.spikes.decide import BUCKET_SECONDS
from mothlight.storage.events.interface import EventStore

MOST_LOUD = 1_000
"""Issues looked at in one bucket, the loudest; with a threshold of 1 all of them are loud."""

_BUCKET = f"intDiv(toUnixTimestamp(received_at), {BUCKET_SECONDS})"


class Loud(msgspec.Struct, frozen=True):
    """An issue with many events in a bucket, and the first of these."""

    issue_id: UUID
    bucket: int
    events: int
    event_uuid: UUID
    event_timestamp: datetime
    environment: str
    fingerprint: str


def read_loud(store: EventStore, project_id: int, buckets: Sequence[int], threshold: int) -> list[Loud]:
    """The issues with at least so many events in one of some successive buckets, in order of bucket and issue."""
    bindings = Bindings()
    where = _received(bindings, buckets[0], buckets[-1])
    most = f"SELECT max(found) FROM (SELECT count() AS found FROM events WHERE {where} GROUP BY {_BUCKET})"
    ((found,),) = store.query(project_id, most, bindings.parameters)
    if (found or 0) < threshold:
        # Mostly so, and nothing of the owners needs to be read.
        return []
    sql = f"""
        SELECT
            issue_id, bucket, sum(events) AS found, argMin(first, first.1).2 AS uuid, argMin(first, first.1).3,
            argMin(first, first.1).4, argMin(fingerprint, first.1)
        FROM (
            SELECT
                grouping_key, {_BUCKET} AS bucket, count() AS events,
                min(tuple(received_at, uuid, timestamp, environment)) AS first
            FROM events WHERE {where} GROUP BY grouping_key, bucket
        ) AS counted
        INNER JOIN (
            SELECT grouping_key, issue_id, fingerprint FROM owners FINAL
            WHERE {OF_PROJECT} AND grouping_key IN (SELECT grouping_key FROM events WHERE {where})
        ) AS owned USING (grouping_key)
        GROUP BY issue_id, bucket HAVING found >= {bindings.bind(threshold, "UInt64")}
        ORDER BY found DESC, toString(issue_id) LIMIT {MOST_LOUD}
    """
    rows = [Loud(*row) for row in store.query(project_id, sql, bindings.parameters)]
    return sorted(rows, key=lambda each: (each.bucket, str(each.issue_id)))


def read_history(
    store: EventStore, project_id: int, issue_ids: Sequence[UUID], buckets: Sequence[int]
) -> dict[UUID, dict[int, int]]:
    """Events of each of the issues by bucket, of those buckets that have any."""
    bindings = Bindings()
    where = _received(bindings, buckets[0], buckets[-1])
    ids = bindings.bind(list(issue_ids), "Array(UUID)")
    owned = f"SELECT grouping_key, issue_id FROM owners FINAL WHERE {OF_PROJECT} AND issue_id IN {ids}"
    sql = f"""
        SELECT issue_id, bucket, sum(events) FROM (
            SELECT grouping_key, {_BUCKET} AS bucket, count() AS events FROM events
            WHERE {where} GROUP BY grouping_key, bucket
        ) AS counted
        INNER JOIN ({owned}) AS owned USING (grouping_key)
        GROUP BY issue_id, bucket
    """
    found: dict[UUID, dict[int, int]] = {issue_id: {} for issue_id in issue_ids}
    for issue_id, bucket, events in store.query(project_id, sql, bindings.parameters):
        found[issue_id][bucket] = events
    return found


def read_totals(store: EventStore, project_id: int, buckets: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Events and distinct issues of the whole project by bucket, of those buckets that have any."""
    bindings = Bindings()
    where = _received(bindings, buckets[0], buckets[-1])
    sql = f"""
        SELECT bucket, sum(events), uniqExact(issue_id) FROM (
            SELECT grouping_key, {_BUCKET} AS bucket, count() AS events FROM events
            WHERE {where} GROUP BY grouping_key, bucket
        ) AS counted
        INNER JOIN (SELECT grouping_key, issue_id FROM owners FINAL WHERE {OF_PROJECT}) AS owned USING (grouping_key)
        GROUP BY bucket
    """
    return {row[0]: (row[1], row[2]) for row in store.query(project_id, sql, bindings.parameters)}


def _received(bindings: Bindings, first: int, last: int) -> str:
    """The condition that an event counts and was received in one of the buckets from the first to the last."""
    start, end = (
        bindings.bind(datetime.fromtimestamp(bucket * BUCKET_SECONDS, UTC), "DateTime64(6, 'UTC')")
        for bucket in (first, last + 1)
    )
    return f"{OF_PROJECT} AND received_at >= {start} AND received_at < {end} AND NOT historical AND grouping_key != 0"
