"""The first step of an upload: for each chunk a place for its file, or the answer that none is needed (api.md 3.4)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.kit.ids import MakeId
from mothlight.model.errors import Refused, invalid
from mothlight.storage.metadata.engine import writing
from mothlight.storage.metadata.repositories import symbol_sets as repository
from mothlight.storage.metadata.repositories.releases import releases_by_id
from mothlight.storage.metadata.repositories.symbol_sets import SymbolSet, bounded_ref

MOST_TRIES = 3


class Wanted(msgspec.Struct, frozen=True):
    """A chunk that somebody wants to upload."""

    ref: str
    release_id: UUID | None = None
    content_hash: str | None = None


class Conflicts(msgspec.Struct, frozen=True):
    """What to do with a chunk that is here with other content."""

    force: bool = False
    skip: bool = False
    skip_on_release: bool = False
    """Also where the present set belongs to another release. Only together with `skip`."""


class Place(msgspec.Struct, frozen=True):
    """Where the file of a set goes."""

    set_id: UUID
    key: str


class Started(msgspec.Struct, frozen=True):
    """What came of it."""

    places: dict[str, Place]
    """By reference as it was sent; chunks that need no upload are absent."""
    abandoned: list[str]
    """Keys of blobs that no record names any more."""


def start_upload(
    database: sa.Engine,
    project_id: int,
    wanted: Sequence[Wanted],
    conflicts: Conflicts,
    *,
    now: datetime,
    make_id: MakeId,
) -> Started:
    """Decide for all chunks, all or nothing.

    Raises:
        Refused: with one of the codes of api.md 3.4; nothing is changed.
    """
    _check(wanted, conflicts)
    for _ in range(MOST_TRIES):
        try:
            with writing(database) as connection:
                return _Starting(connection, project_id, conflicts, now, make_id).run(wanted)
        except sa.exc.IntegrityError:
            # Another request made one of the sets since we looked; now it is seen.
            continue
    raise invalid("The same chunks are being uploaded by someone else.", code="invalid_chunk_ids")


def _check(wanted: Sequence[Wanted], conflicts: Conflicts) -> None:
    if conflicts.force and conflicts.skip:
        raise invalid("force and skip_on_conflict exclude each other: choose one.", code="invalid_conflict_handling")
    refs = [bounded_ref(each.ref) for each in wanted]
    if len(set(refs)) != len(refs):
        raise invalid("Each chunk id may appear once only.", code="invalid_chunk_ids")


class _Starting:
    def __init__(
        self, connection: sa.Connection, project_id: int, conflicts: Conflicts, now: datetime, make_id: MakeId
    ) -> None:
        self._connection = connection
        self._project_id = project_id
        self._conflicts = conflicts
        self._now = now
        self._make_id = make_id
        self._places: dict[str, Place] = {}
        self._abandoned: list[str] = []

    def run(self, wanted: Sequence[Wanted]) -> Started:
        self._check_releases(wanted)
        refs = [bounded_ref(each.ref) for each in wanted]
        present = repository.sets_by_ref(self._connection, self._project_id, refs, lock=True)
        # All is decided before anything is changed.
        decided = [self._needs_upload(each, present) for each in wanted]
        for each, ref, needs_upload in zip(wanted, refs, decided, strict=True):
            found = present.get(ref)
            if found is None:
                self._add(each)
            else:
                self._change(each, found, needs_upload=needs_upload)
        ids = [found.id for found in present.values()]
        repository.touch_sets(self._connection, self._project_id, ids, self._now)
        return Started(self._places, self._abandoned)

    def _check_releases(self, wanted: Sequence[Wanted]) -> None:
        asked = {each.release_id for each in wanted if each.release_id is not None}
        unknown = asked - set(releases_by_id(self._connection, self._project_id, list(asked)))
        if unknown:
            raise invalid(f"Unknown release: {min(map(str, unknown))}", code="invalid_release_id")

    def _needs_upload(self, wanted: Wanted, present: Mapping[str, SymbolSet]) -> bool:
        found = present.get(bounded_ref(wanted.ref))
        if found is None:
            return True
        if not found.is_complete:
            return self._is_release_free(wanted, found, same_content=False)
        if not wanted.content_hash:
            raise invalid(f"A content hash is needed: {wanted.ref} is here already.", code="content_hash_required")
        is_same = wanted.content_hash == found.content_hash
        if not self._is_release_free(wanted, found, same_content=is_same) or is_same:
            return False
        return self._may_replace(wanted)

    def _is_release_free(self, wanted: Wanted, found: SymbolSet, *, same_content: bool) -> bool:
        """Whether the set may belong to the wanted release; False: it stays as it is."""
        if wanted.release_id is None or found.release_id in (None, wanted.release_id):
            return True
        if same_content or (self._conflicts.skip and self._conflicts.skip_on_release):
            return False
        raise invalid(f"{wanted.ref} belongs to another release already.", code="release_id_mismatch")

    def _may_replace(self, wanted: Wanted) -> bool:
        if self._conflicts.force:
            return True
        if self._conflicts.skip:
            return False
        raise _mismatch(wanted.ref)

    def _add(self, wanted: Wanted) -> None:
        place = self._new_place(self._make_id())
        new = SymbolSet(
            id=place.set_id,
            ref=bounded_ref(wanted.ref),
            storage_key=place.key,
            content_hash=None,
            failure_reason=None,
            release_id=wanted.release_id,
            created_at=self._now,
            last_used=self._now,
        )
        repository.insert_set(self._connection, self._project_id, new)
        self._places[wanted.ref] = place

    def _change(self, wanted: Wanted, found: SymbolSet, *, needs_upload: bool) -> None:
        changes: dict[str, object] = {}
        if found.release_id is None and wanted.release_id is not None:
            changes["release_id"] = wanted.release_id
        if needs_upload:
            place = self._new_place(found.id)
            changes |= {"storage_key": place.key, "content_hash": None, "failure_reason": None}
            self._places[wanted.ref] = place
            if found.storage_key is not None:
                self._abandoned.append(found.storage_key)
        if changes:
            repository.change_set(self._connection, self._project_id, found.id, **changes)
            repository.say_changed(self._connection, self._project_id)

    def _new_place(self, set_id: UUID) -> Place:
        return Place(set_id, f"symbolsets/{self._make_id()}")


def _mismatch(ref: str) -> Refused:
    return invalid(f"{ref} is here already with other content.", code="content_hash_mismatch")
