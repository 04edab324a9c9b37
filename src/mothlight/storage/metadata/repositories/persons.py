"""Persons, their distinct ids, and who they were merged into."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.storage.metadata.repositories.statements import in_slices, insert_or_update
from mothlight.storage.metadata.tables import person_distinct_ids, person_overrides, persons

_properties = msgspec.json.Decoder(dict[str, msgspec.Raw])


class StoredPerson(msgspec.Struct, frozen=True):
    """A person as the database has it."""

    id: UUID
    properties: dict[str, msgspec.Raw]
    """JSON text of each value, as sent."""
    is_identified: bool
    created_at: datetime


def find_persons(connection: sa.Connection, project_id: int, distinct_ids: Collection[str]) -> dict[str, UUID]:
    """The persons of those distinct ids that somebody told us about; the others have their default person."""
    found: dict[str, UUID] = {}
    for some in in_slices(list(distinct_ids)):
        rows = connection.execute(
            sa.select(person_distinct_ids.c.distinct_id, person_distinct_ids.c.person_id).where(
                person_distinct_ids.c.project_id == project_id, person_distinct_ids.c.distinct_id.in_(some)
            )
        )
        found.update((distinct_id, person_id) for distinct_id, person_id in rows)
    return found


def load_persons(connection: sa.Connection, project_id: int, ids: Collection[UUID]) -> dict[UUID, StoredPerson]:
    """Those of the persons that exist."""
    loaded: dict[UUID, StoredPerson] = {}
    for some in in_slices(list(ids)):
        rows = connection.execute(
            sa.select(persons.c.id, persons.c.properties, persons.c.is_identified, persons.c.created_at).where(
                persons.c.project_id == project_id, persons.c.id.in_(some)
            )
        )
        for identifier, properties, is_identified, created_at in rows:
            # A copy: decoded raw values share the text they came from.
            loaded[identifier] = StoredPerson(identifier, _properties.decode(properties), is_identified, created_at)
    return loaded


def write_persons(connection: sa.Connection, project_id: int, changed: Iterable[StoredPerson]) -> None:
    """Insert or replace persons."""
    rows = [
        {
            "project_id": project_id,
            "id": person.id,
            "properties": msgspec.json.encode(person.properties).decode(),
            "is_identified": person.is_identified,
            "created_at": person.created_at,
        }
        for person in changed
    ]
    insert_or_update(connection, persons, rows)


def map_distinct_ids(connection: sa.Connection, project_id: int, mapping: Mapping[str, UUID]) -> None:
    """Say whose the distinct ids are."""
    rows = [
        {"project_id": project_id, "distinct_id": distinct_id, "person_id": person_id}
        for distinct_id, person_id in mapping.items()
    ]
    insert_or_update(connection, person_distinct_ids, rows)


def merge_persons(connection: sa.Connection, project_id: int, survivors: Mapping[UUID, UUID]) -> list[UUID]:
    """Move all that the keys have to the persons that survive them, and remove the keys.

    Returns the old ids whose survivor changed: the keys, and whoever had been merged into one of them before.
    """
    before = _overrides_to(connection, project_id, list(survivors))
    moves = [{"old": old, "new": new, "project": project_id} for old, new in survivors.items()]
    for table in (person_distinct_ids, person_overrides):
        connection.execute(
            sa.update(table)
            .where(table.c.project_id == sa.bindparam("project"), table.c.person_id == sa.bindparam("old"))
            .values(person_id=sa.bindparam("new")),
            moves,
        )
    insert_or_update(
        connection,
        person_overrides,
        [{"project_id": project_id, "old_person_id": old, "person_id": new} for old, new in survivors.items()],
    )
    connection.execute(
        sa.delete(persons).where(persons.c.project_id == sa.bindparam("project"), persons.c.id == sa.bindparam("old")),
        [{"project": project_id, "old": old} for old in survivors],
    )
    return [*survivors, *before]


def load_distinct_ids(connection: sa.Connection, project_id: int, person_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """The distinct ids of persons, in order of the text."""
    loaded: dict[UUID, list[str]] = {}
    for some in in_slices(person_ids):
        rows = connection.execute(
            sa.select(person_distinct_ids.c.person_id, person_distinct_ids.c.distinct_id)
            .where(person_distinct_ids.c.project_id == project_id, person_distinct_ids.c.person_id.in_(some))
            .order_by(person_distinct_ids.c.distinct_id)
        )
        for person_id, distinct_id in rows:
            loaded.setdefault(person_id, []).append(distinct_id)
    return loaded


def load_overrides(connection: sa.Connection, project_id: int, old_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """The survivors of those of the persons that were merged away."""
    loaded: dict[UUID, UUID] = {}
    for some in in_slices(old_ids):
        rows = connection.execute(
            sa.select(person_overrides.c.old_person_id, person_overrides.c.person_id).where(
                person_overrides.c.project_id == project_id, person_overrides.c.old_person_id.in_(some)
            )
        )
        loaded.update((old, new) for old, new in rows)
    return loaded


def _overrides_to(connection: sa.Connection, project_id: int, person_ids: Sequence[UUID]) -> list[UUID]:
    found: list[UUID] = []
    for some in in_slices(person_ids):
        found += connection.scalars(
            sa.select(person_overrides.c.old_person_id).where(
                person_overrides.c.project_id == project_id, person_overrides.c.person_id.in_(some)
            )
        )
    return found
