"""Writes every copy of the mirror anew, on request: copies are written once, and a restore may have lost some."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
import structlog

from mothlight.kit.clock import Clock
from mothlight.storage.events.interface import EventStore
from mothlight.storage.metadata.engine import alone, reading, writing
from mothlight.storage.metadata.repositories import issues, mirror, mirrored, persons
from mothlight.storage.mirror import ISSUE, OVERRIDE, OWNER, PERSON, Mirror

log = structlog.get_logger(__name__)

ROWS_AT_ONCE = 2_000
"""Others who change one of the rows wait as long as it takes to note so many."""


class Copies(msgspec.Struct, frozen=True):
    """A table of copies."""

    table: str
    identifier: str = ""
    """The column by which copies are found whose row is gone. Empty: such a copy is passed over."""
    counts: str = ""
    """The condition under which a copy says something."""
    load: Callable[[sa.Connection, int, Sequence[UUID]], Collection[UUID]] | None = None


# What others point at comes first.
COPIES: Mapping[str, Copies] = {
    OVERRIDE: Copies("person_overrides", "old_person_id", "old_person_id != person_id", persons.load_overrides),
    PERSON: Copies("persons", "person_id", "deleted = 0", persons.load_persons),
    ISSUE: Copies("issues", "issue_id", "deleted = 0", issues.load_issues),
    OWNER: Copies("owners"),
}


def catch_up(engine: sa.Engine, store: EventStore, target: Mirror, clock: Clock) -> int:
    """Write all copies anew if somebody asked for it, and in any case what is noted; returns the number of copies.

    One node does it; after a crash or an `Unavailable` it begins anew.

    Raises:
        Unavailable: one of the stores is away; requests and notes stay.
    """
    with reading(engine) as connection:
        requests = mirror.requests_for_rebuild(connection)
    rebuilt = 0
    if requests:
        with alone(engine, "mirror") as is_ours:
            if is_ours:
                rebuilt = _Rebuild(engine, store, target, clock).run()
                with writing(engine) as connection:
                    mirror.delete_notes(connection, requests)
    return rebuilt + target.sync()


class _Rebuild:
    def __init__(self, engine: sa.Engine, store: EventStore, target: Mirror, clock: Clock) -> None:
        self._engine = engine
        self._store = store
        self._mirror = target
        self._clock = clock

    def run(self) -> int:
        """Write everything; how many copies."""
        with reading(self._engine) as connection:
            project_ids = mirrored.list_project_ids(connection)
        newest = max((self._newest_version(project_id) for project_id in project_ids), default=0)
        with writing(self._engine) as connection:
            # Metadata that is older than the copies would number the new ones as older.
            mirror.pass_sequence(connection, newest)
        total = sum(self._write(kind, project_id) for project_id in project_ids for kind in COPIES)
        log.info("mirror_rebuilt", projects=len(project_ids), copies=total)
        return total

    def _newest_version(self, project_id: int) -> int:
        newest = 0
        for copies in COPIES.values():
            sql = f"SELECT max(version) FROM {copies.table} WHERE project_id = {{project:UInt32}}"  # noqa: S608
            newest = max(newest, int(self._store.query(project_id, sql)[0][0]))
        return newest

    def _write(self, kind: str, project_id: int) -> int:
        total = 0
        for keys in self._slices(kind, project_id):
            with writing(self._engine) as connection:
                mirrored.lock_keys(connection, kind, project_id, keys)
                mirror.write_notes(connection, project_id, kind, map(str, keys), self._clock())
            total += len(keys)
            # At once, so that those who sync after a change of their own find little that is not theirs.
            self._mirror.sync()
        return total

    def _slices(self, kind: str, project_id: int) -> Iterator[Sequence[Any]]:
        """The keys of all rows, then those of copies that say something about a row that is gone."""
        after = None
        while keys := self._next_keys(kind, project_id, after):
            yield keys
            after = keys[-1]
        yield from self._leftovers(COPIES[kind], project_id)

    def _next_keys(self, kind: str, project_id: int, after: Any) -> list[Any]:
        with reading(self._engine) as connection:
            return mirrored.next_keys(connection, kind, project_id, after, ROWS_AT_ONCE)

    def _leftovers(self, copies: Copies, project_id: int) -> Iterator[Sequence[UUID]]:
        if copies.load is None:
            return
        after = ""
        while found := self._next_copies(copies, project_id, after):
            ids = [UUID(each) for each in found]
            with reading(self._engine) as connection:
                known = copies.load(connection, project_id, ids)
            if gone := [each for each in ids if each not in known]:
                yield gone
            after = found[-1]

    def _next_copies(self, copies: Copies, project_id: int, after: str) -> list[str]:
        sql = f"""
            SELECT toString({copies.identifier}) AS id FROM {copies.table} FINAL
            WHERE project_id = {{project:UInt32}} AND {copies.counts} AND id > {{after:String}}
            ORDER BY id LIMIT {ROWS_AT_ONCE}
        """  # noqa: S608
        return [row[0] for row in self._store.query(project_id, sql, {"after": after})]
