"""What an event store promises. Every engine runs the suite in `tests/contract/test_event_store.py`."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from mothlight.storage.events.rows import DropRow, EventRow, IssueRow, OverrideRow, OwnerRow, PersonRow, StackRow

Parameter = str | int | float | bool | datetime | UUID | Sequence[str] | Sequence[int] | Sequence[UUID]


class RefusedRow(msgspec.Struct, frozen=True):
    """A row that the store cannot take, and why."""

    row: EventRow
    reason: str


class Move(msgspec.Struct, frozen=True):
    """Events that are to have another grouping key."""

    id: UUID
    """Of the whole; several calls may have the same."""
    condition: str
    """SQL about `events`: which ones, among those with one of the keys."""
    parameters: Mapping[str, Parameter]
    keys: Mapping[int, int]
    """The new grouping key by the present one. No key is on both sides."""
    settings: str = ""
    """`SETTINGS …` that the condition needs."""


class EventStore(Protocol):
    """Holds events and what queries join them with.

    Methods block and may be called from any thread. A store that is away raises `model.errors.Unavailable`; so does a
    query that exceeds its time or memory limit (with a detail that says so). What is inserted shows in the next query
    of this store object.
    """

    def migrate(self) -> None:
        """Bring the schema up to date; does nothing when it is."""

    def check(self) -> None:
        """Return when the store answers; raise `Unavailable` with the reason otherwise."""

    def insert_events(self, rows: Sequence[EventRow]) -> list[RefusedRow]:
        """Store the rows. A block that the store refuses is halved until the bad rows are alone; those are returned."""

    def insert_drops(self, rows: Sequence[DropRow]) -> None:
        """Store events that are only counted. A block that comes twice is stored once."""

    def insert_stacks(self, rows: Sequence[StackRow]) -> None:
        """Store stacks; of equal hashes the highest version counts."""

    def insert_owners(self, rows: Sequence[OwnerRow]) -> None:
        """Store owners; of equal grouping keys the highest version counts."""

    def insert_issues(self, rows: Sequence[IssueRow]) -> None:
        """Store issue states; of equal ids the highest version counts."""

    def insert_persons(self, rows: Sequence[PersonRow]) -> None:
        """Store persons; of equal ids the highest version counts."""

    def insert_overrides(self, rows: Sequence[OverrideRow]) -> None:
        """Store merged-away persons; of equal old ids the highest version counts."""

    def known_events(self, project_id: int, uuids: Collection[UUID], received_after: datetime) -> set[UUID]:
        """Those of the uuids that the project has, also as drops, among events received after the moment."""

    def known_stacks(self, project_id: int, hashes: Collection[str]) -> set[str]:
        """Those of the hashes that the project has a stack for."""

    def move_events(self, project_id: int, move: Move) -> int:
        """Give events another grouping key, each at most once; how many were moved by this call.

        A move that a crash cut short is brought to its end by the same call again, or by `finish_move`. While it is
        under way some of its events are in no answer; none is ever in an answer twice, and none is lost.
        """

    def finish_move(self, project_id: int, move: UUID) -> None:
        """Bring the events of a move that was cut short to where they go. Does nothing when there are none."""

    def query(
        self, project_id: int, sql: str, parameters: Mapping[str, Parameter] | None = None
    ) -> list[tuple[Any, ...]]:
        """The rows of one SELECT about one project.

        `sql` must hold `{project:UInt32}` wherever it reads a table, and gets it bound; a statement without it is a
        ValueError. Other values are bound too (`{name:Type}`), never written into the text.
        """

    def delete_project(self, project_id: int) -> None:
        """Remove every row of a project from every table."""

    def drop_events_before(self, moment: datetime) -> int:
        """Drop the partitions whose events and drops are all older than the moment; return how many went."""

    def size_on_disk(self) -> int:
        """Bytes that all tables take."""

    def close(self) -> None:
        """Let go of connections and, where embedded, of the engine."""
