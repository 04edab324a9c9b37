"""A whole server in process, whose every answer is looked at."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import sqlalchemy as sa

from mothlight.access.first_run import Installation
from mothlight.bootstrap.server import Server
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.tables import quarantine
from tests.support.asgi import Received, acall
from tests.support.hostile.questions import Known

MOST_SECONDS = 5.0
"""A request that takes longer hangs."""
SETTLE_SECONDS = 60.0
NOBODY = "00000000-0000-4000-8000-000000000000"
EVERYTHING = {"dateRange": {"date_from": "all", "date_to": "+2d"}, "status": "all", "filterTestAccounts": False}


class Hall:
    """A running server with one project and a key for everything."""

    def __init__(self, server: Server, installation: Installation) -> None:
        assert installation.project is not None
        self.server = server
        self.database = server.stores.database
        self.store = server.stores.events
        self.project_id = installation.project.id
        self.token = installation.project.api_token
        self.key = installation.personal_api_key or ""
        self._runner = asyncio.Runner()

    def call(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, query: str = ""
    ) -> Received:
        """One request as it is on the wire; its answer must come in time and be no defect of ours."""
        decoded = unquote(path, errors="replace")
        began = time.monotonic()
        answer = self._runner.run(acall(self.server.application, method, decoded, [body], headers, query))
        took = time.monotonic() - began

        assert answer.status != 500, f"{method} {path}?{query[:300]}: {answer.body[:300]!r}"
        assert took < MOST_SECONDS, f"{method} {path}?{query[:300]} took {took:.1f} s"
        return answer

    def ask(self, method: str, path: str, body: bytes = b"", query: str = "") -> Received:
        """One request about error tracking in the project, with the key."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        return self.call(method, f"/api/environments/{self.project_id}/error_tracking/{path}", body, headers, query)

    def stats(self) -> Any:
        """The counters."""
        return self.call("GET", "/_stats").json()

    def settle(self) -> Any:
        """The counters, once nothing that was accepted is pending."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while (stats := self.stats())["pending"]:
            assert time.monotonic() < deadline, f"still pending: {stats}"
            time.sleep(0.01)
        return stats

    def stored(self, uuids: list[UUID]) -> set[UUID]:
        """Those of the events that the store has, in an issue or not."""
        known = self.store.query(
            self.project_id,
            "SELECT toString(uuid) FROM events WHERE project_id = {project:UInt32} AND uuid IN {uuids:Array(UUID)}",
            {"uuids": uuids},
        )
        return {UUID(text) for (text,) in known}

    def counted(self) -> int:
        """The rows of exceptions that belong to an issue."""
        ((count,),) = self.store.query(
            self.project_id,
            "SELECT count() FROM events WHERE project_id = {project:UInt32} AND grouping_key IN "
            "(SELECT grouping_key FROM owners FINAL WHERE project_id = {project:UInt32})",
        )
        return int(count)

    def quarantined(self) -> dict[UUID, tuple[str, str]]:
        """Cause and reason of each event in quarantine."""
        rows = sa.select(quarantine.c.event_uuid, quarantine.c.cause, quarantine.c.reason)
        with reading(self.database) as connection:
            found = connection.execute(rows.where(quarantine.c.project_id == self.project_id))
            return {uuid: (cause, reason) for uuid, cause, reason in found}

    def known(self) -> Known:
        """What exists, for requests that shall find something."""
        ids: dict[str, tuple[str, ...]] = {}
        texts: list[str] = ["ada"]
        for path in ("issues", "fingerprints", "changes", "releases", "recommendations", "stack_frames"):
            answer = self.ask("GET", f"{path}/", query="limit=5")
            assert answer.status == 200, answer.body
            rows = answer.json()["results"]
            ids[path] = tuple(row["id"] for row in rows) or (NOBODY,)
            texts += [row[name] for row in rows for name in ("fingerprint", "hash_id") if row.get(name)]
        return Known(self.project_id, self.key, ids, tuple(texts))

    @contextmanager
    def closing(self) -> Iterator["Hall"]:
        """Stop the server at the end."""
        try:
            yield self
        finally:
            self._runner.close()
            self.server.stop()
