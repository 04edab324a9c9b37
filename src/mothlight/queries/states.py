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


def read_states(
    store: EventStore, project_id: int, issue_ids: Sequence[UUID], environments: Sequence[str] = ()
) -> dict[UUID, IssueState]:
    """The state of each of the issues that the project has; the status in some environments, or of all."""
    if not issue_ids:
        return {}
    bindings = Bindings()
    ids = bindings.bind(issue_ids, "Array(UUID)")
    status = status_in(environments, bindings)
    sql = (
        f"SELECT issue_id, name, description, {status}, assignee_user, assignee_role FROM issues FINAL "
        f"WHERE {OF_PROJECT} AND deleted = 0 AND issue_id IN {ids}"
    )
    return {row[0]: _state(*row) for row in store.query(project_id, sql, bindings.parameters)}


def in_state(
    status: str | None,
    assignee: Assignee | None,
    bindings: Bindings,
    environments: Sequence[str] = (),
    *,
    is_assigned: bool | None = None,
) -> str:
    """The subquery of the ids of issues in a state, in some environments or altogether; None means any."""
    conditions = [OF_PROJECT, "deleted = 0"]
    if status is not None:
        conditions.append(f"{status_in(environments, bindings)} = {bindings.text(status)}")
    if assignee is not None:
        conditions.append(_assigned_to(assignee, bindings))
    if is_assigned is not None:
        conditions.append(f"(assignee_user != 0 OR assignee_role != '') = {int(is_assigned)}")
    return f"SELECT issue_id FROM issues FINAL WHERE {' AND '.join(conditions)}"


def status_in(environments: Sequence[str], bindings: Bindings) -> str:
    """SQL of an issue's status in some environments, by the rule for all; all where it was seen in none of them."""
    if not environments:
        return SHOWN_STATUS
    wanted = bindings.texts(environments)
    there = f"arrayFilter((each, place) -> has({wanted}, place), environment_statuses, environments)"
    of_these = (
        f"multiIf(empty({there}), status, has({there}, 'active'), 'active', "
        f"arrayAll(each -> each = 'suppressed', {there}), 'suppressed', 'resolved')"
    )
    return f"if({of_these} IN ('archived', 'pending_release'), 'resolved', {of_these})"


def _assigned_to(assignee: Assignee, bindings: Bindings) -> str:
    if assignee.type == "role":
        return f"assignee_role = {bindings.text(str(assignee.id).lower())}"
    # 0 stands for nobody, and a text that is no number for no user.
    return f"assignee_user != 0 AND toString(assignee_user) = {bindings.text(str(assignee.id))}"


def _state(issue_id: UUID, name: str | None, description: str | None, status: str, user: int, role: str) -> IssueState:
    assignee = Assignee(user, "user") if user else Assignee(role, "role") if role else None
    return IssueState(str(issue_id), name, description, status, assignee)
