"""A project with errors that people work on: events through the real pipeline, work through the REST API."""

import itertools
import os
from typing import Any
from uuid import UUID

import httpx
import msgspec
import sqlalchemy as sa

from mothlight.kit.ids import id_maker
from mothlight.model.event import ReceivedEvent
from mothlight.persons.apply import Entry
from mothlight.pipeline.run import Pipeline
from mothlight.storage.metadata import tables
from mothlight.storage.metadata.engine import reading
from mothlight.storage.mirror import Mirror
from mothlight.symbols.reader import SymbolReader
from tests.support.received import received

EVER = {"date_from": "all", "date_to": "2030-01-01"}


class Figures(msgspec.Struct, frozen=True):
    """What the issue list says of one issue."""

    occurrences: int
    users: int
    status: str
    name: str | None
    assignee: Any


class Triage:
    """Work on the owner's project of an `Api`."""

    def __init__(self, api: Any, reader: SymbolReader) -> None:
        self.api = api
        self.reader = reader
        self.project = api.cast.project.id
        self.engine = api.cast.engine
        clock = api.hands.now
        self.pipeline = Pipeline(
            self.engine,
            api.events,
            Mirror(self.engine, api.events),
            blobs=api.blobs,
            reader=reader,
            clock=clock,
            make_id=id_maker(clock, os.urandom),
        )
        self._sequences = itertools.count(1)

    # Events

    def capture(self, fingerprint: str | None, users: int = 1, **more: Any) -> None:
        """One event of each of so many users, all with a fingerprint of the application's choice."""
        moment = more.pop("timestamp", self.api.hands.now())
        events = [
            received(
                self.project,
                {"$exception_fingerprint": fingerprint, **more},
                distinct_id=f"user-{number}",
                timestamp=moment,
                received_at=self.api.hands.now(),
            )
            for number in range(users)
        ]
        self.process(*events)

    def process(self, *events: ReceivedEvent) -> None:
        """Let received events go through the pipeline."""
        self.pipeline.run([Entry(next(self._sequences), list(events))])

    def issue(self, fingerprint: str, users: int = 1, **more: Any) -> str:
        """Capture and give the id of the issue."""
        self.capture(fingerprint, users, **more)
        return self.owner(fingerprint)

    # Answers

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """One request about error tracking in the project."""
        answer: httpx.Response = self.api.tracking(method, path, **request)
        return answer

    def ok(self, method: str, path: str, **request: Any) -> Any:
        """The JSON of an answer that is no error."""
        answer = self.ask(method, path, **request)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def owner(self, fingerprint: str) -> str:
        """The issue that owns a fingerprint."""
        owner: str = self.ok("GET", "fingerprints/resolve/", params={"fingerprint": fingerprint})["issue_id"]
        return owner

    def figures(self) -> dict[str, Figures]:
        """All listed issues, as the query endpoint shows them."""
        body = {"dateRange": EVER, "status": "all", "filterTestAccounts": False, "limit": 100}
        rows = self.ok("POST", "query/issues/", json=body)["results"]
        return {
            row["id"]: Figures(
                row["aggregations"]["occurrences"],
                row["aggregations"]["users"],
                row["status"],
                row["name"],
                row["assignee"],
            )
            for row in rows
        }

    def state(self) -> dict[str, Any]:
        """All issues with their values, states and fingerprints, from the lists of the API."""
        issues = self.ok("GET", "issues/", params={"limit": 1000})["results"]
        for issue in issues:
            issue["environments"] = {each["name"]: each["status"] for each in issue["environments"]}
        owned: dict[str, list[str]] = {issue["id"]: [] for issue in issues}
        for each in self.ok("GET", "fingerprints/", params={"limit": 1000})["results"]:
            owned[each["issue_id"]].append(each["fingerprint"])
        return {issue["id"]: {**issue, "fingerprints": sorted(owned[issue["id"]])} for issue in issues}

    def changes(self, **asked: Any) -> list[Any]:
        """Entries of the journal, newest first."""
        results: list[Any] = self.ok("GET", "changes/", params=asked)["results"]
        return results

    def kinds(self, **asked: Any) -> list[str]:
        """Kinds of the entries that people made, newest first."""
        return [entry["kind"] for entry in self.changes(actor="user", **asked)]

    # Work

    def change(self, issue: str, **values: Any) -> Any:
        """PATCH an issue."""
        return self.ok("PATCH", f"issues/{issue}/", json=values)

    def assign(self, issue: str, assignee: Any) -> None:
        """Give an issue to somebody."""
        assert self.ok("PATCH", f"issues/{issue}/assign/", json={"assignee": assignee}) == {"success": True}

    def merge(self, target: str, *sources: str, **params: Any) -> Any:
        """Merge issues into the target."""
        return self.ok("POST", f"issues/{target}/merge/", json={"ids": list(sources)}, params=params)

    def split(self, issue: str, *fingerprints: str) -> list[str]:
        """Split fingerprints off; the ids of the new issues."""
        body = {"fingerprints": [{"fingerprint": value} for value in fingerprints]}
        ids: list[str] = self.ok("POST", f"issues/{issue}/split/", json=body)["new_issue_ids"]
        return ids

    def undo(self, entry: Any = None, **body: Any) -> httpx.Response:
        """Take an entry back, by default the newest."""
        entry_id = (entry or self.changes()[0])["id"]
        return self.ask("POST", f"changes/{entry_id}/undo/", json=body)

    def undone(self, entry: Any = None, **body: Any) -> Any:
        """The entry of an undo that works."""
        answer = self.undo(entry, **body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def versions(self) -> dict[str, int]:
        """How often each fingerprint has moved."""
        with reading(self.engine) as connection:
            columns = (tables.fingerprints.c.fingerprint, tables.fingerprints.c.version)
            rows = connection.execute(sa.select(*columns).where(tables.fingerprints.c.project_id == self.project))
            return {row[0]: row[1] for row in rows}

    def user(self, person: Any) -> dict[str, Any]:
        """A person as an assignee."""
        return {"type": "user", "id": person.user.id}


UNKNOWN = str(UUID(int=1))
