"""The second step of a repair: grouping keys get the fingerprints of their stacks as they are read now, issue by issue.

A key's fingerprint follows from its stack and from what is kept with it of its exceptions, so no event is read, and
none needs to be stored yet. Of keys from before that was kept the newest event is asked.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa

from mothlight.grouping import candidates
from mothlight.grouping.kept import read_entries
from mothlight.issues.journal import PIPELINE, Author
from mothlight.issues.renew import Renewal, Renewed, renew_fingerprints
from mothlight.kit.clock import Clock
from mothlight.kit.ids import MakeId
from mothlight.model.stack import ExceptionEntry, Stack
from mothlight.pipeline.repair.stacks import StackRepair, in_portions
from mothlight.pipeline.stack_symbols import StackResolver, refs_of, renamed, type_name
from mothlight.pipeline.stored_stacks import StoredStacks
from mothlight.storage.events.interface import EventStore, Parameter
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories import stale_keys as repository
from mothlight.storage.metadata.repositories.stale_keys import StaleKey
from mothlight.storage.metadata.repositories.symbol_repairs import Repair, note_consequences
from mothlight.storage.mirror import Mirror
from mothlight.symbols.exceptions import may_be_renamed

STACKS_AT_ONCE = 1_000
ISSUES_AT_ONCE = 50
KEYS_AT_ONCE = 200
"""In one transaction; others wait for it."""
MOST_TRIES = 5
"""Of keys that somebody else is moving at the same moment."""

_NEXT = """
SELECT hash, version FROM stacks FINAL
WHERE project_id = {project:UInt32} AND has(refs, {ref:String}) AND hash > {cursor:String}
ORDER BY hash LIMIT {limit:UInt32}
"""
_VERSIONS = """
SELECT hash, version, length(frames) FROM stacks FINAL
WHERE project_id = {project:UInt32} AND hash IN {hashes:Array(String)}
"""
_NEWEST = """
SELECT grouping_key, max(timestamp) FROM events
WHERE project_id = {project:UInt32} AND grouping_key IN {keys:Array(UInt64)} GROUP BY grouping_key
"""
_EXCEPTIONS = """
SELECT grouping_key, exceptions FROM events
WHERE project_id = {project:UInt32} AND grouping_key IN {keys:Array(UInt64)}
    AND timestamp = {moment:DateTime64(6, 'UTC')}
LIMIT 1 BY grouping_key
"""


class KeyRepair:
    """Renews grouping keys. What it raises is `Unavailable`."""

    def __init__(
        self,
        engine: sa.Engine,
        store: EventStore,
        mirror: Mirror,
        resolver: StackResolver,
        stacks: StackRepair,
        clock: Clock,
        make_id: MakeId,
    ) -> None:
        self._engine = engine
        self._store = store
        self._mirror = mirror
        self._resolver = resolver
        self._stacks = StoredStacks(store)
        self._repair_of_stacks = stacks
        self._clock = clock
        self._make_id = make_id

    def next_page(self, repair: Repair) -> str:
        """Renew what is outdated of the stacks behind the cursor. Doing it twice is as doing it once.

        Returns the hash of the last one; empty when there is none left.
        """
        parameters: dict[str, Parameter] = {"ref": repair.ref, "cursor": repair.cursor, "limit": STACKS_AT_ONCE}
        versions: dict[str, int] = dict(self._store.query(repair.project_id, _NEXT, parameters))
        if not versions:
            return ""
        issues = self._issues_of(repair.project_id, versions)
        for start in range(0, len(issues), ISSUES_AT_ONCE):
            self._renew_issues(repair, issues[start : start + ISSUES_AT_ONCE])
            self._mirror.sync()
        return max(versions)

    def _issues_of(self, project_id: int, versions: Mapping[str, int]) -> list[UUID]:
        """Issues with keys that a newer version of one of the stacks makes outdated."""
        with reading(self._engine) as connection:
            found = repository.keys_of_stacks(connection, project_id, versions)
        return sorted({key.issue_id for key in found if key.stack_version < versions[key.stack]})

    def _renew_issues(self, repair: Repair, issue_ids: Sequence[UUID]) -> None:
        """All outdated keys of some issues, so that what becomes of each is decided once."""
        keys = self._keys_of(repair.project_id, issue_ids)
        if len(keys) < KEYS_AT_ONCE:
            self._renew_keys(repair, keys)
            return
        # There may be more than can be done together: one issue after the other then, in portions.
        for issue_id in issue_ids:
            after: int | None = None
            while some := self._keys_of(repair.project_id, [issue_id], after):
                self._renew_keys(repair, some)
                after = some[-1].grouping_key

    def _keys_of(self, project_id: int, issue_ids: Sequence[UUID], after: int | None = None) -> list[StaleKey]:
        with reading(self._engine) as connection:
            return repository.keys_of_issues(connection, project_id, issue_ids, after, KEYS_AT_ONCE)

    def _renew_keys(self, repair: Repair, keys: Sequence[StaleKey]) -> None:
        rows = self._store.query(repair.project_id, _VERSIONS, {"hashes": sorted({each.stack for each in keys})})
        sizes = {stack: size for stack, _, size in rows}
        versions = {stack: version for stack, version, _ in rows}
        outdated = [each for each in keys if each.stack_version < versions.get(each.stack, 0)]
        renewals = self._renewals(repair.project_id, outdated, sizes)
        for _ in range(MOST_TRIES):
            if not renewals:
                return
            renewed = self._write(repair, renewals)
            renewals = [each for each in renewals if each.grouping_key in renewed.postponed]

    def _write(self, repair: Repair, renewals: Sequence[Renewal]) -> Renewed:
        author = Author(repair.project_id, PIPELINE, self._clock(), self._make_id)
        with writing(self._engine) as connection:
            renewed = renew_fingerprints(connection, author, renewals)
            note_consequences(connection, repair.id, renewed.issue_ids, renewed.changes)
        return renewed

    # --- what keys follow from ---

    def _renewals(self, project_id: int, keys: Sequence[StaleKey], sizes: Mapping[str, int]) -> list[Renewal]:
        if not keys:
            return []
        entries = self._entries(project_id, keys)
        of_stacks: dict[str, list[StaleKey]] = {}
        for key in keys:
            # Where nothing is left that says what a key was made of, its next event does.
            if key.grouping_key in entries:
                of_stacks.setdefault(key.stack, []).append(key)
        renewals: list[Renewal] = []
        for portion in in_portions({stack: sizes[stack] for stack in of_stacks}):
            for stack in self._stacks.with_frames(project_id, portion).values():
                for key in of_stacks[stack.hash]:
                    own = self._original(project_id, stack, entries[key.grouping_key])
                    renewals.append(Renewal(key.grouping_key, candidates(own, stack), stack.version))
        return renewals

    def _original(self, project_id: int, stack: Stack, entries: list[ExceptionEntry]) -> list[ExceptionEntry]:
        """The exceptions with the types that symbol sets give them."""
        if not any(map(may_be_renamed, map(type_name, entries))):
            return entries
        read = self._repair_of_stacks.read_raw(project_id, stack.hash)
        if read is None:
            return entries
        sets = self._resolver.sets.find(project_id, refs_of(read))
        names = self._resolver.rename(project_id, [type_name(entry) for entry in entries], read, sets)
        return [renamed(entry, name) for entry, name in zip(entries, names, strict=True)]

    def _entries(self, project_id: int, keys: Sequence[StaleKey]) -> dict[int, list[ExceptionEntry]]:
        kept = {each.grouping_key: read_entries(each.exceptions) for each in keys if each.exceptions is not None}
        others = [each.grouping_key for each in keys if each.exceptions is None]
        newest = self._store.query(project_id, _NEWEST, {"keys": others}) if others else []
        for key, moment in newest:
            for found, exceptions in self._store.query(project_id, _EXCEPTIONS, {"keys": [key], "moment": moment}):
                kept[found] = read_entries(exceptions)
        return kept
