"""Removes symbol sets with their files. Frames that they made readable stay so (api.md 3.4)."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

import sqlalchemy as sa
import structlog

from mothlight.model.errors import Unavailable
from mothlight.storage.blobs.interface import Blobs
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories import symbol_sets as repository

log = structlog.get_logger(__name__)

SWEEP_AFTER = timedelta(hours=2)
"""Age of a blob that nobody names before it goes; an upload takes minutes."""
AT_ONCE = 500


def remove_sets(database: sa.Engine, blobs: Blobs, project_id: int, ids: Collection[UUID]) -> int:
    """Remove those of the sets that are the project's; returns how many."""
    with writing(database) as connection:
        removed = repository.delete_sets(connection, project_id, ids)
        if removed:
            repository.say_changed(connection, project_id)
    delete_abandoned(blobs, (each.storage_key for each in removed if each.storage_key is not None))
    return len(removed)


def delete_abandoned(blobs: Blobs, keys: Iterable[str]) -> None:
    """Delete blobs that no record names any more. What cannot be deleted now, the sweep deletes."""
    for key in keys:
        try:
            blobs.delete(key)
        except Unavailable as problem:
            log.warning("blob_left", key=key, reason=problem.reason)


def sweep_blobs(database: sa.Engine, blobs: Blobs, now: datetime) -> int:
    """Delete blobs that no record names: of deleted projects, of uploads that were begun anew. Returns how many.

    Raises:
        Unavailable: a store is away.
    """
    swept = 0
    keys = blobs.keys_before(now - SWEEP_AFTER)
    while some := list(islice(keys, AT_ONCE)):
        with reading(database) as connection:
            in_use = repository.keys_in_use(connection, some)
        for key in some:
            if key not in in_use:
                blobs.delete(key)
                swept += 1
    if swept:
        log.info("blobs_swept", blobs=swept)
    return swept
