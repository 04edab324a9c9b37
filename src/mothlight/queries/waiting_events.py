"""How many stored events wait for the new-issue budget (pipeline 7.5)."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT
from mothlight.filters.sql_tests import MOMENT_TYPE
from mothlight.model.errors import Unavailable
from mothlight.storage.events.interface import EventStore
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.waiting_keys import waiting_projects

SLACK = timedelta(minutes=1)


class WaitingEvents:
    """Counts them in all projects. From any thread."""

    def __init__(self, engine: sa.Engine, store: EventStore) -> None:
        self._engine = engine
        self._store = store
        self.last = 0
        """What was counted last."""

    def count(self) -> int:
        """The number now; what was counted last while a store is away."""
        try:
            with reading(self._engine) as connection:
                projects = waiting_projects(connection)
            self.last = sum(self._count(project_id, since) for project_id, (_, since) in projects.items())
        except Unavailable:
            # That a store is away is told where it stops something.
            pass
        return self.last

    def _count(self, project_id: int, since: datetime) -> int:
        bindings = Bindings()
        received = bindings.bind(since - SLACK, MOMENT_TYPE)
        sql = f"""
            SELECT count() FROM events WHERE {OF_PROJECT} AND received_at >= {received} AND grouping_key != 0
            AND grouping_key NOT IN (SELECT grouping_key FROM owners WHERE {OF_PROJECT})
        """
        ((events,),) = self._store.query(project_id, sql, bindings.parameters)
        return int(events)
