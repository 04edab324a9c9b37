"""Changes of issues by people: status, name, description, assignee; of one issue or of many at once.

`plan_…` locks the issues and says what would change; with `make_change` it is done and entered in the journal. Call
`Mirror.sync` after the transaction, so that the next query shows it.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.issues import journal
from mothlight.issues.apply import apply_effect
from mothlight.issues.effect import ASSIGNED, UPDATED, Effect, of_values, present_values
from mothlight.issues.journal import Author
from mothlight.model.errors import not_found
from mothlight.storage.metadata.repositories import issues
from mothlight.storage.metadata.repositories.issues import Assignee

SETTABLE_STATUSES = ("active", "resolved", "suppressed")


class NewValues(msgspec.Struct, frozen=True):
    """Other values for an issue; what is unset stays."""

    status: str | msgspec.UnsetType = msgspec.UNSET
    name: str | msgspec.UnsetType | None = msgspec.UNSET
    description: str | msgspec.UnsetType | None = msgspec.UNSET
    assignee: Assignee | msgspec.UnsetType | None = msgspec.UNSET
    """Whoever it is belongs to the organization; the caller has checked that."""


def change_issue(connection: sa.Connection, author: Author, issue_id: UUID, values: NewValues) -> bool:
    """Change an issue; False, and no entry in the journal, when nothing differs.

    Raises:
        Refused: the project has no such issue (404).
    """
    effect = plan_values(connection, author.project_id, [issue_id], values)
    if effect is None:
        raise not_found("Issue not found")
    return make_change(connection, author, effect)


def plan_values(
    connection: sa.Connection, project_id: int, issue_ids: Collection[UUID], values: NewValues
) -> Effect | None:
    """What the values would change about those of the issues that exist; None when none exists."""
    locked = issues.lock_issues(connection, project_id, issue_ids)
    if not locked:
        return None
    wanted = _as_json(values)
    before = {issue.id: present_values(issue, wanted) for issue in locked.values()}
    differing = {
        issue_id: [name for name, value in present.items() if value != wanted[name]]
        for issue_id, present in before.items()
    }
    return of_values(
        {issue_id: {name: before[issue_id][name] for name in names} for issue_id, names in differing.items() if names},
        {issue_id: {name: wanted[name] for name in names} for issue_id, names in differing.items() if names},
    )


def make_change(connection: sa.Connection, author: Author, effect: Effect) -> bool:
    """Do what was planned, as one entry of the journal; False when nothing differs."""
    if effect.is_empty:
        return False
    apply_effect(connection, author, effect)
    names = {name for values in effect.after.values() for name in values or ()}
    journal.record(connection, author, ASSIGNED if names == {"assignee"} else UPDATED, effect)
    return True


def _as_json(values: NewValues) -> dict[str, Any]:
    given = {name: getattr(values, name) for name in values.__struct_fields__}
    wanted = {name: value for name, value in given.items() if value is not msgspec.UNSET}
    if isinstance(values.assignee, Assignee):
        wanted["assignee"] = values.assignee.to_json()
    return wanted
