"""Rules of projects. Whoever changes one also gives the project another rules version: the pipeline looks at that."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.storage.metadata.repositories.issues import Assignee
from mothlight.storage.metadata.repositories.statements import insert_or_update
from mothlight.storage.metadata.tables import fingerprints, issues, projects, roles, rules, users


class StoredRule(msgspec.Struct, frozen=True):
    """A rule as the database has it."""

    id: UUID
    kind: str
    order_key: int
    filters: dict[str, Any]
    """A property group, as it was sent."""
    created_at: datetime
    updated_at: datetime
    sampling_rate: float | None = None
    """Of suppression: the share of matching events that is dropped."""
    assignee: Assignee | None = None
    description: str | None = None
    severity: str | None = None
    disabled_data: dict[str, Any] | None = None
    """Why it is not evaluated any more; None while it is."""


def list_rules(connection: sa.Connection, project_id: int, kind: str | None = None) -> list[StoredRule]:
    """The rules of a project, of one kind or of all, in the order in which they are evaluated."""
    query = _select(project_id).order_by(rules.c.order_key, rules.c.created_at, rules.c.id)
    rows = connection.execute(query if kind is None else query.where(rules.c.kind == kind))
    return [_rule(row) for row in rows]


def find_rule(connection: sa.Connection, project_id: int, rule_id: UUID) -> StoredRule | None:
    """One rule."""
    row = connection.execute(_select(project_id).where(rules.c.id == rule_id)).one_or_none()
    return None if row is None else _rule(row)


def write_rule(connection: sa.Connection, project_id: int, rule: StoredRule) -> None:
    """A new rule, or other values for one. Somebody who is gone is nobody's assignee."""
    row = msgspec.structs.asdict(rule)
    row["user_id"], row["role_id"] = _present(connection, row.pop("assignee"))
    insert_or_update(connection, rules, [{"project_id": project_id, **row}])
    _next_version(connection, project_id)


def delete_rule(connection: sa.Connection, project_id: int, rule_id: UUID) -> None:
    """Remove a rule, if it is there."""
    connection.execute(sa.delete(rules).where(rules.c.project_id == project_id, rules.c.id == rule_id))
    _next_version(connection, project_id)


def disable_rules(
    connection: sa.Connection, project_id: int, reasons: Mapping[UUID, Mapping[str, Any]], moment: datetime
) -> None:
    """Say why rules are not evaluated any more; those that are so already stay as they are."""
    for rule_id, reason in reasons.items():
        connection.execute(
            sa.update(rules)
            .where(rules.c.project_id == project_id, rules.c.id == rule_id, rules.c.disabled_data.is_(None))
            .values(disabled_data=reason, updated_at=moment)
        )
    _next_version(connection, project_id)


def rules_version(connection: sa.Connection, project_id: int) -> int:
    """The number that grows with each change of the project's rules; 0 where it never had one."""
    return connection.scalar(sa.select(projects.c.rules_version).where(projects.c.id == project_id)) or 0


def issues_of_fingerprints(
    connection: sa.Connection, project_id: int, values: Collection[str]
) -> Mapping[str, tuple[UUID, str | None]]:
    """The issue and its name of those of the fingerprints that have one."""
    rows = connection.execute(
        sa.select(fingerprints.c.fingerprint, issues.c.id, issues.c.name)
        .join(issues, issues.c.id == fingerprints.c.issue_id)
        .where(fingerprints.c.project_id == project_id, fingerprints.c.fingerprint.in_(list(values)))
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def _next_version(connection: sa.Connection, project_id: int) -> None:
    connection.execute(
        sa.update(projects).where(projects.c.id == project_id).values(rules_version=projects.c.rules_version + 1)
    )


def _present(connection: sa.Connection, assignee: Assignee | None) -> tuple[int | None, UUID | None]:
    if assignee is None:
        return None, None
    user_id = connection.scalar(sa.select(users.c.id).where(users.c.id == assignee.user_id))
    role_id = connection.scalar(sa.select(roles.c.id).where(roles.c.id == assignee.role_id))
    return user_id, role_id


def _select(project_id: int) -> sa.Select[Any]:
    return sa.select(
        rules.c.id,
        rules.c.kind,
        rules.c.order_key,
        rules.c.filters,
        rules.c.created_at,
        rules.c.updated_at,
        rules.c.sampling_rate,
        rules.c.user_id,
        rules.c.role_id,
        rules.c.description,
        rules.c.severity,
        rules.c.disabled_data,
    ).where(rules.c.project_id == project_id)


def _rule(row: Sequence[Any]) -> StoredRule:
    is_assigned = row[7] is not None or row[8] is not None
    return StoredRule(
        id=row[0],
        kind=row[1],
        order_key=row[2],
        filters=row[3],
        created_at=row[4],
        updated_at=row[5],
        sampling_rate=row[6],
        assignee=Assignee(row[7], row[8]) if is_assigned else None,
        description=row[9],
        severity=row[10],
        disabled_data=row[11],
    )
