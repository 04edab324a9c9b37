"""Which fingerprint each grouping key has and had, and when and where its own events were seen."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.model.issue_states import write_environments
from mothlight.model.stack import Fingerprint
from mothlight.storage.metadata.repositories.issues import environments_of
from mothlight.storage.metadata.repositories.statements import in_slices
from mothlight.storage.metadata.tables import fingerprints, grouping_keys

Record = list[dict[str, Any]]
Former = dict[str, tuple[str | None, Record]]
"""Version and record of fingerprints, by value."""

_decode_former = msgspec.json.Decoder(Former).decode


class PlacedKey(msgspec.Struct, frozen=True):
    """A grouping key, its fingerprint, and whose that is."""

    grouping_key: int
    fingerprint_id: UUID
    fingerprint: str
    issue_id: UUID
    version: str | None
    record: Record
    first_seen: datetime | None
    """Of its own events; None where nobody knows, then that of the fingerprint is all there is to say."""
    environments: frozenset[str] | None
    former: Former
    fingerprint_first_seen: datetime | None
    fingerprint_environments: frozenset[str]

    @property
    def seen_first(self) -> datetime | None:
        """As far as it is known, the first sighting of its events."""
        return self.fingerprint_first_seen if self.first_seen is None else self.first_seen

    @property
    def seen_in(self) -> frozenset[str]:
        """As far as it is known, where its events were seen."""
        return self.fingerprint_environments if self.environments is None else self.environments

    def had(self, value: str) -> Fingerprint | None:
        """A fingerprint that it has or had, with its record."""
        if value == self.fingerprint:
            return Fingerprint(value, self.version, self.record)
        return Fingerprint(value, *self.former[value]) if value in self.former else None


class KeySightings(msgspec.Struct, frozen=True):
    """When and where events of a grouping key were seen, as far as it is wider than what is known."""

    project_id: int
    grouping_key: int
    first_seen: datetime
    environments: frozenset[str]


def widen_keys(connection: sa.Connection, sightings: Sequence[KeySightings]) -> None:
    """Earlier first sightings of keys, and all their environments. Their issues are locked."""
    if sightings:
        connection.execute(
            sa.update(grouping_keys)
            .where(
                grouping_keys.c.project_id == sa.bindparam("project"),
                grouping_keys.c.grouping_key == sa.bindparam("key"),
            )
            .values(first_seen=sa.bindparam("moment"), environments=sa.bindparam("names")),
            [
                {
                    "project": each.project_id,
                    "key": each.grouping_key,
                    "moment": each.first_seen,
                    "names": write_environments(each.environments),
                }
                for each in sightings
            ],
        )


def read_keys(connection: sa.Connection, project_id: int, keys: Collection[int]) -> dict[int, PlacedKey]:
    """Those of the keys that are known, as they are."""
    found: dict[int, PlacedKey] = {}
    columns = grouping_keys.c
    for some in in_slices(sorted(keys)):
        rows = connection.execute(
            sa.select(
                columns.grouping_key,
                columns.fingerprint_id,
                fingerprints.c.fingerprint,
                fingerprints.c.issue_id,
                columns.fingerprint_version,
                columns.record,
                columns.first_seen,
                columns.environments,
                columns.former,
                fingerprints.c.first_seen,
                fingerprints.c.environments,
            )
            .join(fingerprints, fingerprints.c.id == columns.fingerprint_id)
            .where(columns.project_id == project_id, columns.grouping_key.in_(some))
        )
        for row in rows:
            own = None if row[7] is None else environments_of(row[7])
            former = {} if row[8] is None else _decode_former(row[8])
            found[row[0]] = PlacedKey(*row[:7], own, former, row[9], environments_of(row[10]))
    return found


def write_fingerprints(
    connection: sa.Connection,
    project_id: int,
    keys: Mapping[int, PlacedKey],
    given: Mapping[int, tuple[UUID, Fingerprint]],
) -> None:
    """Give keys other fingerprints, by id; what they had is remembered."""
    if not given:
        return
    rows = []
    for key, (fingerprint_id, fingerprint) in sorted(given.items()):
        had = keys[key]
        former = {**had.former, had.fingerprint: (had.version, had.record)}
        rows.append(
            {
                "key": key,
                "fingerprint": fingerprint_id,
                "version": fingerprint.version,
                "new_record": fingerprint.record,
                "kept": msgspec.json.encode(former).decode(),
            }
        )
    connection.execute(
        sa.update(grouping_keys)
        .where(grouping_keys.c.project_id == project_id, grouping_keys.c.grouping_key == sa.bindparam("key"))
        .values(
            fingerprint_id=sa.bindparam("fingerprint"),
            fingerprint_version=sa.bindparam("version"),
            record=sa.bindparam("new_record"),
            former=sa.bindparam("kept"),
        ),
        rows,
    )


def stamp_keys(connection: sa.Connection, project_id: int, renewed: Mapping[int, tuple[int, str]]) -> None:
    """Say with which version of their stacks keys were renewed last, and which newest fingerprint that gave."""
    if renewed:
        connection.execute(
            sa.update(grouping_keys)
            .where(grouping_keys.c.project_id == project_id, grouping_keys.c.grouping_key == sa.bindparam("key"))
            .values(stack_version=sa.bindparam("number"), renewed_as=sa.bindparam("value")),
            [{"key": key, "number": number, "value": value} for key, (number, value) in sorted(renewed.items())],
        )


def recount(connection: sa.Connection, fingerprint_ids: Collection[UUID]) -> None:
    """Say of fingerprints, which are locked, when and where the keys that they have now were seen.

    One without keys has no say any more: it counts as first seen when the others of its issue were. One with keys of
    which nobody knows stays as it is.
    """
    for some in in_slices(sorted(fingerprint_ids)):
        counted = _count_keys(connection, some)
        places = _places(connection, some)
        firsts = _firsts_of_issues(connection, {each.issue_id for each in counted if not each.keys})
        rows = [
            {
                "fingerprint_id": each.fingerprint_id,
                "moment": first_seen,
                "names": write_environments(places.get(each.fingerprint_id, frozenset())),
            }
            for each in counted
            if each.keys == each.known
            and (first_seen := each.first_seen if each.keys else firsts.get(each.issue_id)) is not None
        ]
        if rows:
            connection.execute(
                sa.update(fingerprints)
                .where(fingerprints.c.id == sa.bindparam("fingerprint_id"))
                .values(first_seen=sa.bindparam("moment"), environments=sa.bindparam("names")),
                rows,
            )


class _Counted(NamedTuple):
    fingerprint_id: UUID
    issue_id: UUID
    keys: int
    known: int
    """Keys whose own sightings are known."""
    first_seen: datetime | None


def _count_keys(connection: sa.Connection, fingerprint_ids: Sequence[UUID]) -> list[_Counted]:
    first = sa.func.min(grouping_keys.c.first_seen, type_=grouping_keys.c.first_seen.type)
    query = (
        sa.select(
            fingerprints.c.id,
            fingerprints.c.issue_id,
            sa.func.count(grouping_keys.c.grouping_key),
            sa.func.count(grouping_keys.c.first_seen),
            first,
        )
        .outerjoin(grouping_keys, grouping_keys.c.fingerprint_id == fingerprints.c.id)
        .where(fingerprints.c.id.in_(fingerprint_ids))
        .group_by(fingerprints.c.id, fingerprints.c.issue_id)
    )
    return [_Counted(*row) for row in connection.execute(query)]


def _places(connection: sa.Connection, fingerprint_ids: Sequence[UUID]) -> dict[UUID, frozenset[str]]:
    columns = (grouping_keys.c.fingerprint_id, grouping_keys.c.environments)
    query = sa.select(*columns).where(grouping_keys.c.fingerprint_id.in_(fingerprint_ids)).distinct()
    found: dict[UUID, frozenset[str]] = {}
    for fingerprint_id, kept in connection.execute(query):
        found[fingerprint_id] = found.get(fingerprint_id, frozenset()) | environments_of(kept)
    return found


def _firsts_of_issues(connection: sa.Connection, issue_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """The first sightings over those fingerprints of issues that have keys."""
    if not issue_ids:
        return {}
    has_keys = sa.exists().where(grouping_keys.c.fingerprint_id == fingerprints.c.id)
    first = sa.func.min(
        sa.func.coalesce(fingerprints.c.first_seen, fingerprints.c.created_at), type_=fingerprints.c.created_at.type
    )
    query = sa.select(fingerprints.c.issue_id, first).where(fingerprints.c.issue_id.in_(list(issue_ids)), has_keys)
    return {row[0]: row[1] for row in connection.execute(query.group_by(fingerprints.c.issue_id))}
