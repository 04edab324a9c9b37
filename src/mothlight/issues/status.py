"""The status of an issue follows from its states in the environments that it was seen in.

Whoever plans a change of states, or of who owns what, lets the statuses follow before it is made and entered.
"""

from collections.abc import Mapping
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.issues.effect import STATUS, Effect, Values, is_state, restore, with_states
from mothlight.storage.metadata.repositories import issues
from mothlight.storage.metadata.repositories.changes import SETTINGS
from mothlight.storage.metadata.repositories.environments import SeenFingerprint, seen_fingerprints, together


def follow(connection: sa.Connection, project_id: int, effect: Effect) -> Effect:
    """The effect with the statuses that its issues have before and afterwards. The issues are locked."""
    if not concerns_states(effect):
        return effect
    ids = set(effect.before) - {SETTINGS}
    present = issues.load_issues(connection, project_id, ids)
    seen = together(
        SeenFingerprint(each.fingerprint, effect.owners_after.get(each.fingerprint, each.issue_id), each.environments)
        for each in seen_fingerprints(connection, project_id, ids)
    )
    before, after = dict(effect.before), dict(effect.after)
    for issue_id, values in effect.after.items():
        environments = seen.get(issue_id, frozenset())
        issue = present.get(issue_id)
        if values is None or issue_id == SETTINGS:
            continue
        if issue is None:
            made = restore(issue_id, values)
            after[issue_id] = {**values, STATUS: made.states.status(environments, made.status)}
            continue
        status = with_states(issue.states, values).status(environments, issue.status)
        old, new = _without_status(before[issue_id] or {}), _without_status(values)
        is_other = status != issue.status
        before[issue_id] = {STATUS: issue.status, **old} if is_other else old
        after[issue_id] = {STATUS: status, **new} if is_other else new
    return msgspec.structs.replace(effect, before=before, after=after)


def concerns_states(effect: Effect) -> bool:
    """Whether a status may be another one afterwards."""
    return bool(effect.owners_before or effect.keys_before or effect.made) or _has_states(effect.after)


def without_statuses(effect: Effect) -> Effect:
    """Without what only follows: of issues that are there before and afterwards."""
    staying = set(effect.staying)

    def bare(side: Mapping[UUID, Values | None]) -> dict[UUID, Values | None]:
        return {
            key: _without_status(values) if key in staying and values is not None else values
            for key, values in side.items()
        }

    return msgspec.structs.replace(effect, before=bare(effect.before), after=bare(effect.after))


def _has_states(side: Mapping[UUID, Values | None]) -> bool:
    return any(is_state(name) for values in side.values() for name in values or ())


def _without_status(values: Values) -> Values:
    return {name: value for name, value in values.items() if name != STATUS}
