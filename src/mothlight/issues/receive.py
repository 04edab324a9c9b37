"""What the arrival of events does to issues that exist: receipts, reopening, earlier first sightings (pipeline 5.5)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.issues import journal
from mothlight.issues.sighting import Sighting
from mothlight.kit.ids import MakeId
from mothlight.model.event import ReceivedEvent
from mothlight.storage import mirror
from mothlight.storage.metadata.repositories import changes, issues
from mothlight.storage.metadata.repositories.issues import Owner, StoredIssue

ACTIVE = "active"
SUPPRESSED = "suppressed"

RECEIPT_EVERY = timedelta(seconds=60)
"""How old the last receipt of an issue is at least before another is written."""

HAPPENED_BEFORE = "happened_before_it_was_resolved"

Seen = tuple[Sighting, Owner]


class _Arrival(msgspec.Struct):
    """The events of one issue in one batch."""

    latest: ReceivedEvent
    fingerprint: str
    received_at: datetime


def is_news(sighting: Sighting, owner: Owner) -> bool:
    """Whether the sighting changes a row, as far as the owner that was read tells."""
    return (
        _is_receipt_due(owner.last_received_at, sighting.received_at)
        or _comes_back(owner, sighting.latest)
        or (_is_earlier(sighting, owner))
    )


def receive(
    connection: sa.Connection, project_id: int, seen: Sequence[Seen], moment: datetime, make_id: MakeId
) -> None:
    """Record sightings on their issues, in one transaction with the announcements of those that come back.

    Statuses are read under the rows' locks, so a change that was committed while we waited counts.
    """
    arrivals = _by_issue(seen)
    locked = issues.lock_issues(connection, project_id, arrivals)
    pairs = [(issue, arrivals[identifier]) for identifier, issue in locked.items()]
    _record_receipts(connection, pairs)
    reopened = [(issue, arrival) for issue, arrival in pairs if _comes_back(issue, arrival.latest)]
    _reopen(connection, project_id, reopened, moment, make_id)
    late = [(issue, arrival) for issue, arrival in pairs if _is_late(issue, arrival.latest)]
    _keep_reasons(connection, project_id, late, moment, make_id)
    _lower_first_seen(connection, project_id, seen, locked, moment)


def _by_issue(seen: Sequence[Seen]) -> dict[UUID, _Arrival]:
    arrivals: dict[UUID, _Arrival] = {}
    for sighting, owner in seen:
        arrival = arrivals.get(owner.issue_id)
        if arrival is None:
            arrivals[owner.issue_id] = _Arrival(sighting.latest, owner.fingerprint, sighting.received_at)
            continue
        arrival.received_at = max(arrival.received_at, sighting.received_at)
        if sighting.latest.timestamp > arrival.latest.timestamp:
            arrival.latest, arrival.fingerprint = sighting.latest, owner.fingerprint
    return arrivals


def _is_receipt_due(last: datetime | None, received_at: datetime) -> bool:
    return last is None or received_at - last >= RECEIPT_EVERY


def _comes_back(issue: Owner | StoredIssue, event: ReceivedEvent) -> bool:
    """Whether an event reopens an issue: not if it happened before the moment of resolving, as SDKs deliver late."""
    if issue.status in (ACTIVE, SUPPRESSED):
        return False
    return issue.resolved_at is None or event.timestamp >= issue.resolved_at


def _is_late(issue: StoredIssue, event: ReceivedEvent) -> bool:
    return issue.status not in (ACTIVE, SUPPRESSED) and not _comes_back(issue, event)


def _is_earlier(sighting: Sighting, owner: Owner) -> bool:
    # Events of a suppressed issue are not admitted, so they are no sightings.
    return owner.status != SUPPRESSED and (owner.first_seen is None or sighting.earliest < owner.first_seen)


def _record_receipts(connection: sa.Connection, pairs: Sequence[tuple[StoredIssue, _Arrival]]) -> None:
    due = {
        issue.id: arrival.received_at
        for issue, arrival in pairs
        if issue.last_received_at is None or arrival.received_at > issue.last_received_at
    }
    if due:
        issues.record_receipts(connection, due)


def _reopen(
    connection: sa.Connection,
    project_id: int,
    reopened: Sequence[tuple[StoredIssue, _Arrival]],
    moment: datetime,
    make_id: MakeId,
) -> None:
    for issue, arrival in reopened:
        event = arrival.latest
        issues.update_issue(connection, issue.id, {"status": ACTIVE})
        before, after = {"status": issue.status}, {"status": ACTIVE, "event": str(event.uuid)}
        entry = journal.pipeline_entry(make_id(), issue.id, journal.REOPENED, moment, before=before, after=after)
        changes.insert_entries(connection, project_id, [entry])
        if not event.historical:
            occasion = journal.Occasion(project_id, event.uuid, event.timestamp, arrival.fingerprint)
            active = msgspec.structs.replace(issue, status=ACTIVE)
            row = journal.announcement_row(make_id(), journal.ISSUE_REOPENED, active, occasion, moment)
            issues.insert_announcements(connection, [row])
    mirror.note_issues(connection, project_id, [issue.id for issue, _ in reopened], moment)


def _keep_reasons(
    connection: sa.Connection,
    project_id: int,
    late: Sequence[tuple[StoredIssue, _Arrival]],
    moment: datetime,
    make_id: MakeId,
) -> None:
    """Say once after each resolving why the issue was seen again and stayed resolved."""
    since = {issue.id: issue.resolved_at for issue, _ in late if issue.resolved_at is not None}
    if not since:
        return
    told = changes.issues_with_entry(connection, project_id, journal.NOT_REOPENED, since)
    entries = [
        journal.pipeline_entry(
            make_id(),
            issue.id,
            journal.NOT_REOPENED,
            moment,
            after={"reason": HAPPENED_BEFORE, "event": str(arrival.latest.uuid)},
        )
        for issue, arrival in late
        if issue.id not in told
    ]
    changes.insert_entries(connection, project_id, entries)


def _lower_first_seen(
    connection: sa.Connection,
    project_id: int,
    seen: Sequence[Seen],
    locked: Mapping[UUID, StoredIssue],
    moment: datetime,
) -> None:
    earliest: dict[UUID, datetime] = {}
    for sighting, owner in seen:
        issue = locked.get(owner.issue_id)
        if issue is None or issue.status == SUPPRESSED or not _is_earlier(sighting, owner):
            continue
        known = earliest.get(owner.fingerprint_id, sighting.earliest)
        earliest[owner.fingerprint_id] = min(known, sighting.earliest)
    if earliest:
        issues.lower_first_seen(connection, earliest)
        mirror.note_fingerprints(connection, project_id, list(earliest), moment)
