"""Applies what a batch of events tells about persons, in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from mothlight.kit.clock import Clock
from mothlight.model.errors import Unavailable
from mothlight.model.event import EXCEPTION, ReceivedEvent
from mothlight.persons.identity import person_id
from mothlight.persons.operations import Operation, read_operation
from mothlight.persons.working_set import WorkingSet
from mothlight.storage import mirror
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories import persons, progress
from mothlight.storage.metadata.repositories.statements import take_turns

Person = tuple[int, int]
"""A project's id and the integer of an event's uuid: whose person is meant."""


class Entry(msgspec.Struct, frozen=True):
    """The events of one journal entry, or of a part of one."""

    sequence: int
    """Grows from one entry of a writer to the next."""
    events: list[ReceivedEvent]
    is_last: bool = True
    """No further part of the entry follows."""
    writer: str = ""
    """Who wrote the entry (`journal.interface.Position`)."""


class PersonsFailed(Exception):
    """A defect while persons were changed: nothing of what the entries tell is applied."""


class PersonsOfBatch(msgspec.Struct, frozen=True):
    """What a batch did to persons."""

    at_receipt: dict[Person, str]
    """The person, as text, that an event had when it was received, for exceptions whose person the batch may change."""
    changed: bool
    """The mirror has to be brought up to date."""

    def find(self, event: ReceivedEvent) -> str | None:
        """The person at receipt; None: the same as before and after the batch."""
        return self.at_receipt.get((event.project_id, event.uuid.int))


class Persons:
    """The persons of all projects.

    How far the entries of each writer have changed them is kept beside them, so a replay changes nothing.
    """

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._last = PersonsOfBatch({}, changed=False)

    def apply(self, entries: Sequence[Entry]) -> PersonsOfBatch:
        """Apply what the events tell, in their order; entries that were applied before change nothing again.

        Raises:
            Unavailable: the metadata database is away; nothing is changed.
            PersonsFailed: it cannot be done; nothing is changed.
        """
        try:
            return self._apply(entries)
        except Unavailable:
            raise
        except Exception as defect:
            raise PersonsFailed(f"{type(defect).__name__}: {defect}") from defect

    def _apply(self, entries: Sequence[Entry]) -> PersonsOfBatch:
        told = [(entry, [read_operation(event) for event in entry.events]) for entry in entries]
        operations = [each for _, each_entry in told for each in each_entry if each is not None]
        if not operations:
            return PersonsOfBatch({}, changed=False)
        with writing(self._engine) as connection:
            sets = {id_: self._load(connection, id_, of) for id_, of in _by_project(operations).items()}
            applied = progress.read_progress(connection, {entry.writer for entry in entries})
            at_receipt = self._walk(told, sets, applied)
            for project_id, working_set in sets.items():
                _write(connection, project_id, working_set, self._clock())
            progress.write_progress(connection, _further(entries, applied))
        self._last = PersonsOfBatch(at_receipt, changed=True)
        return self._last

    def find(self, project_id: int, distinct_ids: Sequence[str]) -> dict[str, str]:
        """The persons, as text, of those distinct ids that somebody told us about; others have their default person."""
        with reading(self._engine) as connection:
            found = persons.find_persons(connection, project_id, distinct_ids)
        return {distinct_id: str(person) for distinct_id, person in found.items()}

    def _load(self, connection: sa.Connection, project_id: int, operations: Sequence[Operation]) -> WorkingSet:
        """The persons concerned, and no others."""
        take_turns(connection, "persons", project_id)
        named = {operation.distinct_id for operation in operations}
        named |= {operation.merged_id for operation in operations if operation.merged_id is not None}
        people = persons.find_persons(connection, project_id, named)
        identifiers = {people.get(distinct_id) or person_id(project_id, distinct_id) for distinct_id in named}
        return WorkingSet(project_id, named, people, persons.load_persons(connection, project_id, identifiers))

    def _walk(
        self,
        told: Iterable[tuple[Entry, list[Operation | None]]],
        sets: dict[int, WorkingSet],
        applied: Mapping[str, int],
    ) -> dict[Person, str]:
        at_receipt: dict[Person, str] = {}
        for entry, operations in told:
            is_new = entry.sequence > applied.get(entry.writer, progress.NOTHING)
            for event, operation in zip(entry.events, operations, strict=True):
                if operation is not None and is_new:
                    sets[event.project_id].apply(operation)
                if event.name == EXCEPTION and event.project_id in sets:
                    self._look(event, sets[event.project_id], at_receipt)
        return at_receipt

    def _look(self, event: ReceivedEvent, working_set: WorkingSet, at_receipt: dict[Person, str]) -> None:
        if event.distinct_id not in working_set:
            return
        # When a batch runs again because a store was away, its changes are made already; the first answer still holds.
        earlier = self._last.find(event)
        person = str(working_set.find(event.distinct_id)) if earlier is None else earlier
        at_receipt.setdefault((event.project_id, event.uuid.int), person)


def _further(entries: Iterable[Entry], applied: Mapping[str, int]) -> dict[str, int]:
    """How far each writer's entries are applied now, where that is further than before."""
    further: dict[str, int] = {}
    for entry in entries:
        before = further.get(entry.writer, applied.get(entry.writer, progress.NOTHING))
        if entry.is_last and entry.sequence > before:
            further[entry.writer] = entry.sequence
    return further


def _by_project(operations: Iterable[Operation]) -> dict[int, list[Operation]]:
    grouped: dict[int, list[Operation]] = {}
    # In order of the id, so that two nodes never wait for each other.
    for operation in sorted(operations, key=lambda operation: operation.project_id):
        grouped.setdefault(operation.project_id, []).append(operation)
    return grouped


def _write(connection: sa.Connection, project_id: int, working_set: WorkingSet, moment: datetime) -> None:
    survivors, changed, mapping = working_set.survivors, working_set.changed, working_set.mapping
    persons.write_persons(connection, project_id, changed)
    persons.map_distinct_ids(connection, project_id, mapping)
    if survivors:
        moved = persons.merge_persons(connection, project_id, survivors)
        mirror.note_overrides(connection, project_id, moved, moment)
    # A survivor's distinct ids are more now, even if nothing else of it changed.
    different = {person.id for person in changed} | set(mapping.values()) | set(survivors.values())
    mirror.note_persons(connection, project_id, [*different, *survivors], moment)
