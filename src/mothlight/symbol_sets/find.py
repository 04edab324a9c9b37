"""Finds the symbol sets that frames refer to, and reads their files (pipeline.md 9.3)."""

from collections.abc import Collection

import sqlalchemy as sa
import structlog

from mothlight.kit.clock import Clock
from mothlight.storage.blobs.interface import Blobs
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories import symbol_sets as repository
from mothlight.storage.metadata.repositories.symbol_sets import TOUCH_EVERY, SymbolSet
from mothlight.symbols.failures import Failure, remembered
from mothlight.symbols.look_ups import SymbolData

log = structlog.get_logger(__name__)


class FileMissing(Exception):
    """A symbol set's file is not where the record says."""

    def __init__(self, found: SymbolSet) -> None:
        super().__init__(f"the file of {found.ref} is missing")
        self.found = found


class SymbolSets:
    """The symbol sets of all projects, for those who resolve frames."""

    def __init__(self, database: sa.Engine, blobs: Blobs, clock: Clock) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock

    def find(self, project_id: int, refs: Collection[str]) -> dict[str, SymbolSet]:
        """The project's complete sets, and its failures to fetch, that have one of the references, by reference.

        The sets count as used now.

        Raises:
            Unavailable: the database is away.
        """
        if not refs:
            return {}
        with reading(self._database) as connection:
            found = repository.sets_by_ref(connection, project_id, list(refs))
        now = self._clock()
        complete = {ref: each for ref, each in found.items() if each.is_complete}
        self._touch(project_id, complete.values())
        return {**complete, **{ref: each for ref, each in found.items() if each.is_failure(now)}}

    def data(self, project_id: int, found: SymbolSet) -> SymbolData | Failure:
        """The content of a set, or why there is none. Loading it raises `FileMissing`, or `Unavailable`."""
        key = found.storage_key
        if key is None:
            return remembered(found.failure_reason or "")

        def load() -> bytes:
            content = self._blobs.read(key)
            if content is None:
                raise FileMissing(found)
            return content

        # A file is never written over with another one: each upload gets a key of its own.
        return SymbolData(f"{project_id}/{key}", load)

    def drop_dangling(self, project_id: int, missing: SymbolSet) -> None:
        """Delete a record whose file is missing, unless it names another file by now."""
        with writing(self._database) as connection:
            present = repository.sets_by_id(connection, project_id, [missing.id], lock=True).get(missing.id)
            if present is None or present.storage_key != missing.storage_key:
                return
            repository.delete_sets(connection, project_id, [missing.id])
            repository.say_changed(connection, project_id)
        log.warning("symbol_file_missing", project_id=project_id, ref=missing.ref)

    def _touch(self, project_id: int, found: Collection[SymbolSet]) -> None:
        now = self._clock()
        long_ago = [each.id for each in found if each.last_used is None or each.last_used < now - TOUCH_EVERY]
        if long_ago:
            with writing(self._database) as connection:
                repository.touch_sets(connection, project_id, long_ago, now)
