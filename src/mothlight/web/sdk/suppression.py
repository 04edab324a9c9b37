"""The suppression rules of a project for its browsers, at most half a second old."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import sqlalchemy as sa

from mothlight.access.cache import ShortMemory
from mothlight.model.errors import Unavailable
from mothlight.rules.for_clients import client_rules
from mothlight.rules.kinds import SUPPRESSION
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.rules import list_rules

FindRules = Callable[[int], Awaitable[list[dict[str, Any]]]]

FRESH_SECONDS = 0.5
MOST_PROJECTS = 10_000


class ClientRules:
    """Looks them up. While the database is away the last answer holds: clients go without, the server drops anyway."""

    def __init__(self, engine: sa.Engine, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._memory: ShortMemory[list[dict[str, Any]]] = ShortMemory(FRESH_SECONDS, MOST_PROJECTS, elapsed)

    async def find(self, project_id: int) -> list[dict[str, Any]]:
        """The rules of a project, as the remote config has them."""
        known = self._memory.fresh(project_id)
        return known[0] if known is not None else await asyncio.to_thread(self._ask, project_id)

    def _ask(self, project_id: int) -> list[dict[str, Any]]:
        try:
            return self._memory.ask(project_id, lambda: self._read(project_id))
        except Unavailable:
            known = self._memory.stale(project_id)
            return [] if known is None else known[0]

    def _read(self, project_id: int) -> list[dict[str, Any]]:
        with reading(self._engine) as connection:
            return client_rules(list_rules(connection, project_id, SUPPRESSION.name))
