"""What rules say of whole issues, by the first event that each of them has in a range of time (pipeline 6.7, 6.8)."""

from collections import Counter
from uuid import UUID

import msgspec

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT
from mothlight.queries.date_range import DateRange
from mothlight.queries.questions import Assignee
from mothlight.queries.rules.decisions import NONE, decisions_of, stored_events
from mothlight.queries.rules.trial import Trial
from mothlight.rules.book import SEVERITIES
from mothlight.rules.kinds import ASSIGNMENT, SEVERITY
from mothlight.rules.sql import SETTINGS
from mothlight.storage.events.interface import EventStore
from mothlight.storage.events.properties import property_text
from mothlight.storage.metadata.repositories.rules import StoredRule

OPEN = "active"


class DecidedIssue(msgspec.Struct, frozen=True):
    """An issue with events in the range, and the rules that decide about its first one."""

    issue_id: UUID
    before: StoredRule | None
    after: StoredRule | None
    is_free: bool
    """Whether nobody has it, and it is open."""


class Share(msgspec.Struct, frozen=True):
    """Issues that would have the same."""

    assignee: Assignee | None
    severity: str | None
    issues: int


class Outcome(msgspec.Struct, frozen=True):
    """What would be said of issues."""

    issues: int
    """Those about which something would be said that is said now by none, or by another rule."""
    kept: int
    """Of assignment: those that the rules name somebody for, and that are somebody's already, or not open."""
    shares: list[Share]


def read_outcome(store: EventStore, project_id: int, trial: Trial, range_: DateRange) -> Outcome:
    """To whom the changed rules give issues, or how bad they find them."""
    decided = [each for each in read_decided(store, project_id, trial, range_) if _is_about(each, trial)]
    taken = [each for each in decided if trial.kind is not ASSIGNMENT or each.is_free]
    shares = Counter(_said(each.after) for each in taken)
    return Outcome(
        issues=len(taken),
        kept=len(decided) - len(taken),
        shares=[Share(assignee, severity, count) for (assignee, severity), count in shares.most_common()],
    )


def read_decided(store: EventStore, project_id: int, trial: Trial, range_: DateRange) -> list[DecidedIssue]:
    """All issues with events in the range that some rule decides about."""
    bindings = Bindings()
    decisions = decisions_of(trial.kind, trial.forms, bindings)
    before = decisions.first([(trial.place(rule), number) for number, rule in enumerate(trial.before, start=1)])
    after = decisions.first([(trial.place(rule), number) for number, rule in enumerate(trial.after, start=1)])
    if trial.kind is SEVERITY:
        sent = bindings.texts(SEVERITIES)
        by_client = f"ifNull(lower({property_text('$issue_severity')}) IN {sent}, 0)"
        before, after = (f"if({by_client}, {NONE}, {each})" for each in (before, after))
    sql = f"""
        SELECT issue_id, argMin(before, came), argMin(after, came), any(free)
        FROM (
            SELECT {decisions.columns}{before} AS before, {after} AS after, grouping_key,
                (received_at, uuid) AS came
            FROM events WHERE {stored_events(range_, bindings)}
        ) AS decided
        INNER JOIN (SELECT grouping_key, issue_id FROM owners FINAL WHERE {OF_PROJECT}) AS owned USING (grouping_key)
        INNER JOIN (
            SELECT issue_id, status = '{OPEN}' AND assignee_user = 0 AND assignee_role = '' AS free
            FROM issues FINAL WHERE {OF_PROJECT} AND deleted = 0
        ) AS stated USING (issue_id)
        GROUP BY issue_id HAVING argMin(before, came) != {NONE} OR argMin(after, came) != {NONE}
        ORDER BY issue_id {SETTINGS}
    """
    rows = store.query(project_id, sql, bindings.parameters)
    return [
        DecidedIssue(
            issue_id,
            trial.before[before - 1] if before else None,
            trial.after[after - 1] if after else None,
            bool(is_free),
        )
        for issue_id, before, after, is_free in rows
    ]


def _is_about(each: DecidedIssue, trial: Trial) -> bool:
    """Whether the change of rules has a say."""
    if trial.subject is None:
        return _said(each.before) != _said(each.after)
    rule = each.before if trial.is_deletion else each.after
    return rule is not None and rule.id == trial.subject


def _said(rule: StoredRule | None) -> tuple[Assignee | None, str | None]:
    if rule is None:
        return None, None
    assignee = None if rule.assignee is None else msgspec.convert(rule.assignee.to_json(), Assignee)
    return assignee, rule.severity
