"""Taking a change back, which is a change itself and can be taken back too. See `docs/change-journal.md`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.issues import journal
from mothlight.issues.applied_rules import application_of, take_application_back
from mothlight.issues.apply import apply_effect
from mothlight.issues.assignees import is_in_organization
from mothlight.issues.conflicts import Left, narrow, read_present, without
from mothlight.issues.effect import (
    ELSEWHERE,
    SPLIT,
    Effect,
    is_state,
    read_assignee,
    read_effect,
    state_of,
    with_states,
    write_state,
    write_states,
)
from mothlight.issues.journal import Author
from mothlight.issues.project_settings import SETTINGS_SUBJECT
from mothlight.issues.status import follow, without_statuses
from mothlight.model.errors import Refused, invalid, not_found
from mothlight.model.issue_states import RESOLVED
from mothlight.storage.metadata.repositories import changes, issues, spike_events
from mothlight.storage.metadata.repositories.changes import SETTINGS, Entry
from mothlight.storage.metadata.repositories.rule_applications import Application
from mothlight.storage.metadata.repositories.statements import take_turns

ASSIGNEE = "assignee"


class ChangedSince(Refused):
    """Something touched the same things after the change that is to be undone."""

    def __init__(self, changed: Sequence[UUID]) -> None:
        super().__init__(409, "conflict", "changed_since", "Something changed since, so this cannot be undone.")
        self.changes = list(changed)


class UndoPlan(msgspec.Struct, frozen=True):
    """What taking a change back does, with all that it is about locked."""

    entry: Entry
    effect: Effect
    left: list[Left]
    """What stays as it is."""
    application: Application | None = None
    """The application of a rule that is taken back; then nothing else is."""


def plan_undo(connection: sa.Connection, author: Author, entry_id: UUID, *, force: bool) -> UndoPlan:
    """What would be undone. With `force`, what can be without breaking later changes.

    Raises:
        ChangedSince: later changes stand in the way, without `force` or altogether.
        Refused: there is no such entry (404), or its kind cannot be undone (400).
    """
    # Of two who undo the same entry one comes second and is told so.
    take_turns(connection, "undo", author.project_id)
    entry = changes.find_entry(connection, author.project_id, entry_id)
    if entry is None:
        raise not_found()
    if entry.kind not in journal.UNDOABLE:
        raise invalid(f"What is {entry.kind.replace('_', ' ')} cannot be undone.")
    if entry.undone_by is not None:
        raise ChangedSince([entry.undone_by])
    application = application_of(connection, author.project_id, entry)
    if application is not None:
        return UndoPlan(entry, Effect({}, {}), [], application)
    whole = without_statuses(read_effect(entry).reversed())
    if SETTINGS in whole.before:
        take_turns(connection, SETTINGS_SUBJECT, author.project_id)
    effect, left = narrow(whole, read_present(connection, author.project_id, whole, entry.seq))
    if left and (not force or effect.is_empty):
        raise ChangedSince(_in_order(left))
    effect, gone = _without_the_gone(connection, author.project_id, effect)
    if effect.is_empty:
        raise ChangedSince([])
    stamped = _resolved_anew(connection, author, _everywhere(connection, author, effect))
    return UndoPlan(entry, follow(connection, author.project_id, stamped), [*left, *gone])


def undo(connection: sa.Connection, author: Author, plan: UndoPlan) -> UUID:
    """Do what was planned; returns the new entry's id."""
    if plan.application is not None:
        return take_application_back(connection, author, plan.entry, plan.application)
    apply_effect(connection, author, plan.effect)
    kind = journal.UNDONE if plan.entry.depth % 2 == 0 else journal.REDONE
    _keep_spikes_in_step(connection, author.project_id, plan)
    return journal.record(connection, author, kind, plan.effect, takes_back=plan.entry)


def _keep_spikes_in_step(connection: sa.Connection, project_id: int, plan: UndoPlan) -> None:
    """A split loses the spikes of its issue (api.md 3.1): taken back, they count again; done again, they do not."""
    origin = plan.entry if plan.entry.depth == 0 else changes.find_entry(connection, project_id, plan.entry.origin)
    if origin is None or origin.kind != SPLIT:
        return
    if plan.entry.depth % 2 == 0:
        spike_events.regain_spikes(connection, project_id, origin.id)
    else:
        spike_events.lose_spikes(connection, project_id, list(plan.effect.before), origin.id)


def _everywhere(connection: sa.Connection, author: Author, effect: Effect) -> Effect:
    """What was set everywhere is taken back everywhere.

    An environment that had no state of its own then, and that nothing in effect has touched since, can have one all
    the same, from what was done and taken back in between.
    """
    some = {key for key in effect.staying if ELSEWHERE in (effect.after[key] or ())}
    before, after = dict(effect.before), dict(effect.after)
    for key, issue in issues.load_issues(connection, author.project_id, some).items():
        own = {name: value for name, value in write_states(issue.states).items() if name != ELSEWHERE}
        left = {name: value for name, value in own.items() if name not in (before[key] or ())}
        before[key] = {**(before[key] or {}), **left}
        after[key] = {**(after[key] or {}), **dict.fromkeys(left)}
    return msgspec.structs.replace(effect, before=before, after=after)


def _resolved_anew(connection: sa.Connection, author: Author, effect: Effect) -> Effect:
    """What becomes resolved again is so from now on: events from before do not reopen it."""
    changed = {key for key in effect.staying if any(map(is_state, effect.after[key] or ()))}
    present = issues.load_issues(connection, author.project_id, changed)
    after = dict(effect.after)
    for key, issue in present.items():
        values = after[key] or {}
        states = with_states(issue.states, values)
        anew = {
            name: write_state(msgspec.structs.replace(state, resolved_at=author.moment))
            for name in values
            # Where the state of all comes back, it is resolved anew itself.
            if name == ELSEWHERE or (is_state(name) and (values[name] is not None or ELSEWHERE not in values))
            if (state := state_of(states, name)).status == RESOLVED and state_of(issue.states, name).status != RESOLVED
        }
        after[key] = {**values, **anew}
    return msgspec.structs.replace(effect, after=after)


def _in_order(left: Sequence[Left]) -> list[UUID]:
    """Entries of the journal have ids that sort by time."""
    return sorted({change for each in left for change in each.changes})


def _without_the_gone(connection: sa.Connection, project_id: int, effect: Effect) -> tuple[Effect, list[Left]]:
    """Nobody is assigned who left the organization in the meantime."""
    gone = [
        Left(ASSIGNEE, issue, None, [])
        for issue, assignee in _assignees(effect)
        if not _is_there(connection, project_id, assignee)
    ]
    if not gone:
        return effect, []
    made = {each.issue_id for each in gone} & set(effect.made)
    after = {
        issue: {**(values or {}), ASSIGNEE: None} if issue in made else values for issue, values in effect.after.items()
    }
    kept = [each for each in gone if each.issue_id not in made]
    return without(msgspec.structs.replace(effect, after=after), kept), gone


def _assignees(effect: Effect) -> Iterator[tuple[UUID, Mapping[str, Any]]]:
    for issue, values in effect.after.items():
        assignee = (values or {}).get(ASSIGNEE)
        if assignee is not None:
            yield issue, assignee


def _is_there(connection: sa.Connection, project_id: int, value: Mapping[str, Any]) -> bool:
    assignee = read_assignee(value)
    return assignee is not None and is_in_organization(connection, project_id, assignee)
