"""Which events meet the conditions of an alert: its environments and its property filters, asked of the event store."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT
from mothlight.filters.parse import read_filters
from mothlight.filters.sql import all_of
from mothlight.queries.date_range import DateRange
from mothlight.storage.events.interface import EventStore
from mothlight.storage.metadata.repositories.alerts import StoredAlert
from mothlight.storage.metadata.repositories.announcements import StoredAnnouncement

AT_ONCE = 1_000
"""Events that one statement is asked about."""
PATIENCE = timedelta(minutes=2)
"""How long an announced event is waited for; after that any later event of its issue will do. An event that limits let
go is never stored."""
ALL_PATIENCE = timedelta(hours=1)
"""After that an event that nobody stored meets no conditions."""


class Met(NamedTuple):
    """What is known about announced events."""

    met: list[StoredAnnouncement]
    """Their events meet the conditions."""
    waiting: list[StoredAnnouncement]
    """Their events are not stored yet."""


def condition_sql(alert: StoredAlert, bindings: Bindings, now: datetime) -> str:
    """SQL about a row of `events`."""
    conditions = all_of(read_filters(alert.filters), bindings, now)
    if alert.environments:
        conditions.append(f"environment IN {bindings.texts(alert.environments)}")
    return " AND ".join(conditions) or "1"


def meeting(
    store: EventStore,
    alert: StoredAlert,
    announcements: Sequence[StoredAnnouncement],
    now: datetime,
    *,
    waits: bool = True,
) -> Met:
    """Which announced events meet the conditions of an alert of the same project.

    Unless it waits, events that are not stored meet none.

    Raises:
        Unavailable: the event store is away.
    """
    there = [each for each in announcements if not alert.environments or (each.environment or "") in alert.environments]
    if not alert.filters:
        return Met(there, [])
    found: dict[UUID, bool] = {}
    for start in range(0, len(there), AT_ONCE):
        found |= _look_up(store, alert, there[start : start + AT_ONCE], now)
    met = [each for each in there if found.get(each.event_uuid)]
    waiting: list[StoredAnnouncement] = []
    for each in there if waits else ():
        if each.event_uuid in found:
            continue
        age = now - each.created_at
        if age >= PATIENCE and _is_met_later(store, alert, each, now):
            met.append(each)
        elif age < ALL_PATIENCE:
            waiting.append(each)
    return Met(met, waiting)


def _look_up(
    store: EventStore, alert: StoredAlert, announcements: Collection[StoredAnnouncement], now: datetime
) -> dict[UUID, bool]:
    """Of the events that are stored, whether each meets the conditions."""
    bindings = Bindings()
    moments = [each.event_timestamp for each in announcements]
    when = DateRange(min(moments), max(moments)).condition(bindings)
    uuids = bindings.bind([each.event_uuid for each in announcements], "Array(UUID)")
    condition = condition_sql(alert, bindings, now)
    sql = f"SELECT uuid, ({condition}) FROM events WHERE {OF_PROJECT} AND {when} AND uuid IN {uuids}"
    rows = store.query(alert.project_id, sql, bindings.parameters)
    return {UUID(str(uuid)): bool(is_met) for uuid, is_met in rows}


def _is_met_later(store: EventStore, alert: StoredAlert, announcement: StoredAnnouncement, now: datetime) -> bool:
    """Whether an event of the issue that was received since meets the conditions."""
    bindings = Bindings()
    since = bindings.bind(announcement.created_at - PATIENCE, "DateTime64(6, 'UTC')")
    issue = bindings.bind(announcement.issue_id, "UUID")
    condition = condition_sql(alert, bindings, now)
    keys = f"SELECT grouping_key FROM owners FINAL WHERE {OF_PROJECT} AND issue_id = {issue}"
    sql = (
        f"SELECT 1 FROM events WHERE {OF_PROJECT} AND received_at >= {since} AND grouping_key IN ({keys}) "
        f"AND {condition} LIMIT 1"
    )
    return bool(store.query(alert.project_id, sql, bindings.parameters))
