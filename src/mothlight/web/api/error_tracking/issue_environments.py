"""`environments` of issues: their states from the metadata, their figures from the event store."""

from collections.abc import Collection, Mapping
from uuid import UUID

import sqlalchemy as sa

from mothlight.model.errors import Unavailable
from mothlight.model.issue_states import RESOLVED, State, shown_environment
from mothlight.queries.answers.environments import Place, SeenAgain, SeenThere, seen_again, seen_there
from mothlight.storage.metadata.repositories.environments import seen_environments
from mothlight.storage.metadata.repositories.issues import StoredIssue
from mothlight.web.api.calls import ProjectCall
from mothlight.web.api.shapes import EnvironmentShape, ResolvedShape, SeenAgainShape


def environments_of(
    connection: sa.Connection, call: ProjectCall, issues: Collection[StoredIssue]
) -> dict[UUID, list[EnvironmentShape]]:
    """Each issue's environments, in the order of their names. What is known of an issue does not wait for figures."""
    seen = seen_environments(connection, call.project.id, [issue.id for issue in issues])
    places = {
        (issue.id, name): issue.states.of(name)
        for issue in issues
        for name in sorted(seen.get(issue.id, frozenset()) | issue.states.named.keys())
    }
    try:
        there, again = _figures(call, places)
        is_known = True
    except Unavailable:
        there, again, is_known = {}, {}, False
    found: dict[UUID, list[EnvironmentShape]] = {}
    for place, state in places.items():
        shape = _shape(place, state, there.get(place), again.get(place), is_known=is_known)
        found.setdefault(place[0], []).append(shape)
    return found


def _figures(call: ProjectCall, places: Mapping[Place, State]) -> tuple[dict[Place, SeenThere], dict[Place, SeenAgain]]:
    resolved = {
        place: state.resolved_at
        for place, state in places.items()
        if state.status == RESOLVED and state.resolved_at is not None
    }
    there = seen_there(call.parts.events, call.project.id, list({issue_id for issue_id, _ in places}))
    return there, seen_again(call.parts.events, call.project.id, resolved)


def _shape(
    place: Place, state: State, there: SeenThere | None, again: SeenAgain | None, *, is_known: bool
) -> EnvironmentShape:
    return EnvironmentShape(
        name=shown_environment(place[1]),
        status=state.status,
        first_seen=there.first_seen if there else None,
        last_seen=there.last_seen if there else None,
        occurrences=there.occurrences if there else 0 if is_known else None,
        resolved=ResolvedShape(state.resolved_at, state.release, state.next) if state.status == RESOLVED else None,
        seen_again=None if again is None else SeenAgainShape(again.count, again.last_seen),
    )
