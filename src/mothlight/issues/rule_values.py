"""Rules as the change journal knows them: among a project's settings, each a value that is null where there is none."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.storage.metadata.repositories.issues import Assignee
from mothlight.storage.metadata.repositories.rules import (
    StoredRule,
    delete_rule,
    find_rule,
    list_rules,
    write_rule,
)

RULE = "rule:"


def is_rule(name: str) -> bool:
    """Whether a setting is a rule."""
    return name.startswith(RULE)


def rule_name(rule_id: UUID) -> str:
    """The name of the setting that a rule is."""
    return f"{RULE}{rule_id}"


def load_rule_values(connection: sa.Connection, project_id: int) -> dict[str, Any]:
    """All rules of a project as settings."""
    return {rule_name(rule.id): rule_value(rule) for rule in list_rules(connection, project_id)}


def rule_value(rule: StoredRule) -> dict[str, Any]:
    """A rule as JSON, from which it can be made again. That it was disabled is no setting."""
    return {
        "kind": rule.kind,
        "filters": rule.filters,
        "order_key": rule.order_key,
        "sampling_rate": rule.sampling_rate,
        "assignee": None if rule.assignee is None else rule.assignee.to_json(),
        "description": rule.description,
        "severity": rule.severity,
        "created_at": rule.created_at.isoformat().replace("+00:00", "Z"),
    }


def read_rule_value(name: str, value: Mapping[str, Any], moment: datetime) -> StoredRule:
    """The rule that a setting tells of, as it is from now on."""
    return StoredRule(
        id=UUID(name.removeprefix(RULE)),
        kind=value["kind"],
        order_key=value["order_key"],
        filters=value["filters"],
        created_at=datetime.fromisoformat(value["created_at"]),
        updated_at=moment,
        sampling_rate=value["sampling_rate"],
        assignee=_assignee(value["assignee"]),
        description=value["description"],
        severity=value["severity"],
    )


def write_rule_value(
    connection: sa.Connection, project_id: int, name: str, value: Mapping[str, Any] | None, moment: datetime
) -> None:
    """Make, change or remove a rule. One that was disabled is evaluated again, unless only its place changes."""
    rule_id = UUID(name.removeprefix(RULE))
    if value is None:
        delete_rule(connection, project_id, rule_id)
        return
    written = read_rule_value(name, value, moment)
    present = find_rule(connection, project_id, rule_id)
    if present is not None and rule_value(present) | {"order_key": written.order_key} == rule_value(written):
        written = msgspec.structs.replace(written, disabled_data=present.disabled_data)
    write_rule(connection, project_id, written)


def _assignee(value: Mapping[str, Any] | None) -> Assignee | None:
    if value is None:
        return None
    return Assignee(user_id=value["id"]) if value["type"] == "user" else Assignee(role_id=UUID(value["id"]))
