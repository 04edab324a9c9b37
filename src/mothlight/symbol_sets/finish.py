"""The last step of an upload: the files are there, and may be used from now on (api.md 3.4)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from mothlight.kit.ids import MakeId
from mothlight.model.errors import Refused, invalid
from mothlight.storage.blobs.interface import Blobs
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories import symbol_sets as repository
from mothlight.storage.metadata.repositories.symbol_sets import SymbolSet
from mothlight.symbol_sets.arrive import tell_arrived
from mothlight.symbol_sets.remove import remove_sets

MOST_BYTES = 100 * 1024 * 1024
"""Of one file."""


def finish_upload(
    database: sa.Engine,
    blobs: Blobs,
    project_id: int,
    content_hashes: Mapping[UUID, str],
    *,
    now: datetime,
    make_id: MakeId,
) -> None:
    """Say that the files of these sets are uploaded. Finishing twice is as finishing once.

    Raises:
        Refused: `symbol_set_not_found`, `file_not_found` (the set waits on), `file_too_large` (the set is gone).
        Unavailable: the files cannot be looked at now.
    """
    with reading(database) as connection:
        found = repository.sets_by_id(connection, project_id, list(content_hashes))
    if len(found) < len(content_hashes):
        raise invalid("One of the symbol sets does not exist.", code="symbol_set_not_found")
    _check_files(database, blobs, project_id, list(found.values()))
    with writing(database) as connection:
        present = repository.sets_by_id(connection, project_id, list(content_hashes), lock=True)
        for each in found.values():
            # Begun anew meanwhile: what was looked at is not what the set would show.
            if each.id not in present or present[each.id].storage_key != each.storage_key:
                raise _not_there(each)
        for set_id, content_hash in content_hashes.items():
            repository.change_set(connection, project_id, set_id, content_hash=content_hash, failure_reason=None)
        repository.touch_sets(connection, project_id, list(found), now)
        tell_arrived(connection, project_id, list(content_hashes), now, make_id)


def _check_files(database: sa.Engine, blobs: Blobs, project_id: int, found: Sequence[SymbolSet]) -> None:
    sizes = {each.id: None if each.storage_key is None else blobs.size(each.storage_key) for each in found}
    unusable = [set_id for set_id, size in sizes.items() if size is not None and not 0 < size <= MOST_BYTES]
    if unusable:
        remove_sets(database, blobs, project_id, unusable)
        raise invalid(f"A file must have 1 to {MOST_BYTES} bytes.", code="file_too_large")
    for each in found:
        if sizes[each.id] is None:
            raise _not_there(each)


def _not_there(missing: SymbolSet) -> Refused:
    return invalid(f"Nothing was uploaded for {missing.ref} yet.", code="file_not_found")
