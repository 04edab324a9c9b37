"""What the arrival of events does to issues that exist: receipts, where and when seen, reopening (pipeline 5.5).

An event concerns its own environment only. `issues.arrival` says what it does there, `issues.regressions` whether it
brings a resolved issue back.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.issues import journal
from mothlight.issues.announce import REOPENED, Announcement, Occasion, announce
from mothlight.issues.arrival import OPEN, Arrival, Seen, Step, arrive
from mothlight.issues.assignees import present_assignee
from mothlight.issues.effect import UPDATED, Values, of_values, state_cell, write_state
from mothlight.issues.rulings import Rulings
from mothlight.issues.sighting import Sighting
from mothlight.kit.ids import MakeId
from mothlight.model.issue_states import (
    NOWHERE,
    SUPPRESSED,
    UNNAMED,
    State,
    read_environment_name,
    shown_environment,
    write_states,
)
from mothlight.storage import mirror
from mothlight.storage.metadata.repositories import changes, issues
from mothlight.storage.metadata.repositories.changes import NewEntry
from mothlight.storage.metadata.repositories.environments import add_environments, seen_environments
from mothlight.storage.metadata.repositories.issues import Owner, StoredIssue
from mothlight.storage.metadata.repositories.key_places import KeySightings, widen_keys
from mothlight.storage.metadata.repositories.release_sightings import KnownReleases, load_releases

RECEIPT_EVERY = timedelta(seconds=60)
"""How old the last receipt of an issue is at least before another is written."""

MOST_ENVIRONMENTS = 100
"""Of one fingerprint. Events of further ones count as if they named none."""


def is_news(sighting: Sighting, owner: Owner) -> bool:
    """Whether the sighting changes a row, as far as the owner that was read tells."""
    place = _place(sighting, owner)
    state = owner.states.of(place)
    is_wanted_there = state.status != SUPPRESSED
    return (
        (place not in owner.environments and (is_wanted_there or owner.status != SUPPRESSED))
        # Events of a suppressed issue are not admitted, so they are no sightings.
        or (is_wanted_there and (owner.first_seen is None or sighting.earliest < owner.first_seen))
        or (is_wanted_there and _widens_key(sighting, owner, place))
        or owner.last_received_at is None
        or sighting.received_at - owner.last_received_at >= RECEIPT_EVERY
        or (state.status not in OPEN and _may_come_back(state, sighting))
    )


def is_wanted(sighting: Sighting, owner: Owner) -> bool:
    """Whether events are kept: not where the issue is suppressed."""
    return owner.states.of(_place(sighting, owner)).status != SUPPRESSED


def receive(
    connection: sa.Connection,
    project_id: int,
    seen: Sequence[Seen],
    moment: datetime,
    make_id: MakeId,
    rulings: Rulings | None = None,
) -> list[Sighting]:
    """Record sightings on their issues, in one transaction with the announcements of those that come back.

    Owners and states are read anew under the locks of the issues, so a change that was committed while we waited
    counts. Sightings whose key went to an issue that is not locked are given back: they are to be received again, with
    the owners that they have now.
    """
    locked = issues.lock_issues(connection, project_id, {owner.issue_id for _, owner in seen})
    owners = issues.find_owners(connection, project_id, {sighting.grouping_key for sighting, _ in seen})
    now = [(sighting, owners[sighting.grouping_key]) for sighting, _ in seen if sighting.grouping_key in owners]
    present = [(sighting, owner) for sighting, owner in now if owner.issue_id in locked]
    _record_receipts(connection, locked, present)
    arrivals = _arrive(connection, project_id, locked, present)
    _write(connection, project_id, locked, arrivals, moment)
    if rulings is not None:
        locked = _assign(connection, project_id, locked, arrivals, moment, rulings)
    _tell(connection, project_id, locked, arrivals, moment, make_id)
    admitted = [
        (sighting, owner) for sighting, owner in present if _is_admitted(sighting, owner, arrivals[owner.issue_id])
    ]
    _record_places(connection, admitted)
    _widen_keys(connection, admitted)
    _lower_first_seen(connection, project_id, admitted, moment)
    return [sighting for sighting, owner in now if owner.issue_id not in locked]


def _widens_key(sighting: Sighting, owner: Owner, place: str) -> bool:
    """Whether the key was not seen so early, or not there. Of keys from before nobody knows, and it stays so."""
    if owner.key_first_seen is None or owner.key_environments is None:
        return False
    return sighting.earliest < owner.key_first_seen or place not in owner.key_environments


def _may_come_back(state: State, sighting: Sighting) -> bool:
    return state.resolved_at is None or sighting.latest.timestamp >= state.resolved_at


def _place(sighting: Sighting, owner: Owner) -> str:
    """The environment whose state counts."""
    environment = sighting.environment
    if environment in owner.environments or len(owner.environments) < MOST_ENVIRONMENTS:
        return environment
    return environment if environment in owner.states.named else NOWHERE


def _record_receipts(connection: sa.Connection, locked: Mapping[UUID, StoredIssue], present: Sequence[Seen]) -> None:
    due: dict[UUID, datetime] = {}
    for sighting, owner in present:
        last = due.get(owner.issue_id, locked[owner.issue_id].last_received_at)
        if last is None or sighting.received_at > last:
            due[owner.issue_id] = sighting.received_at
    if due:
        issues.record_receipts(connection, due)


def _arrive(
    connection: sa.Connection, project_id: int, locked: Mapping[UUID, StoredIssue], present: Sequence[Seen]
) -> dict[UUID, Arrival]:
    arrived: dict[UUID, dict[str, list[Seen]]] = {}
    for sighting, owner in present:
        arrived.setdefault(owner.issue_id, {}).setdefault(_place(sighting, owner), []).append((sighting, owner))
    places = seen_environments(connection, project_id, list(arrived))
    known = _known_releases(connection, project_id, locked, present)
    return {
        key: arrive(locked[key].states, places.get(key, frozenset()), locked[key].status, some, known)
        for key, some in arrived.items()
    }


def _known_releases(
    connection: sa.Connection, project_id: int, locked: Mapping[UUID, StoredIssue], present: Sequence[Seen]
) -> KnownReleases:
    """Of the releases that are to be compared; most issues are open, and nothing is."""
    versions: set[str] = set()
    for sighting, owner in present:
        states = locked[owner.issue_id].states
        resolved = [each for each in (states.elsewhere, *states.named.values()) if each.status not in OPEN]
        if resolved and sighting.release:
            versions |= {sighting.release, *(each.release for each in resolved if each.release is not None)}
    return load_releases(connection, project_id, versions) if versions else KnownReleases()


def _write(
    connection: sa.Connection,
    project_id: int,
    locked: Mapping[UUID, StoredIssue],
    arrivals: Mapping[UUID, Arrival],
    moment: datetime,
) -> None:
    for key, arrival in arrivals.items():
        issue = locked[key]
        status = arrival.states.status(arrival.environments, issue.status)
        if (arrival.states, status) != (issue.states, issue.status):
            issues.update_issue(connection, key, {"status": status, "states": write_states(arrival.states)})
    noted = [
        key for key, arrival in arrivals.items() if arrival.is_new_somewhere or arrival.states != locked[key].states
    ]
    mirror.note_issues(connection, project_id, noted, moment)


def _assign(
    connection: sa.Connection,
    project_id: int,
    locked: Mapping[UUID, StoredIssue],
    arrivals: Mapping[UUID, Arrival],
    moment: datetime,
    rulings: Rulings,
) -> dict[UUID, StoredIssue]:
    """Issues that come back to nobody are given to whom rules say; all issues as they are then."""
    assigned: dict[UUID, StoredIssue] = {}
    for key, arrival in arrivals.items():
        step = next((step for step in arrival.steps if step.verdict.reopens), None)
        if step is not None and locked[key].assignee is None:
            reopened = msgspec.structs.replace(locked[key], status=step.status_after)
            assignee = present_assignee(connection, project_id, rulings.assignee(step.sighting.latest, reopened))
            assigned[key] = msgspec.structs.replace(locked[key], assignee=assignee)
    found = {key: issue.assignee for key, issue in assigned.items() if issue.assignee is not None}
    issues.write_assignees(connection, project_id, found, moment)
    return {**locked, **assigned}


def _tell(
    connection: sa.Connection,
    project_id: int,
    locked: Mapping[UUID, StoredIssue],
    arrivals: Mapping[UUID, Arrival],
    moment: datetime,
    make_id: MakeId,
) -> None:
    steps = [(locked[key], step) for key, arrival in arrivals.items() for step in arrival.steps]
    told = _told(connection, project_id, steps)
    entries = [
        _entry(make_id(), issue, step, moment) for issue, step in steps if (issue.id, step.environment) not in told
    ]
    changes.insert_entries(connection, project_id, entries)
    announced = [(issue, step) for issue, step in steps if step.verdict.reopens and not step.sighting.latest.historical]
    announce(
        connection,
        [
            Announcement(
                make_id(),
                REOPENED,
                msgspec.structs.replace(issue, status=step.status_after),
                _occasion(project_id, step),
                moment,
            )
            for issue, step in announced
        ],
    )


def _told(
    connection: sa.Connection, project_id: int, steps: Sequence[tuple[StoredIssue, Step]]
) -> set[tuple[UUID, str]]:
    """Issues and environments of which it was said already, since they were resolved, why they stayed so."""
    since = {
        (issue.id, step.environment): resolved_at
        for issue, step in steps
        if step.was_resolved and not step.verdict.reopens
        if (resolved_at := step.states_before.of(step.environment).resolved_at) is not None
    }
    if not since:
        return set()
    found = changes.entries_of_kind(connection, project_id, {issue for issue, _ in since}, journal.NOT_REOPENED)
    return {
        (entry.issue_id, environment)
        for entry in found
        if (environment := read_environment_name((entry.after or {}).get("environment", UNNAMED))) is not None
        if (moment := since.get((entry.issue_id, environment))) is not None and entry.created_at >= moment
    }


def _entry(identifier: UUID, issue: StoredIssue, step: Step, moment: datetime) -> NewEntry:
    told = {
        "event": str(step.sighting.latest.uuid),
        "environment": shown_environment(step.environment),
        "release": step.sighting.release or None,
        "rule": step.verdict.rule,
        "evidence": step.verdict.evidence,
    }
    if step.was_resolved and not step.verdict.reopens:
        return journal.pipeline_entry(
            identifier, journal.NOT_REOPENED, moment, of_values({issue.id: {}}, {issue.id: {}}), told
        )
    cell = state_cell(step.environment)
    before: Values = {cell: write_state(step.states_before.named.get(step.environment))}
    after: Values = {cell: write_state(step.states_after.named.get(step.environment))}
    if step.status_before != step.status_after:
        before, after = {"status": step.status_before, **before}, {"status": step.status_after, **after}
    kind = journal.REOPENED if step.verdict.reopens else UPDATED
    return journal.pipeline_entry(identifier, kind, moment, of_values({issue.id: before}, {issue.id: after}), told)


def _occasion(project_id: int, step: Step) -> Occasion:
    event = step.sighting.latest
    return Occasion(project_id, event.uuid, event.timestamp, step.fingerprint, step.environment)


def _is_admitted(sighting: Sighting, owner: Owner, arrival: Arrival) -> bool:
    return arrival.states.of(_place(sighting, owner)).status != SUPPRESSED


def _record_places(connection: sa.Connection, admitted: Sequence[Seen]) -> None:
    new: dict[UUID, set[str]] = {}
    for sighting, owner in admitted:
        place = _place(sighting, owner)
        if place not in owner.environments:
            new.setdefault(owner.fingerprint_id, set()).add(place)
    if new:
        add_environments(connection, new)


def _widen_keys(connection: sa.Connection, admitted: Sequence[Seen]) -> None:
    wider: dict[int, KeySightings] = {}
    for sighting, owner in admitted:
        place = _place(sighting, owner)
        if owner.key_first_seen is None or owner.key_environments is None:
            continue
        known = wider.get(sighting.grouping_key)
        if known is not None or _widens_key(sighting, owner, place):
            first_seen = owner.key_first_seen if known is None else known.first_seen
            environments = owner.key_environments if known is None else known.environments
            wider[sighting.grouping_key] = KeySightings(
                sighting.project_id, sighting.grouping_key, min(first_seen, sighting.earliest), environments | {place}
            )
    widen_keys(connection, list(wider.values()))


def _lower_first_seen(connection: sa.Connection, project_id: int, admitted: Sequence[Seen], moment: datetime) -> None:
    earliest: dict[UUID, datetime] = {}
    for sighting, owner in admitted:
        if owner.first_seen is None or sighting.earliest < owner.first_seen:
            known = earliest.get(owner.fingerprint_id, sighting.earliest)
            earliest[owner.fingerprint_id] = min(known, sighting.earliest)
    if earliest:
        issues.lower_first_seen(connection, earliest)
        mirror.note_fingerprints(connection, project_id, list(earliest), moment)
