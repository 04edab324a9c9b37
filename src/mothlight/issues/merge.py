"""Merging issues: the target takes the fingerprints of the others, and with them all events, past and coming.

Its own states win. Environments that are new to it get its status.
"""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa

from mothlight.issues import journal
from mothlight.issues.apply import apply_effect
from mothlight.issues.effect import MERGED, Effect, Values, snapshot, state_cell, write_state
from mothlight.issues.journal import Author
from mothlight.issues.status import follow
from mothlight.model.errors import not_found
from mothlight.model.issue_states import SUPPRESSED, State
from mothlight.storage.metadata.repositories import fingerprints, issues
from mothlight.storage.metadata.repositories.environments import seen_environments
from mothlight.storage.metadata.repositories.issues import StoredIssue


def plan_merge(
    connection: sa.Connection, project_id: int, target_id: UUID, source_ids: Iterable[UUID]
) -> Effect | None:
    """What a merge would do, with all its issues locked; None when only the target itself was named.

    Raises:
        Refused: there is no such target, or none of the sources (404).
    """
    wanted = list(dict.fromkeys(issue_id for issue_id in source_ids if issue_id != target_id))
    locked = issues.lock_issues(connection, project_id, [target_id, *wanted])
    if target_id not in locked:
        raise not_found("Issue not found")
    if not wanted:
        return None
    sources = [locked[issue_id] for issue_id in wanted if issue_id in locked]
    if not sources:
        raise not_found("Issue not found")
    owners = fingerprints.fingerprints_of_issues(connection, project_id, wanted)
    seen = seen_environments(connection, project_id, [target_id, *wanted])
    return follow(connection, project_id, _effect(locked[target_id], sources, owners, seen))


def merge(connection: sa.Connection, author: Author, effect: Effect) -> UUID:
    """Do what was planned, as one entry of the journal; returns its id."""
    apply_effect(connection, author, effect)
    return journal.record(connection, author, MERGED, effect)


def states_of_new_environments(target: StoredIssue, own: frozenset[str], coming: frozenset[str]) -> Values:
    """What an issue that was seen in some environments says of others that its new events come from: its status."""
    state = State(SUPPRESSED) if target.status == SUPPRESSED else target.states.starting(own)
    if not own or state == target.states.elsewhere:
        return {}
    new = coming - own - target.states.named.keys()
    return {state_cell(name): write_state(state) for name in sorted(new)}


def _effect(
    target: StoredIssue, sources: Sequence[StoredIssue], owners: dict[str, UUID], seen: Mapping[UUID, frozenset[str]]
) -> Effect:
    assignee = _inherited(target, sources)
    own = seen.get(target.id, frozenset())
    states = states_of_new_environments(target, own, frozenset().union(*seen.values()))
    taken = {} if assignee is None else {"assignee": assignee}
    before: dict[UUID, Values | None] = {target.id: dict.fromkeys([*taken, *states])}
    after: dict[UUID, Values | None] = {target.id: {**taken, **states}}
    return Effect(
        {**before, **{source.id: snapshot(source) for source in sources}},
        {**after, **{source.id: None for source in sources}},
        owners,
        dict.fromkeys(owners, target.id),
    )


def _inherited(target: StoredIssue, sources: Sequence[StoredIssue]) -> Values | None:
    """The one assignee of the sources, for a target that has none."""
    assignees = {source.assignee for source in sources if source.assignee is not None}
    return assignees.pop().to_json() if target.assignee is None and len(assignees) == 1 else None
