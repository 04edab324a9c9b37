"""Lets alerts fire: each cause once, each issue at most once in the snooze time. Kept in one transaction."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from mothlight.alerts.firing import Candidate
from mothlight.alerts.plan import Snooze
from mothlight.issues.announce import issue_snapshot
from mothlight.kit.ids import MakeId
from mothlight.storage.metadata.repositories import alert_firings
from mothlight.storage.metadata.repositories.alert_firings import Firing
from mothlight.storage.metadata.repositories.alerts import Mark, load_marks, write_marks
from mothlight.storage.metadata.repositories.issues import StoredIssue, load_issues


def fire(connection: sa.Connection, candidates: Sequence[Candidate], make_id: MakeId) -> int:
    """Keep what may be told; gives how many firings that are. Candidates of one issue come in order.

    What has fired already changes nothing, so candidates may come again. What belongs to an issue that is gone by now
    is nothing to tell.
    """
    if not candidates:
        return 0
    alert_ids = {each.alert.id for each in candidates}
    known = alert_firings.known_causes(connection, alert_ids, (each.cause for each in candidates))
    marks = load_marks(connection, alert_ids, {each.issue_id for each in candidates})
    fresh = [each for each in candidates if (each.alert.id, each.cause) not in known]
    issues = _issues(connection, fresh)
    firings: list[Firing] = []
    for alert_id, some in _by_alert(fresh).items():
        mine = {issue_id: mark for (of, issue_id), mark in marks.items() if of == alert_id}
        admitted = admit(some, mine)
        firings += [_firing(each, issues, make_id()) for each in admitted if each.issue_id in issues]
        write_marks(connection, _newest_marks(admitted, mine))
    alert_firings.insert_firings(connection, firings)
    return len(firings)


def admit(candidates: Iterable[Candidate], marks: dict[UUID, Mark]) -> list[Candidate]:
    """Those of one alert that its snooze time lets through, in order; a milestone is told once."""
    milestones = {issue_id: mark.milestone for issue_id, mark in marks.items()}
    snooze: Snooze | None = None
    admitted: list[Candidate] = []
    for each in candidates:
        snooze = snooze or Snooze(each.alert.snooze_minutes, {key: mark.fired_at for key, mark in marks.items()})
        if each.milestone and each.milestone <= milestones.get(each.issue_id, 0):
            continue
        if snooze.admits(each.issue_id, each.moment):
            milestones[each.issue_id] = each.milestone
            admitted.append(each)
    return admitted


def _by_alert(candidates: Iterable[Candidate]) -> dict[UUID, list[Candidate]]:
    found: dict[UUID, list[Candidate]] = {}
    for each in candidates:
        found.setdefault(each.alert.id, []).append(each)
    return found


def _issues(connection: sa.Connection, candidates: Iterable[Candidate]) -> dict[UUID, StoredIssue]:
    wanted: dict[int, set[UUID]] = {}
    for each in candidates:
        wanted.setdefault(each.alert.project_id, set()).add(each.issue_id)
    found: dict[UUID, StoredIssue] = {}
    for project_id, ids in wanted.items():
        found |= load_issues(connection, project_id, sorted(ids))
    return found


def _firing(candidate: Candidate, issues: dict[UUID, StoredIssue], identifier: UUID) -> Firing:
    return Firing(
        id=identifier,
        project_id=candidate.alert.project_id,
        alert_id=candidate.alert.id,
        issue_id=candidate.issue_id,
        cause=candidate.cause,
        told=_told(candidate, issues[candidate.issue_id], identifier),
        fired_at=candidate.moment,
    )


def _told(candidate: Candidate, issue: StoredIssue, identifier: UUID) -> dict[str, Any]:
    if candidate.told.get("issue") is not None:
        return candidate.told
    assignee = None if issue.assignee is None else issue.assignee.to_json()
    return {
        **candidate.told,
        "notification_id": str(identifier),
        "issue": issue_snapshot(issue),
        "assignee": assignee,
    }


def _newest_marks(admitted: Iterable[Candidate], marks: dict[UUID, Mark]) -> list[Mark]:
    newest: dict[UUID, Mark] = {}
    for each in admitted:
        known = newest.get(each.issue_id) or marks.get(each.issue_id)
        milestone = max(each.milestone, 0 if known is None else known.milestone)
        newest[each.issue_id] = Mark(each.alert.id, each.issue_id, each.alert.project_id, each.moment, milestone)
    return list(newest.values())
