"""The present state of issues: name, description, status, assignee (api 8.9)."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT, SHOWN_STATUS
from mothlight.queries.questions import Assignee
from mothlight.storage.events.interface import EventStore


class IssueState(msgspec.Struct, frozen=True):
    """What an issue is now, whatever its events."""

    id: str
    name: str | None
    description: str | None
    status: str
    assignee: Assignee | None


def read_states(store: EventStore, project_id: int, issue_ids: Sequence[UUID]) -> dict[UUID, IssueState]:
    """The state of each of the issues that the project has."""
    if not issue_ids:
        return {}
    sql = (
        f"SELECT issue_id, name, description, {SHOWN_STATUS}, assignee_user, assignee_role FROM issues FINAL "
        f"WHERE {OF_PROJECT} AND deleted = 0 AND issue_id IN {{ids:Array(UUID)}}"
    )
    return {row[0]: _state(*row) for row in store.query(project_id, sql, {"ids": issue_ids})}


def in_state(status: str | None, assignee: Assignee | None, bindings: Bindings) -> str:
    """The subquery of the ids of issues in a state; None means any."""
    conditions = [OF_PROJECT, "deleted = 0"]
    if status is not None:
        conditions.append(f"{SHOWN_STATUS} = {bindings.text(status)}")
    if assignee is not None:
        conditions.append(_assigned_to(assignee, bindings))
    return f"SELECT issue_id FROM issues FINAL WHERE {' AND '.join(conditions)}"


def _assigned_to(assignee: Assignee, bindings: Bindings) -> str:
    if assignee.type == "role":
        return f"assignee_role = {bindings.text(str(assignee.id).lower())}"
    # 0 stands for nobody, and a text that is no number for no user.
    return f"assignee_user != 0 AND toString(assignee_user) = {bindings.text(str(assignee.id))}"


def _state(issue_id: UUID, name: str | None, description: str | None, status: str, user: int, role: str) -> IssueState:
    assignee = Assignee(user, "user") if user else Assignee(role, "role") if role else None
    return IssueState(str(issue_id), name, description, status, assignee)
