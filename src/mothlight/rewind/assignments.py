"""Gives open issues that are nobody's to whom an assignment rule says, all in one transaction (pipeline 6.7)."""

from uuid import UUID

import sqlalchemy as sa

from mothlight.issues.apply import apply_effect
from mothlight.issues.assignees import present_assignee
from mothlight.issues.effect import ASSIGNED, Values, of_values
from mothlight.issues.journal import Author, record
from mothlight.queries.date_range import DateRange
from mothlight.queries.rules.issue_decisions import OPEN, read_decided
from mothlight.rewind.selection import trial_of_application
from mothlight.storage.events.interface import EventStore
from mothlight.storage.metadata.repositories.issues import Assignee, lock_issues
from mothlight.storage.metadata.repositories.rule_applications import Application


def read_assignments(store: EventStore, application: Application) -> dict[UUID, Assignee]:
    """The issues that the rule decides about, by the first event of each, and whose they would be."""
    trial = trial_of_application(application)
    range_ = DateRange(application.date_from, application.date_to)
    return {
        each.issue_id: each.after.assignee
        for each in read_decided(store, application.project_id, trial, range_)
        if each.is_free and each.after is not None and each.after.id == application.rule_id
        if each.after.assignee is not None
    }


def assign(connection: sa.Connection, author: Author, wanted: dict[UUID, Assignee]) -> tuple[int, UUID | None]:
    """Give issues away that are still open and nobody's; how many, and the entry of the journal."""
    locked = lock_issues(connection, author.project_id, wanted)
    before: dict[UUID, Values] = {}
    after: dict[UUID, Values] = {}
    for issue_id, issue in locked.items():
        assignee = present_assignee(connection, author.project_id, wanted[issue_id])
        if assignee is not None and issue.assignee is None and issue.status == OPEN:
            before[issue_id], after[issue_id] = {"assignee": None}, {"assignee": assignee.to_json()}
    if not after:
        return 0, None
    effect = of_values(before, after)
    apply_effect(connection, author, effect)
    return len(after), record(connection, author, ASSIGNED, effect)
