"""Removes events that are older than they should be kept."""

from datetime import timedelta

import structlog

from mothlight.kit.clock import Clock
from mothlight.storage.events.interface import EventStore

log = structlog.get_logger(__name__)


def drop_old_events(store: EventStore, days: int, clock: Clock) -> int:
    """Drop the partitions whose events are all older than so many days; 0 days keeps all. Returns how many went.

    Issues stay, with their history.

    Raises:
        Unavailable: the event store is away.
    """
    if days <= 0:
        return 0
    moment = clock() - timedelta(days=days)
    dropped = store.drop_events_before(moment)
    if dropped:
        log.info("old_events_dropped", partitions=dropped, older_than=moment.isoformat())
    return dropped
