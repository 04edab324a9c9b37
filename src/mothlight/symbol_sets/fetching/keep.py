"""Keeps what came of fetching, under the script's URL (pipeline.md 9.3): a map, or why there is none."""

import hashlib
import io
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.kit.ids import MakeId
from mothlight.storage.blobs.interface import Blobs
from mothlight.storage.metadata.engine import writing
from mothlight.storage.metadata.repositories import symbol_sets as repository
from mothlight.storage.metadata.repositories.symbol_sets import TOUCH_EVERY, SymbolSet, bounded_ref
from mothlight.symbol_sets.arrive import tell_arrived
from mothlight.symbol_sets.remove import delete_abandoned

FORGET_AFTER = timedelta(days=7)
"""How long a failure that nobody met again stays in the list of symbol sets."""


class Fetched:
    """The records of what was fetched."""

    def __init__(self, database: sa.Engine, blobs: Blobs, make_id: MakeId) -> None:
        self._database = database
        self._blobs = blobs
        self._make_id = make_id

    def keep_map(self, project_id: int, url: str, content: bytes, now: datetime) -> None:
        """Store a script with its map, unless something was stored or uploaded for the URL meanwhile.

        Raises:
            Unavailable: a store is away.
        """
        key = f"symbolsets/{self._make_id()}"
        self._blobs.write(key, io.BytesIO(content))
        values = {
            "storage_key": key,
            "content_hash": hashlib.sha512(content).hexdigest(),
            "failure_reason": None,
            "last_used": now,
        }
        if not self._write(project_id, url, values, now):
            delete_abandoned(self._blobs, [key])

    def keep_failure(self, project_id: int, url: str, reason: str, now: datetime) -> None:
        """Remember why there is no map, unless there is one.

        Raises:
            Unavailable: the database is away.
        """
        self._write(project_id, url, {"failure_reason": reason, "last_used": now}, now)

    def _write(self, project_id: int, url: str, values: dict[str, Any], now: datetime) -> bool:
        """Whether the record has these values now."""
        ref = bounded_ref(url)
        try:
            with writing(self._database) as connection:
                present = repository.sets_by_ref(connection, project_id, [ref], lock=True).get(ref)
                set_id = self._make_id() if present is None else present.id
                if present is None:
                    repository.insert_set(connection, project_id, _new(set_id, ref, values, now))
                elif _is_taken(present, values, now):
                    return False
                else:
                    repository.change_set(connection, project_id, set_id, **values)
                if values.get("storage_key") is not None:
                    tell_arrived(connection, project_id, [set_id], now, self._make_id)
                else:
                    repository.say_looked_for(connection, project_id)
        except sa.exc.IntegrityError:
            return False  # another node was first, or the project is gone
        return True


def _new(set_id: UUID, ref: str, values: dict[str, Any], now: datetime) -> SymbolSet:
    empty = SymbolSet(
        id=set_id,
        ref=ref,
        storage_key=None,
        content_hash=None,
        failure_reason=None,
        release_id=None,
        created_at=now,
        last_used=now,
    )
    return msgspec.structs.replace(empty, **values)


def _is_taken(present: SymbolSet, values: dict[str, Any], now: datetime) -> bool:
    """Whether what is there stays: a file, one that is being uploaded too, or the same failure of a short while ago."""
    if present.storage_key is not None:
        return True
    is_same = values.get("failure_reason") == present.failure_reason
    return is_same and present.last_used is not None and present.last_used > now - TOUCH_EVERY


def forget_failures(database: sa.Engine, now: datetime) -> int:
    """Forget failures to fetch that nobody met again for long, of all projects; returns how many."""
    with writing(database) as connection:
        return repository.delete_failures(connection, now - FORGET_AFTER)
