"""Issues, the fingerprints they own, and the grouping keys that have these fingerprints."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.model.issue_states import (
    RESOLVED,
    UNTOUCHED,
    State,
    States,
    read_environments,
    read_states,
    write_states,
)
from mothlight.storage.metadata.repositories.statements import Row, in_slices, insert_missing
from mothlight.storage.metadata.tables import (
    assignments,
    fingerprints,
    grouping_keys,
    issues,
)


class Owner(msgspec.Struct, frozen=True, gc=False):
    """Where the events of a grouping key belong at this moment."""

    fingerprint_id: UUID
    fingerprint: str
    first_seen: datetime | None
    issue_id: UUID
    status: str
    """Of the whole issue; `states` says more."""
    last_received_at: datetime | None
    states: States
    environments: frozenset[str]
    """Where the fingerprint was seen."""
    stack_version: int
    """The version of the key's stack that the fingerprint was computed from."""
    key_first_seen: datetime | None = None
    """Of the events of this key alone, as is `key_environments`; None where nobody knows."""
    key_environments: frozenset[str] | None = None
    renewed_as: str | None = None
    """The newest fingerprint that the last renewal of the key gave, whatever became of it."""


class Assignee(msgspec.Struct, frozen=True):
    """Who has to look after an issue; exactly one of the two."""

    user_id: int | None = None
    role_id: UUID | None = None

    def to_json(self) -> dict[str, Any]:
        """The wire form of api.md: numbers for users, texts for roles."""
        if self.user_id is not None:
            return {"type": "user", "id": self.user_id}
        return {"type": "role", "id": str(self.role_id)}


class StoredIssue(msgspec.Struct, frozen=True):
    """An issue as the database has it."""

    id: UUID
    status: str
    severity: str | None
    name: str | None
    description: str | None
    created_at: datetime
    last_received_at: datetime | None
    resolved_at: datetime | None
    assignee: Assignee | None
    states: States = UNTOUCHED


class StoredFingerprint(msgspec.Struct, frozen=True):
    """A fingerprint and its owner."""

    id: UUID
    fingerprint: str
    issue_id: UUID


class OwnerState(msgspec.Struct, frozen=True):
    """What the event store's copy of a grouping key says."""

    grouping_key: int
    fingerprint: str
    fingerprint_version: str | None
    record: Any
    issue_id: UUID
    first_seen: datetime


def find_owners(connection: sa.Connection, project_id: int, keys: Collection[int]) -> dict[int, Owner]:
    """The owners of those of the grouping keys that are known."""
    found: dict[int, Owner] = {}
    for some in in_slices(list(keys)):
        rows = connection.execute(
            sa.select(
                grouping_keys.c.grouping_key,
                fingerprints.c.id,
                fingerprints.c.fingerprint,
                fingerprints.c.first_seen,
                issues.c.id,
                issues.c.status,
                issues.c.last_received_at,
                issues.c.resolved_at,
                issues.c.states,
                fingerprints.c.environments,
                grouping_keys.c.stack_version,
                grouping_keys.c.first_seen,
                grouping_keys.c.environments,
                grouping_keys.c.renewed_as,
            )
            .select_from(_owned_keys.join(issues, issues.c.id == fingerprints.c.issue_id))
            .where(grouping_keys.c.project_id == project_id, grouping_keys.c.grouping_key.in_(some))
        )
        found.update(
            (
                row[0],
                Owner(
                    *row[1:7],
                    states_of(row[5], row[7], row[8]),
                    environments_of(row[9]),
                    row[10],
                    row[11],
                    None if row[12] is None else environments_of(row[12]),
                    row[13],
                ),
            )
            for row in rows
        )
    return found


def lock_issues(connection: sa.Connection, project_id: int, ids: Collection[UUID]) -> dict[UUID, StoredIssue]:
    """Those of the issues that exist, locked until the end of the transaction, always in the same order."""
    locked: list[UUID] = []
    for some in in_slices(sorted(ids)):
        locked += connection.scalars(
            sa.select(issues.c.id)
            .where(issues.c.project_id == project_id, issues.c.id.in_(some))
            .order_by(issues.c.id)
            .with_for_update()
        )
    # An undo may bring an issue back at this moment: it is not locked, so it does not exist yet.
    return load_issues(connection, project_id, locked)


def load_issues(connection: sa.Connection, project_id: int, ids: Collection[UUID]) -> dict[UUID, StoredIssue]:
    """Those of the issues that exist."""
    loaded: dict[UUID, StoredIssue] = {}
    for some in in_slices(list(ids)):
        rows = connection.execute(_select_issues(project_id).where(issues.c.id.in_(some)))
        loaded.update((row[0], _stored_issue(row)) for row in rows)
    return loaded


def list_issues(connection: sa.Connection, project_id: int, limit: int, offset: int) -> list[StoredIssue]:
    """Issues, newest created first."""
    newest_first = (issues.c.created_at.desc(), issues.c.id.desc())
    rows = connection.execute(_select_issues(project_id).order_by(*newest_first).limit(limit).offset(offset))
    return [_stored_issue(row) for row in rows]


def count_issues(connection: sa.Connection, project_id: int) -> int:
    """How many issues the project has."""
    query = sa.select(sa.func.count()).select_from(issues).where(issues.c.project_id == project_id)
    return connection.execute(query).scalar_one()


def find_first_seen(connection: sa.Connection, project_id: int, ids: Collection[UUID]) -> dict[UUID, datetime]:
    """The earliest first sighting over all fingerprints of each of the issues that has one."""
    earliest = sa.func.min(
        sa.func.coalesce(fingerprints.c.first_seen, fingerprints.c.created_at), type_=fingerprints.c.created_at.type
    )
    found: dict[UUID, datetime] = {}
    for some in in_slices(list(ids)):
        rows = connection.execute(
            sa.select(fingerprints.c.issue_id, earliest)
            .where(fingerprints.c.project_id == project_id, fingerprints.c.issue_id.in_(some))
            .group_by(fingerprints.c.issue_id)
        )
        found.update((row[0], row[1]) for row in rows)
    return found


def issue_row(project_id: int, issue: StoredIssue) -> Row:
    """A new issue as a row of its table."""
    row = msgspec.structs.asdict(issue)
    del row["assignee"]
    return {"project_id": project_id, **row, "states": write_states(issue.states)}


def states_of(status: str, resolved_at: datetime | None, kept: str | None) -> States:
    """The states that a row of the table has; rows from before there were environments have one for all."""
    if kept is not None:
        return read_states(kept)
    return States(State(status, resolved_at if status == RESOLVED else None))


def environments_of(kept: str | None) -> frozenset[str]:
    """Where a fingerprint was seen, from its row."""
    return frozenset() if kept is None else read_environments(kept)


def insert_issues(connection: sa.Connection, rows: Sequence[Row]) -> None:
    """New issues, as rows of the table."""
    if rows:
        connection.execute(sa.insert(issues), rows)


def update_issue(connection: sa.Connection, issue_id: UUID, values: Mapping[str, Any]) -> None:
    """Other values for some columns of an issue."""
    connection.execute(sa.update(issues).where(issues.c.id == issue_id).values(**values))


def update_issues(connection: sa.Connection, project_id: int, ids: Collection[UUID], values: Mapping[str, Any]) -> None:
    """The same values for some columns of several issues, which are locked."""
    for some in in_slices(list(ids)):
        connection.execute(
            sa.update(issues).where(issues.c.project_id == project_id, issues.c.id.in_(some)).values(**values)
        )


def delete_issues(connection: sa.Connection, ids: Collection[UUID]) -> None:
    """Remove issues that own no fingerprint."""
    for some in in_slices(list(ids)):
        connection.execute(sa.delete(issues).where(issues.c.id.in_(some)))


def record_receipts(connection: sa.Connection, moments: Mapping[UUID, datetime]) -> None:
    """When events of the issues were last received. The issues are locked."""
    connection.execute(
        sa.update(issues).where(issues.c.id == sa.bindparam("issue")).values(last_received_at=sa.bindparam("moment")),
        [{"issue": issue_id, "moment": moment} for issue_id, moment in moments.items()],
    )


def write_assignees(
    connection: sa.Connection, project_id: int, assignees: Mapping[UUID, Assignee | None], moment: datetime
) -> None:
    """Give issues, which are locked, another assignee or none."""
    for some in in_slices(list(assignees)):
        connection.execute(sa.delete(assignments).where(assignments.c.issue_id.in_(some)))
    rows = [
        {
            "issue_id": issue_id,
            "project_id": project_id,
            "user_id": assignee.user_id,
            "role_id": assignee.role_id,
            "created_at": moment,
        }
        for issue_id, assignee in assignees.items()
        if assignee is not None
    ]
    if rows:
        connection.execute(sa.insert(assignments), rows)


def share_fingerprints(
    connection: sa.Connection, project_id: int, values: Collection[str]
) -> dict[str, StoredFingerprint]:
    """Those of the fingerprints that exist, protected against being moved until the end of the transaction.

    Whoever inserts a grouping key needs that: a fingerprint that moves takes along only the keys that it finds.
    """
    found: dict[str, StoredFingerprint] = {}
    for some in in_slices(sorted(values)):
        rows = connection.execute(
            sa.select(fingerprints.c.id, fingerprints.c.fingerprint, fingerprints.c.issue_id)
            .where(fingerprints.c.project_id == project_id, fingerprints.c.fingerprint.in_(some))
            # Everybody locks fingerprints in this order, so nobody waits for somebody who waits for them.
            .order_by(fingerprints.c.id)
            .with_for_update(read=True)
        )
        found.update((row[1], StoredFingerprint(*row)) for row in rows)
    return found


def projects_receiving_since(connection: sa.Connection, moment: datetime) -> list[int]:
    """Projects with issues that say that they have had events since."""
    query = sa.select(issues.c.project_id).where(issues.c.last_received_at >= moment).distinct()
    return sorted(connection.scalars(query))


def read_fingerprints(
    connection: sa.Connection, project_id: int, values: Collection[str]
) -> dict[str, StoredFingerprint]:
    """Those of the fingerprints that exist, as they are at this moment."""
    found: dict[str, StoredFingerprint] = {}
    for some in in_slices(sorted(values)):
        rows = connection.execute(
            sa.select(fingerprints.c.id, fingerprints.c.fingerprint, fingerprints.c.issue_id).where(
                fingerprints.c.project_id == project_id, fingerprints.c.fingerprint.in_(some)
            )
        )
        found.update((row[1], StoredFingerprint(*row)) for row in rows)
    return found


def insert_fingerprints(connection: sa.Connection, rows: Sequence[Row]) -> None:
    """New fingerprints, as rows of the table; those that somebody else inserted first stay as they are."""
    insert_missing(connection, fingerprints, sorted(rows, key=lambda row: str(row["fingerprint"])))


def move_fingerprint_row(connection: sa.Connection, project_id: int, fingerprint: str, issue_id: UUID) -> UUID | None:
    """Give a fingerprint to another issue; returns its id, None when there is none or it belongs there already."""
    moved: UUID | None = connection.scalar(
        sa.update(fingerprints)
        .where(
            fingerprints.c.project_id == project_id,
            fingerprints.c.fingerprint == fingerprint,
            fingerprints.c.issue_id != issue_id,
        )
        .values(issue_id=issue_id, version=fingerprints.c.version + 1)
        .returning(fingerprints.c.id)
    )
    return moved


def lower_first_seen(connection: sa.Connection, moments: Mapping[UUID, datetime]) -> None:
    """Earlier first sightings of fingerprints; later ones change nothing."""
    connection.execute(
        sa.update(fingerprints)
        .where(
            fingerprints.c.id == sa.bindparam("fingerprint_id"),
            sa.or_(fingerprints.c.first_seen.is_(None), fingerprints.c.first_seen > sa.bindparam("moment")),
        )
        .values(first_seen=sa.bindparam("moment")),
        [{"fingerprint_id": key, "moment": moments[key]} for key in sorted(moments)],
    )


def insert_grouping_keys(connection: sa.Connection, rows: Sequence[Row]) -> None:
    """New grouping keys, as rows of the table; those that somebody else inserted first stay as they are."""
    insert_missing(connection, grouping_keys, sorted(rows, key=lambda row: int(row["grouping_key"])))


def update_grouping_key(
    connection: sa.Connection, project_id: int, grouping_key: int, values: Mapping[str, Any]
) -> bool:
    """Other values for some columns of a grouping key; False when there is no such key."""
    updated = connection.execute(
        sa.update(grouping_keys)
        .where(grouping_keys.c.project_id == project_id, grouping_keys.c.grouping_key == grouping_key)
        .values(**values)
    )
    return updated.rowcount > 0


def has_other_keys(connection: sa.Connection, project_id: int, issue_id: UUID, keys: Collection[int]) -> bool:
    """Whether the issue has a grouping key beside these, which are not many."""
    other = (
        sa.select(grouping_keys.c.grouping_key)
        .select_from(_owned_keys)
        .where(
            fingerprints.c.project_id == project_id,
            fingerprints.c.issue_id == issue_id,
            grouping_keys.c.grouping_key.not_in(sorted(keys)),
        )
        .limit(1)
    )
    return connection.scalar(other) is not None


def keys_of_fingerprints(connection: sa.Connection, fingerprint_ids: Collection[UUID]) -> list[int]:
    """All grouping keys that have one of the fingerprints."""
    found: list[int] = []
    for some in in_slices(list(fingerprint_ids)):
        found += connection.scalars(
            sa.select(grouping_keys.c.grouping_key).where(grouping_keys.c.fingerprint_id.in_(some))
        )
    return found


def load_owner_states(connection: sa.Connection, project_id: int, keys: Sequence[int]) -> list[OwnerState]:
    """What is to be mirrored of those of the grouping keys that exist."""
    loaded: list[OwnerState] = []
    for some in in_slices(keys):
        rows = connection.execute(
            sa.select(
                grouping_keys.c.grouping_key,
                fingerprints.c.fingerprint,
                grouping_keys.c.fingerprint_version,
                grouping_keys.c.record,
                fingerprints.c.issue_id,
                sa.func.coalesce(
                    fingerprints.c.first_seen, fingerprints.c.created_at, type_=fingerprints.c.created_at.type
                ),
            )
            .select_from(_owned_keys)
            .where(grouping_keys.c.project_id == project_id, grouping_keys.c.grouping_key.in_(some))
        )
        loaded += [OwnerState(*row) for row in rows]
    return loaded


_owned_keys = grouping_keys.join(fingerprints, fingerprints.c.id == grouping_keys.c.fingerprint_id)


def _select_issues(project_id: int) -> sa.Select[Any]:
    return (
        sa.select(
            issues.c.id,
            issues.c.status,
            issues.c.severity,
            issues.c.name,
            issues.c.description,
            issues.c.created_at,
            issues.c.last_received_at,
            issues.c.resolved_at,
            assignments.c.user_id,
            assignments.c.role_id,
            issues.c.states,
        )
        .select_from(issues.outerjoin(assignments, assignments.c.issue_id == issues.c.id))
        .where(issues.c.project_id == project_id)
    )


def _stored_issue(row: Sequence[Any]) -> StoredIssue:
    return StoredIssue(
        id=row[0],
        status=row[1],
        severity=row[2],
        name=row[3],
        description=row[4],
        created_at=row[5],
        last_received_at=row[6],
        resolved_at=row[7],
        assignee=_assignee(row[8], row[9]),
        states=states_of(row[1], row[7], row[10]),
    )


def _assignee(user_id: int | None, role_id: UUID | None) -> Assignee | None:
    return None if user_id is None and role_id is None else Assignee(user_id, role_id)
