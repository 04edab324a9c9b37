"""Finds the issues of grouping keys, and makes those that are missing (pipeline 4.6, 5.2, 5.3)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.issues import journal, new_issue_budget
from mothlight.issues.announce import CREATED, Announcement, Occasion, announce
from mothlight.issues.assignees import present_assignee
from mothlight.issues.rulings import Rulings
from mothlight.issues.sighting import Newcomer, Sighting
from mothlight.kit.ids import MakeId
from mothlight.kit.token_bucket import Rate
from mothlight.model.event import ReceivedEvent
from mothlight.model.issue_states import shown_environment, write_environments
from mothlight.model.stack import Fingerprint
from mothlight.storage import mirror
from mothlight.storage.metadata.repositories import changes, issues
from mothlight.storage.metadata.repositories.issues import StoredFingerprint, StoredIssue

MOST_CHARACTERS = 255
"""Of the name and the description of a new issue."""


class _Link(msgspec.Struct, frozen=True):
    """A new grouping key and the fingerprint chosen for it."""

    sighting: Sighting
    newcomer: Newcomer
    fingerprint: Fingerprint


def link_newcomers(
    connection: sa.Connection,
    project_id: int,
    sightings: Sequence[Sighting],
    moment: datetime,
    make_id: MakeId,
    rulings: Rulings | None = None,
    budget: Rate | None = None,
) -> None:
    """Give every sighting with a newcomer a fingerprint and an issue, in one transaction with the announcements.

    Those for whose issues the budget is not enough wait (`new_issue_budget`) and get nothing.

    Others may do the same at once: whoever inserts a fingerprint first has made the issue, the other's is taken back.
    The first sighting of a fingerprint names its issue.
    """
    newcomers = [(sighting, sighting.newcomer) for sighting in sightings if sighting.newcomer is not None]
    values = {fingerprint.value for _, newcomer in newcomers for fingerprint in newcomer.fingerprints}
    present = set(issues.share_fingerprints(connection, project_id, values))
    known, links = set(present), []
    for sighting, newcomer in newcomers:
        chosen = choose(newcomer.fingerprints, known)
        known.add(chosen.value)
        links.append(_Link(sighting, newcomer, chosen))
    if budget is not None:
        links = _within(connection, project_id, links, present, budget, sightings, rulings)
    _insert(connection, project_id, links, present, moment, make_id, rulings)


def _within(
    connection: sa.Connection,
    project_id: int,
    links: Sequence[_Link],
    present: set[str],
    budget: Rate,
    sightings: Sequence[Sighting],
    rulings: Rulings | None,
) -> list[_Link]:
    """The links whose issues there are, or may be made; the others wait."""
    new = _firsts(links, present)
    if not new:
        return list(links)
    moment = max(link.sighting.first.received_at for link in new)
    may = new_issue_budget.spend(connection, project_id, len(new), budget, moment)
    if may == len(new):
        return list(links)
    over = {link.fingerprint.value for link in new[may:]}
    held_back = {}
    for link in links:
        if link.fingerprint.value in over:
            issue = _ruled(connection, _new_issue(link, moment, link.sighting.first.uuid), link.sighting.first, rulings)
            held_back[link.sighting.grouping_key] = (link.sighting, link.newcomer, issue)
    new_issue_budget.let_wait(connection, project_id, sightings, held_back)
    return [link for link in links if link.fingerprint.value not in over]


def choose(fingerprints: Sequence[Fingerprint], known: Collection[str]) -> Fingerprint:
    """The newest version whose value has an issue already; else the newest of all (pipeline 4.6)."""
    return next((each for each in reversed(fingerprints) if each.value in known), fingerprints[-1])


def _insert(
    connection: sa.Connection,
    project_id: int,
    links: Sequence[_Link],
    present: set[str],
    moment: datetime,
    make_id: MakeId,
    rulings: Rulings | None,
) -> None:
    made = {
        link.fingerprint.value: _ruled(connection, _new_issue(link, moment, make_id()), link.sighting.first, rulings)
        for link in _firsts(links, present)
    }
    _insert_issues(connection, project_id, made, links, moment, make_id)
    owners = issues.share_fingerprints(connection, project_id, {link.fingerprint.value for link in links})
    won = {value: issue for value, issue in made.items() if owners[value].issue_id == issue.id}
    issues.delete_issues(connection, [issue.id for value, issue in made.items() if value not in won])
    assigned = {issue.id: issue.assignee for issue in won.values() if issue.assignee is not None}
    issues.write_assignees(connection, project_id, assigned, moment)
    _insert_keys(connection, project_id, links, owners, moment)
    created = [(link, won[link.fingerprint.value]) for link in _firsts(links, present) if link.fingerprint.value in won]
    _tell(connection, project_id, created, moment, make_id)
    mirror.note_issues(connection, project_id, [issue.id for issue in won.values()], moment)
    mirror.note_owners(connection, project_id, [link.sighting.grouping_key for link in links], moment)


def _insert_issues(
    connection: sa.Connection,
    project_id: int,
    made: Mapping[str, StoredIssue],
    links: Sequence[_Link],
    moment: datetime,
    make_id: MakeId,
) -> None:
    """Issues by the fingerprint that each is made for."""
    earliest, environments = _earliest(links), _environments(links)
    issues.insert_issues(connection, [issues.issue_row(project_id, issue) for issue in made.values()])
    issues.insert_fingerprints(
        connection,
        [
            {
                "id": make_id(),
                "project_id": project_id,
                "fingerprint": value,
                "issue_id": issue.id,
                "version": 0,
                "first_seen": earliest[value],
                "environments": write_environments(environments[value]),
                "created_at": moment,
            }
            for value, issue in made.items()
        ],
    )


def _ruled(connection: sa.Connection, issue: StoredIssue, event: ReceivedEvent, rulings: Rulings | None) -> StoredIssue:
    """The issue with what rules say of it."""
    if rulings is None:
        return issue
    severity = rulings.severity(event, issue) or issue.severity
    assignee = present_assignee(connection, event.project_id, rulings.assignee(event, issue))
    return msgspec.structs.replace(issue, severity=severity, assignee=assignee)


def _firsts(links: Sequence[_Link], present: set[str]) -> list[_Link]:
    """The first link of each fingerprint that is not there yet."""
    firsts: dict[str, _Link] = {}
    for link in links:
        if link.fingerprint.value not in present:
            firsts.setdefault(link.fingerprint.value, link)
    return list(firsts.values())


def _earliest(links: Sequence[_Link]) -> dict[str, datetime]:
    earliest: dict[str, datetime] = {}
    for link in links:
        value, moment = link.fingerprint.value, link.sighting.earliest
        earliest[value] = min(earliest.get(value, moment), moment)
    return earliest


def _environments(links: Sequence[_Link]) -> dict[str, set[str]]:
    environments: dict[str, set[str]] = {}
    for link in links:
        environments.setdefault(link.fingerprint.value, set()).add(link.sighting.environment)
    return environments


def _new_issue(link: _Link, moment: datetime, identifier: UUID) -> StoredIssue:
    return StoredIssue(
        id=identifier,
        status="active",
        severity=link.newcomer.severity,
        name=link.newcomer.name[:MOST_CHARACTERS],
        description=link.newcomer.description[:MOST_CHARACTERS],
        created_at=moment,
        last_received_at=link.sighting.received_at,
        resolved_at=None,
        assignee=None,
    )


def _insert_keys(
    connection: sa.Connection,
    project_id: int,
    links: Sequence[_Link],
    owners: Mapping[str, StoredFingerprint],
    moment: datetime,
) -> None:
    issues.insert_grouping_keys(
        connection,
        [
            {
                "project_id": project_id,
                "grouping_key": link.sighting.grouping_key,
                "fingerprint_id": owners[link.fingerprint.value].id,
                "fingerprint_version": link.fingerprint.version,
                "record": link.fingerprint.record,
                "stack": link.newcomer.stack,
                "stack_version": link.newcomer.stack_version,
                "exceptions": link.newcomer.exceptions,
                "first_seen": link.sighting.earliest,
                "environments": write_environments([link.sighting.environment]),
                "created_at": moment,
            }
            for link in links
        ],
    )


def _tell(
    connection: sa.Connection,
    project_id: int,
    created: Sequence[tuple[_Link, StoredIssue]],
    moment: datetime,
    make_id: MakeId,
) -> None:
    changes.insert_entries(
        connection,
        project_id,
        [
            journal.created_entry(
                make_id(),
                issue.id,
                moment,
                {
                    "name": issue.name,
                    "fingerprint": link.fingerprint.value,
                    "environment": shown_environment(link.sighting.environment),
                },
            )
            for link, issue in created
        ],
    )
    announce(
        connection,
        [
            Announcement(make_id(), CREATED, issue, _occasion(link), moment)
            for link, issue in created
            # An import is no news.
            if not link.sighting.first.historical
        ],
    )


def _occasion(link: _Link) -> Occasion:
    event = link.sighting.first
    return Occasion(event.project_id, event.uuid, event.timestamp, link.fingerprint.value, link.sighting.environment)
