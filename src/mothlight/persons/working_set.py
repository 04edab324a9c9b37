"""Persons in memory while the operations of one batch change them: decisions only, no database."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from mothlight.persons.identity import is_nonsense, person_id
from mothlight.persons.operations import Operation, Properties
from mothlight.storage.metadata.repositories.persons import StoredPerson

MOST_PROPERTY_BYTES = 512 * 1024
"""Names and values of one person's properties; what would make them more is not applied."""


class WorkingSet:
    """The persons of one project that a batch is about. Apply operations, then read what changed.

    `named` are the distinct ids that operations name. `people` says whose they are, where somebody told us; `persons`
    are the persons that exist, the default persons (`person_id`) of the others included.
    """

    def __init__(
        self,
        project_id: int,
        named: Collection[str],
        people: Mapping[str, UUID],
        persons: Mapping[UUID, StoredPerson],
    ) -> None:
        self._project_id = project_id
        self._named = named
        self._people = dict(people)
        self._persons = dict(persons)
        self._merged: dict[UUID, UUID] = {}
        self._mapped: set[str] = set()
        self._changed: set[UUID] = set()

    def apply(self, operation: Operation) -> None:
        """Make one change."""
        person = self._person(operation.distinct_id, operation.moment)
        self._map(operation.distinct_id, person.id)
        if operation.identifies and not is_nonsense(operation.distinct_id):
            self._replace(person, is_identified=True)
        if operation.merged_id is not None:
            self._merge(operation, person.id, operation.merged_id)
        self._change_properties(self._persons[person.id], operation)

    def find(self, distinct_id: str) -> UUID:
        """The person of a distinct id after the changes so far."""
        found = self._people.get(distinct_id) or person_id(self._project_id, distinct_id)
        while found in self._merged:
            found = self._merged[found]
        return found

    def __contains__(self, distinct_id: str) -> bool:
        return distinct_id in self._named

    @property
    def survivors(self) -> dict[UUID, UUID]:
        """Each person that was merged away and who it is now."""
        return {old: self._survivor(old) for old in self._merged}

    @property
    def mapping(self) -> dict[str, UUID]:
        """The distinct ids that operations named and whose they are now."""
        return {distinct_id: self.find(distinct_id) for distinct_id in self._mapped}

    @property
    def changed(self) -> list[StoredPerson]:
        """Persons that are new or different."""
        return [self._persons[identifier] for identifier in self._changed if identifier in self._persons]

    def _survivor(self, identifier: UUID) -> UUID:
        while identifier in self._merged:
            identifier = self._merged[identifier]
        return identifier

    def _person(self, distinct_id: str, moment: datetime) -> StoredPerson:
        identifier = self.find(distinct_id)
        person = self._persons.get(identifier)
        if person is None:
            person = self._persons[identifier] = StoredPerson(identifier, {}, False, moment)
            self._changed.add(identifier)
        return person

    def _map(self, distinct_id: str, identifier: UUID) -> None:
        if self._people.get(distinct_id) != identifier:
            self._people[distinct_id] = identifier
            self._mapped.add(distinct_id)

    def _merge(self, operation: Operation, kept: UUID, merged_id: str) -> None:
        if is_nonsense(merged_id) or is_nonsense(operation.distinct_id):
            return
        old = self.find(merged_id)
        if old == kept:
            self._map(merged_id, kept)
            return
        person = self._persons.get(old)
        if person is not None and person.is_identified and not operation.even_identified:
            return
        self._merged[old] = kept
        self._map(merged_id, kept)
        if person is not None:
            del self._persons[old]
            self._take_over(self._persons[kept], person)

    def _take_over(self, kept: StoredPerson, old: StoredPerson) -> None:
        together = {**old.properties, **kept.properties}
        self._replace(
            kept,
            properties=together if _fits(together) else kept.properties,
            is_identified=kept.is_identified or old.is_identified,
            created_at=min(kept.created_at, old.created_at),
        )

    def _change_properties(self, person: StoredPerson, operation: Operation) -> None:
        properties = _changed_properties(person.properties, operation)
        if _fits(properties):
            self._replace(person, properties=properties)

    def _replace(self, person: StoredPerson, **values: object) -> None:
        replaced = msgspec.structs.replace(person, **values)
        if replaced != person:
            self._persons[person.id] = replaced
            self._changed.add(person.id)


def _changed_properties(present: Properties, operation: Operation) -> Properties:
    changed = {**operation.set_once, **present, **operation.set}
    for name in operation.unset:
        changed.pop(name, None)
    return changed


def _fits(properties: Properties) -> bool:
    # A character takes up to four bytes; the bound is about memory, so nearly right is enough for names.
    size = sum(len(name) + len(memoryview(value)) for name, value in properties.items())
    return size <= MOST_PROPERTY_BYTES
