"""Changes of a project's rules by people, entered in the journal as changes of settings (api.md 3.6)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.issues.journal import Author
from mothlight.issues.project_settings import SETTINGS_SUBJECT, change_settings
from mothlight.issues.rule_values import rule_name, rule_value
from mothlight.model.errors import invalid, not_found
from mothlight.rules.kinds import SEVERITY
from mothlight.storage.metadata.repositories.rules import StoredRule, find_rule, list_rules, write_rule
from mothlight.storage.metadata.repositories.statements import take_turns

MOST_RULES = 500
"""Of one kind in one project: each event may be compared with all of them."""


def add_rule(connection: sa.Connection, author: Author, rule: StoredRule) -> UUID | None:
    """Make a rule, which must have been checked; the id of the entry in the journal.

    Raises:
        Refused: there are too many of its kind (400).
    """
    take_turns(connection, SETTINGS_SUBJECT, author.project_id)
    if len(list_rules(connection, author.project_id, rule.kind)) >= MOST_RULES:
        raise invalid(f"A project has at most {MOST_RULES} {rule.kind} rules.")
    return change_settings(connection, author, {rule_name(rule.id): rule_value(rule)})


def change_rule(
    connection: sa.Connection, author: Author, kind: str, rule_id: UUID, values: Mapping[str, Any]
) -> UUID | None:
    """Give a rule other values, which must have been checked, and have it evaluated again if it was disabled.

    The id of the entry in the journal; None when nothing differs.

    A severity rule that was disabled stays so unless its filters are among the values (pipeline 6.2).

    Raises:
        Refused: there is no such rule (404).
    """
    take_turns(connection, SETTINGS_SUBJECT, author.project_id)
    present = load_rule(connection, author.project_id, kind, rule_id)
    disabled = present.disabled_data if kind == SEVERITY.name and "filters" not in values else None
    changed = msgspec.structs.replace(present, **values, disabled_data=disabled, updated_at=author.moment)
    entry_id = change_settings(connection, author, {rule_name(rule_id): rule_value(changed)})
    # Also when nothing differs: saving is how people say that it shall work again.
    write_rule(connection, author.project_id, changed)
    return entry_id


def remove_rule(connection: sa.Connection, author: Author, kind: str, rule_id: UUID) -> UUID | None:
    """Delete a rule; the id of the entry in the journal. Raises `Refused` (404) when there is none such."""
    take_turns(connection, SETTINGS_SUBJECT, author.project_id)
    load_rule(connection, author.project_id, kind, rule_id)
    return change_settings(connection, author, {rule_name(rule_id): None})


def reorder_rules(connection: sa.Connection, author: Author, kind: str, orders: Mapping[UUID, int]) -> UUID | None:
    """Give rules other places; ids that the project does not have are ignored.

    The id of the entry in the journal; None when nothing differs.
    """
    take_turns(connection, SETTINGS_SUBJECT, author.project_id)
    present = list_rules(connection, author.project_id, kind)
    moved = [msgspec.structs.replace(rule, order_key=orders[rule.id]) for rule in present if rule.id in orders]
    return change_settings(connection, author, {rule_name(rule.id): rule_value(rule) for rule in moved})


def load_rule(connection: sa.Connection, project_id: int, kind: str, rule_id: UUID) -> StoredRule:
    """A rule of a kind. Raises `Refused` (404) when there is none such."""
    rule = find_rule(connection, project_id, rule_id)
    if rule is None or rule.kind != kind:
        raise not_found()
    return rule
