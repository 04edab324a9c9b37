"""Changes of rules, by programs and on pages: what may be is checked, what was done is entered.

Each change gives the id of its entry in the journal, or None where nothing differs.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from mothlight.issues import project_rules
from mothlight.issues.journal import Author
from mothlight.model.errors import invalid
from mothlight.rules.kinds import SUPPRESSION, Kind
from mothlight.storage.metadata.repositories.issues import Assignee
from mothlight.storage.metadata.repositories.rules import StoredRule
from mothlight.web.assignees import read_assignee
from mothlight.web.change import change
from mothlight.web.parts import Work
from mothlight.web.values.questions import AssigneeFilter


def new_rule(call: Work, kind: Kind, values: Mapping[str, Any]) -> StoredRule:
    """The rule that checked values say, not yet saved.

    Raises:
        Refused: its assignee is none of the organization's (400).
    """
    moment = call.parts.clock()
    return StoredRule(
        id=call.parts.make_id(),
        kind=kind.name,
        order_key=values.get("order_key", 0),
        filters=values["filters"],
        created_at=moment,
        updated_at=moment,
        sampling_rate=values.get("sampling_rate") if kind is SUPPRESSION else None,
        assignee=assignee_of(call, values.get("assignee")),
        description=values.get("description"),
        severity=values.get("severity"),
    )


def add_rule(call: Work, rule: StoredRule) -> UUID | None:
    """Make a rule. Raises `Refused` (400) when there are too many of its kind."""
    return change(call, lambda connection, author: project_rules.add_rule(connection, author, rule))


def change_rule(call: Work, kind: Kind, rule_id: UUID, values: Mapping[str, Any]) -> UUID | None:
    """Give a rule other values, which must have been checked; what is left out stays.

    Raises:
        Refused: there is no such rule (404), or its new assignee is none of the organization's (400).
    """
    wanted = dict(values)
    if "assignee" in wanted:
        wanted["assignee"] = assignee_of(call, wanted["assignee"])

    def work(connection: sa.Connection, author: Author) -> UUID | None:
        return project_rules.change_rule(connection, author, kind.name, rule_id, wanted)

    return change(call, work)


def remove_rule(call: Work, kind: Kind, rule_id: UUID) -> UUID | None:
    """Delete a rule. Raises `Refused` (404) when there is none such."""
    return change(call, lambda connection, author: project_rules.remove_rule(connection, author, kind.name, rule_id))


def reorder_rules(call: Work, kind: Kind, orders: Mapping[UUID, int]) -> UUID | None:
    """Give rules other places; ids that the project does not have are ignored."""

    def work(connection: sa.Connection, author: Author) -> UUID | None:
        return project_rules.reorder_rules(connection, author, kind.name, orders)

    return change(call, work)


def assignee_of(call: Work, sent: Mapping[str, Any] | None) -> Assignee | None:
    """Whom a rule gives issues to.

    Raises:
        Refused: the id is of the other kind, or the organization has none such (400).
    """
    if sent is None:
        return None
    if sent["type"] == "user" and isinstance(sent["id"], UUID):
        raise invalid("User assignee IDs must be integers.", "assignee__id")
    if sent["type"] == "role" and not isinstance(sent["id"], UUID):
        raise invalid("Role assignee IDs must be UUIDs.", "assignee__id")
    return read_assignee(call, AssigneeFilter(id=str(sent["id"]), type=sent["type"]))
