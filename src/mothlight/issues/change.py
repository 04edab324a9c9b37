"""Changes of issues by people: status, everywhere or in one environment, name, description, assignee; of one or many.

`plan_…` locks the issues and says what would change; with `make_change` it is done and entered in the journal. Call
`Mirror.sync` after the transaction, so that the next query shows it.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.issues import journal
from mothlight.issues.apply import apply_effect
from mothlight.issues.effect import (
    ASSIGNED,
    ELSEWHERE,
    ENVIRONMENT,
    UPDATED,
    Effect,
    Values,
    of_values,
    present_values,
    write_states,
)
from mothlight.issues.journal import Author
from mothlight.issues.status import follow
from mothlight.model.errors import invalid, not_found
from mothlight.model.issue_states import ACTIVE, RESOLVED, SUPPRESSED, State, States
from mothlight.storage.metadata.repositories import issues
from mothlight.storage.metadata.repositories.environments import seen_environments
from mothlight.storage.metadata.repositories.issues import Assignee, StoredIssue

SETTABLE_STATUSES = (ACTIVE, RESOLVED, SUPPRESSED)


class Resolution(msgspec.Struct, frozen=True):
    """In what issues are resolved."""

    release: str | None = None
    """As the caller says; None: the newest that each was seen in."""
    is_next: bool = False
    """In what comes after that release."""
    newest: Mapping[UUID, str] = {}
    """The newest release that each issue was seen in."""

    @property
    def is_chosen(self) -> bool:
        """Whether the caller said something about it."""
        return self.release is not None or self.is_next


class NewValues(msgspec.Struct, frozen=True):
    """Other values for an issue; what is unset stays."""

    status: str | msgspec.UnsetType = msgspec.UNSET
    name: str | msgspec.UnsetType | None = msgspec.UNSET
    description: str | msgspec.UnsetType | None = msgspec.UNSET
    assignee: Assignee | msgspec.UnsetType | None = msgspec.UNSET
    """Whoever it is belongs to the organization; the caller has checked that."""
    environment: str | None = None
    """The only one where the status changes; None: it changes in all."""
    resolution: Resolution = Resolution()


def change_issue(connection: sa.Connection, author: Author, issue_id: UUID, values: NewValues) -> bool:
    """Change an issue; False, and no entry in the journal, when nothing differs.

    Raises:
        Refused: the project has no such issue (404), or it was not seen in the environment (400).
    """
    effect = plan_values(connection, author, [issue_id], values)
    if effect is None:
        raise not_found("Issue not found")
    if values.environment is not None and not effect.before:
        raise invalid("The issue was not seen in this environment.", "environment")
    return make_change(connection, author, effect)


def plan_values(
    connection: sa.Connection, author: Author, issue_ids: Collection[UUID], values: NewValues
) -> Effect | None:
    """What the values would change about those of the issues that exist; None when none exists.

    With an environment, issues that were not seen there are not in the effect.
    """
    locked = issues.lock_issues(connection, author.project_id, issue_ids)
    if not locked:
        return None
    seen = seen_environments(connection, author.project_id, locked) if values.status is not msgspec.UNSET else {}
    before: dict[UUID, Values] = {}
    after: dict[UUID, Values] = {}
    for issue in locked.values():
        environments = seen.get(issue.id, frozenset())
        if values.environment is not None and values.environment not in environments | issue.states.named.keys():
            continue
        wanted = {**_as_json(values), **_wanted_states(issue, environments, values, author.moment)}
        present = present_values(issue, wanted)
        names = [name for name in wanted if present[name] != wanted[name]]
        if ELSEWHERE in names:
            # Also the environments that have the wanted state already: an undo leaves them as they are.
            names += [name for name in wanted if name.startswith(ENVIRONMENT) and name not in names]
        before[issue.id] = {name: present[name] for name in names}
        after[issue.id] = {name: wanted[name] for name in names}
    if values.environment is None:
        before, after = ({key: side[key] for key in before if before[key]} for side in (before, after))
    return follow(connection, author.project_id, of_values(before, after))


def make_change(connection: sa.Connection, author: Author, effect: Effect) -> bool:
    """Do what was planned, as one entry of the journal; False when nothing differs."""
    if effect.is_empty:
        return False
    apply_effect(connection, author, effect)
    names = {name for values in effect.after.values() for name in values or ()}
    journal.record(connection, author, ASSIGNED if names == {"assignee"} else UPDATED, effect)
    return True


def _as_json(values: NewValues) -> Values:
    given = {"name": values.name, "description": values.description, "assignee": values.assignee}
    wanted: Values = {name: value for name, value in given.items() if value is not msgspec.UNSET}
    if isinstance(values.assignee, Assignee):
        wanted["assignee"] = values.assignee.to_json()
    return wanted


def _wanted_states(issue: StoredIssue, seen: frozenset[str], values: NewValues, moment: datetime) -> Values:
    """The states that a new status makes, and those that it takes away."""
    if isinstance(values.status, msgspec.UnsetType):
        return {}
    states, wanted = issue.states, _wanted_state(issue.id, values.status, values.resolution, moment)

    def renewed(state: State) -> State:
        return state if _is_same(state, wanted, values.resolution) else wanted

    if values.environment is not None:
        state = renewed(states.of(values.environment))
        return write_states(states.having(values.environment, None if state == states.elsewhere else state), states)
    if seen and all(renewed(states.of(each)) is states.of(each) for each in seen):
        return {}
    elsewhere = renewed(states.elsewhere)
    others = {each: renewed(states.of(each)) for each in seen | states.named.keys()}
    named = {each: state for each, state in others.items() if state != elsewhere}
    return write_states(States(elsewhere, named), states)


def _wanted_state(issue_id: UUID, status: str, resolution: Resolution, moment: datetime) -> State:
    if status != RESOLVED:
        return State(status)
    return State(RESOLVED, moment, resolution.release or resolution.newest.get(issue_id), resolution.is_next)


def _is_same(state: State, wanted: State, resolution: Resolution) -> bool:
    """Whether there is nothing to do: what is resolved stays as it was resolved, unless another release is named."""
    if state.status != wanted.status:
        return False
    return not resolution.is_chosen or (state.release, state.next) == (wanted.release, wanted.next)
