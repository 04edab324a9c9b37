"""Keeps the event store's copies of owners, issues, persons and overrides in step with the metadata.

Whoever changes one of them notes it in the transaction of the change, after the change, with one of the functions here,
and calls `Mirror.sync` once the transaction is committed. A note that a crash leaves behind is found by the next `sync`
of any node. The version of a copy is the sequence number of its note, so a late writer never overwrites a newer state.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.storage.events.interface import EventStore
from mothlight.storage.events.properties import encode_properties
from mothlight.storage.events.rows import IssueRow, OverrideRow, OwnerRow, PersonRow
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories import issues, mirror, persons
from mothlight.storage.metadata.repositories.environments import seen_environments
from mothlight.storage.metadata.repositories.project_lifetime import existing_projects

OWNER, ISSUE, PERSON, OVERRIDE = "owner", "issue", "person", "override"

NOTES_AT_ONCE = 5_000

Versions = dict[str, int]
"""The newest note's sequence number by key."""


def note_owners(connection: sa.Connection, project_id: int, grouping_keys: Iterable[int], moment: datetime) -> None:
    """Note that grouping keys are new or have another fingerprint."""
    mirror.write_notes(connection, project_id, OWNER, map(str, grouping_keys), moment)


def note_fingerprints(
    connection: sa.Connection, project_id: int, fingerprint_ids: Collection[UUID], moment: datetime
) -> None:
    """Note that fingerprints belong to another issue, or were seen earlier: all their grouping keys change."""
    note_owners(connection, project_id, issues.keys_of_fingerprints(connection, fingerprint_ids), moment)


def note_issues(connection: sa.Connection, project_id: int, issue_ids: Iterable[UUID], moment: datetime) -> None:
    """Note that issues have another name, description, state or assignee, were seen elsewhere, or are gone."""
    mirror.write_notes(connection, project_id, ISSUE, map(str, issue_ids), moment)


def note_persons(connection: sa.Connection, project_id: int, person_ids: Iterable[UUID], moment: datetime) -> None:
    """Note that properties or distinct ids of persons changed, or that they are gone."""
    mirror.write_notes(connection, project_id, PERSON, map(str, person_ids), moment)


def note_overrides(connection: sa.Connection, project_id: int, old_ids: Iterable[UUID], moment: datetime) -> None:
    """Note that persons were merged into others."""
    mirror.write_notes(connection, project_id, OVERRIDE, map(str, old_ids), moment)


class Mirror:
    """Writes noted rows to the event store, from any thread."""

    def __init__(self, engine: sa.Engine, store: EventStore) -> None:
        self._engine = engine
        self._store = store
        self._writers: dict[str, Callable[[int, Versions], None]] = {
            # What others point at comes first.
            OVERRIDE: self._write_overrides,
            PERSON: self._write_persons,
            ISSUE: self._write_issues,
            OWNER: self._write_owners,
        }

    def sync(self) -> int:
        """Write everything noted so far, whoever noted it; returns how many notes there were.

        Two that run at once may write the same rows: of equal rows the highest version counts, so that does no harm.

        Raises:
            Unavailable: one of the stores is away; the notes stay.
        """
        total = 0
        while notes := self._read_notes():
            for (kind, project_id), versions in self._newest(notes).items():
                self._writers[kind](project_id, versions)
            with writing(self._engine) as connection:
                mirror.delete_notes(connection, [note.seq for note in notes])
            total += len(notes)
        return total

    def _read_notes(self) -> list[mirror.Note]:
        with reading(self._engine) as connection:
            return mirror.read_notes(connection, NOTES_AT_ONCE)

    def _newest(self, notes: list[mirror.Note]) -> dict[tuple[str, int], Versions]:
        with reading(self._engine) as connection:
            existing = existing_projects(connection, {note.project_id for note in notes})
        newest: dict[tuple[str, int], Versions] = {}
        for kind in self._writers:
            for note in notes:
                # Of a deleted project nothing may come back; its rows are deleted as a whole.
                if note.kind == kind and note.project_id in existing:
                    newest.setdefault((kind, note.project_id), {})[note.key] = note.seq
        return newest

    def _write_owners(self, project_id: int, versions: Versions) -> None:
        with reading(self._engine) as connection:
            states = issues.load_owner_states(connection, project_id, [int(key) for key in versions])
        self._store.insert_owners(
            [_owner_row(project_id, state, versions[str(state.grouping_key)]) for state in states]
        )

    def _write_issues(self, project_id: int, versions: Versions) -> None:
        by_id = _by_id(versions)
        with reading(self._engine) as connection:
            loaded = issues.load_issues(connection, project_id, list(by_id))
            seen = seen_environments(connection, project_id, list(by_id))
        self._store.insert_issues(
            [
                _issue_row(project_id, str(key), loaded.get(key), sorted(seen.get(key, ())), version)
                for key, version in by_id.items()
            ]
        )

    def _write_persons(self, project_id: int, versions: Versions) -> None:
        by_id = _by_id(versions)
        ids = list(by_id)
        with reading(self._engine) as connection:
            loaded = persons.load_persons(connection, project_id, ids)
            distinct_ids = persons.load_distinct_ids(connection, project_id, ids)
        self._store.insert_persons(
            [
                _person_row(project_id, person_id, loaded.get(person_id), distinct_ids.get(person_id, []), version)
                for person_id, version in by_id.items()
            ]
        )

    def _write_overrides(self, project_id: int, versions: Versions) -> None:
        by_id = _by_id(versions)
        with reading(self._engine) as connection:
            survivors = persons.load_overrides(connection, project_id, list(by_id))
        # Who was merged into nobody is who they are.
        self._store.insert_overrides(
            [OverrideRow(project_id, str(old), str(survivors.get(old, old)), by_id[old]) for old in by_id]
        )


def _by_id(versions: Versions) -> dict[UUID, int]:
    """The same by identifier, however a note spells it."""
    by_id: dict[UUID, int] = {}
    for key, version in versions.items():
        identifier = UUID(key)
        by_id[identifier] = max(version, by_id.get(identifier, version))
    return by_id


def _owner_row(project_id: int, state: issues.OwnerState, version: int) -> OwnerRow:
    return OwnerRow(
        project_id=project_id,
        grouping_key=state.grouping_key,
        fingerprint=state.fingerprint,
        fingerprint_version=state.fingerprint_version or "",
        record=msgspec.json.encode(state.record).decode(),
        issue_id=str(state.issue_id),
        first_seen=_text(state.first_seen),
        version=version,
    )


def _issue_row(
    project_id: int, issue_id: str, issue: issues.StoredIssue | None, environments: list[str], version: int
) -> IssueRow:
    if issue is None:
        return IssueRow(project_id, issue_id, None, None, "", 0, "", 1, version)
    assignee = issue.assignee or issues.Assignee()
    return IssueRow(
        project_id=project_id,
        issue_id=issue_id,
        name=issue.name,
        description=issue.description,
        status=issue.status,
        assignee_user=assignee.user_id or 0,
        assignee_role="" if assignee.role_id is None else str(assignee.role_id),
        deleted=0,
        version=version,
        environments=environments,
        environment_statuses=[issue.states.of(environment).status for environment in environments],
    )


def _person_row(
    project_id: int, person_id: UUID, person: persons.StoredPerson | None, distinct_ids: list[str], version: int
) -> PersonRow:
    properties = {} if person is None else person.properties
    return PersonRow(
        project_id=project_id,
        person_id=str(person_id),
        distinct_ids=distinct_ids,
        properties=encode_properties(properties),
        email=_email(properties.get("email")),
        deleted=1 if person is None else 0,
        version=version,
    )


def _email(value: msgspec.Raw | None) -> str:
    # Only texts are decoded: there are numbers that cannot be.
    return msgspec.json.decode(value, type=str) if value is not None and bytes(value).startswith(b'"') else ""


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
