"""Removes the events of deleted projects, those in quarantine too."""

from datetime import timedelta

import sqlalchemy as sa
import structlog

from mothlight.kit.clock import Clock
from mothlight.storage.events.interface import EventStore
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories.project_lifetime import mark_events_deleted, projects_with_leftovers
from mothlight.storage.metadata.repositories.quarantine import discard_project

log = structlog.get_logger(__name__)

GRACE = timedelta(seconds=60)
"""How long after its deletion a batch may still be on its way that was begun before."""


def delete_leftovers(engine: sa.Engine, store: EventStore, clock: Clock) -> int:
    """Delete the rows of all projects that were deleted a while ago; returns how many projects there were.

    Raises:
        Unavailable: a store is away; what is not done will be done by the next call.
    """
    with reading(engine) as connection:
        leftover = projects_with_leftovers(connection, clock() - GRACE)
    for project_id in leftover:
        store.delete_project(project_id)
        with writing(engine) as connection:
            discard_project(connection, project_id)
            mark_events_deleted(connection, project_id, clock())
        log.info("project_events_deleted", project_id=project_id)
    return len(leftover)
