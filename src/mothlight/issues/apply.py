"""Does what an effect says, in the transaction of the caller.

The issues of the effect are locked, and all is as `before` says. Call `Mirror.sync` after the transaction, so that the
next query shows the change in every figure.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.issues import effect as effects
from mothlight.issues.effect import Effect, Values
from mothlight.issues.journal import Author
from mothlight.issues.place_keys import place_keys
from mothlight.issues.settings_values import write_values
from mothlight.model.issue_states import RESOLVED, write_states
from mothlight.storage import mirror
from mothlight.storage.metadata.repositories import fingerprints, issues, spike_events
from mothlight.storage.metadata.repositories.changes import SETTINGS
from mothlight.storage.metadata.repositories.key_places import read_keys


def apply_effect(connection: sa.Connection, author: Author, effect: Effect) -> None:
    """Make, move, change and remove, in this order, and note it for the event store's copies."""
    _make(connection, author, effect)
    moved = _move(connection, author.project_id, effect)
    _move_spikes(connection, author.project_id, effect)
    _place(connection, author, effect)
    _change(connection, author, effect)
    issues.delete_issues(connection, effect.removed)
    mirror.note_issues(connection, author.project_id, set(effect.before) - {SETTINGS}, author.moment)
    mirror.note_fingerprints(connection, author.project_id, moved, author.moment)


def _make(connection: sa.Connection, author: Author, effect: Effect) -> None:
    made = {issue_id: effects.restore(issue_id, effect.after[issue_id] or {}) for issue_id in effect.made}
    issues.insert_issues(connection, [issues.issue_row(author.project_id, issue) for issue in made.values()])
    assignees = {issue_id: issue.assignee for issue_id, issue in made.items()}
    issues.write_assignees(connection, author.project_id, assignees, author.moment)


def _move(connection: sa.Connection, project_id: int, effect: Effect) -> list[UUID]:
    locked = fingerprints.lock_fingerprints(connection, project_id, effect.owners_after)
    for owner, values in effect.moved().items():
        fingerprints.move_fingerprints(connection, [locked[value].id for value in values], owner)
    return [fingerprint.id for fingerprint in locked.values()]


def _move_spikes(connection: sa.Connection, project_id: int, effect: Effect) -> None:
    """Spikes go with their fingerprints, and nothing of an issue that goes away is lost."""
    spike_events.move_spikes_of_fingerprints(connection, project_id, list(effect.before), effect.moved())
    survivor = effects.survivor_of(effect)
    if survivor is not None and effect.removed:
        spike_events.move_spikes(connection, project_id, effect.removed, survivor)


def _place(connection: sa.Connection, author: Author, effect: Effect) -> None:
    """Give grouping keys fingerprints that they had before."""
    present = read_keys(connection, author.project_id, effect.keys_after)
    known = {key: present[key].had(place.fingerprint) for key, place in effect.keys_after.items() if key in present}
    place_keys(connection, author, {key: found for key, found in known.items() if found is not None})


def _change(connection: sa.Connection, author: Author, effect: Effect) -> None:
    changed = {
        issue_id: after
        for issue_id, after in effect.after.items()
        if after and effect.before[issue_id] is not None and issue_id != SETTINGS
    }
    _update(connection, author, changed, _states(connection, author.project_id, changed))
    assignees = {
        issue_id: effects.read_assignee(after["assignee"]) for issue_id, after in changed.items() if "assignee" in after
    }
    issues.write_assignees(connection, author.project_id, assignees, author.moment)
    if changed_settings := effect.after.get(SETTINGS):
        write_values(connection, author.project_id, changed_settings, author.moment)


def _states(connection: sa.Connection, project_id: int, changed: Mapping[UUID, Values]) -> dict[UUID, str]:
    """What the column of states says afterwards, of issues that get others."""
    some = [issue_id for issue_id, after in changed.items() if any(map(effects.is_state, after))]
    present = issues.load_issues(connection, project_id, some)
    return {
        issue_id: write_states(effects.with_states(issue.states, changed[issue_id]))
        for issue_id, issue in present.items()
    }


def _update(
    connection: sa.Connection, author: Author, changed: Mapping[UUID, Values], states: Mapping[UUID, str]
) -> None:
    """One statement for all issues that get the same."""
    alike: dict[bytes, tuple[dict[str, Any], list[UUID]]] = {}
    for issue_id, after in changed.items():
        columns = {name: value for name, value in after.items() if name != "assignee" and not effects.is_state(name)}
        if issue_id in states:
            columns["states"] = states[issue_id]
        if columns:
            alike.setdefault(msgspec.json.encode(columns), (columns, []))[1].append(issue_id)
    for columns, ids in alike.values():
        issues.update_issues(connection, author.project_id, ids, {**columns, **_stamp(columns, author.moment)})


def _stamp(columns: dict[str, Any], moment: datetime) -> dict[str, datetime]:
    """When an issue as a whole became resolved, also by an undo."""
    return {"resolved_at": moment} if columns.get("status") == RESOLVED else {}
