"""The answer of a preview: what rules would have done to the events of a range of time, had they been there.

Nothing is changed. Each event is asked for the rule that decides about it before and after the change; the events that
the change is about are *affected*: those that a new rule, or a rule's new form, decides about; those that a deleted
rule decided about; after a reordering those about which another rule decides.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT
from mothlight.grouping import by_rule
from mothlight.queries.date_range import DateRange
from mothlight.queries.figures import USER
from mothlight.queries.rules.decisions import Decisions, decisions_of, stored_events
from mothlight.queries.rules.issue_decisions import Outcome, read_outcome
from mothlight.queries.rules.trial import Trial
from mothlight.queries.states import read_states
from mothlight.rules.kinds import ASSIGNMENT, BYPASS, GROUPING, SEVERITY, SUPPRESSION
from mothlight.rules.sql import SETTINGS
from mothlight.storage.events.interface import EventStore
from mothlight.storage.metadata.repositories.rules import StoredRule

MOST_ISSUES = 25
MOST_EXAMPLES = 10


class Counted(msgspec.Struct, frozen=True):
    """How many there are."""

    events: int
    users: int
    issues: int


class PreviewedIssue(msgspec.Struct, frozen=True):
    """An issue with affected events."""

    id: UUID
    name: str | None
    status: str
    events: int
    """Affected ones."""
    of: int
    """All of the range."""
    users: int


class Example(msgspec.Struct, frozen=True):
    """An affected event."""

    uuid: UUID
    timestamp: datetime
    issue_id: UUID
    type: str
    message: str


class PreviewedRule(msgspec.Struct, frozen=True):
    """How many events come to a rule that matches them, and how many of these it decides about."""

    id: UUID
    matched: int
    before: int
    after: int
    no_longer_reached: bool
    """It decided about events, and would decide about none, because others do."""


class GroupingOutcome(msgspec.Struct, frozen=True):
    """What becomes of issues when events change their group."""

    joined: int
    """Issues whose affected events would be together in one."""
    split: int
    """Those of them that would keep other events."""
    emptied: int
    """Those that would keep none."""
    leaving: int
    """Events that are in the rule's issue and would not be."""


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What would have happened."""

    events: int
    """All of the range."""
    matched: Counted
    """By the rule's filters alone."""
    affected: Counted
    issues: list[PreviewedIssue]
    """Those with the most affected events."""
    examples: list[Example]
    """Affected events, newest first."""
    rules: list[PreviewedRule]
    """All rules in their new order, deleted ones last."""
    grouping: GroupingOutcome | None = None
    dropped: int | None = None
    """Of suppression: events that no issue would have."""
    bypassed: int | None = None
    """Of bypass: events that no rate limit would hold."""
    assignment: Outcome | None = None
    severity: Outcome | None = None


class _Asked(msgspec.Struct, frozen=True):
    """What each statement is made of."""

    trial: Trial
    decisions: Decisions
    range: DateRange
    bindings: Bindings

    def before(self) -> str:
        """SQL: the number of the rule that decided."""
        return self._first(self.trial.before)

    def after(self) -> str:
        """SQL: the number of the rule that would decide."""
        return self._first(self.trial.after)

    def _first(self, rules: Sequence[StoredRule]) -> str:
        return self.decisions.first([(self.trial.place(rule), self.trial.ids.index(rule.id) + 1) for rule in rules])

    @property
    def subject(self) -> int:
        """The number of the rule that the change is about."""
        return 0 if self.trial.subject is None else self.trial.ids.index(self.trial.subject) + 1

    def affected(self) -> str:
        """SQL over the columns `before` and `after`."""
        if self.trial.subject is None:
            return "before != after"
        return f"before = {self.subject}" if self.trial.is_deletion else f"after = {self.subject}"

    def matched(self) -> str:
        """SQL over the columns of hits: of the rule's new form, if it has one; without a subject of all rules."""
        places = [
            place
            for place, form in enumerate(self.trial.forms, start=1)
            if self.trial.subject is None or form.id == self.trial.subject
        ]
        some = places[:1] if self.trial.subject is not None else places
        return f"({' OR '.join(f'hit_{place}' for place in some)})" if some else "0"

    def table(self, columns: str) -> str:
        """The stored events with the columns of hits, `before` and `after`."""
        return (
            f"(SELECT {self.decisions.columns}{self.before()} AS before, {self.after()} AS after, {columns} "
            f"FROM events WHERE {stored_events(self.range, self.bindings)})"
        )


class _Issue(msgspec.Struct, frozen=True):
    """Events of an issue in the range."""

    issue_id: UUID
    of: int
    matched: int
    affected: int
    users: int
    leaving: int
    is_rules_own: bool
    """Whether some of its events have the fingerprint of the rule."""


def read_preview(store: EventStore, project_id: int, trial: Trial, range_: DateRange) -> Preview:
    """What a change of rules would have done to the events of a range."""
    bindings = Bindings()
    asked = _Asked(trial, decisions_of(trial.kind, trial.forms, bindings), range_, bindings)
    events, people, rules = _read_rules(store, project_id, asked)
    issues = _read_issues(store, project_id, asked)
    matched = Counted(sum(each.matched for each in issues), people[0], sum(1 for each in issues if each.matched))
    affected = Counted(sum(each.affected for each in issues), people[1], sum(1 for each in issues if each.affected))
    outcome = read_outcome(store, project_id, trial, range_) if trial.kind in (ASSIGNMENT, SEVERITY) else None
    return Preview(
        events=events,
        matched=matched,
        affected=affected,
        issues=_shown(store, project_id, issues),
        examples=_read_examples(store, project_id, asked),
        rules=rules,
        grouping=_grouping(issues) if trial.kind is GROUPING else None,
        dropped=affected.events if trial.kind is SUPPRESSION else None,
        bypassed=affected.events if trial.kind is BYPASS else None,
        assignment=outcome if trial.kind is ASSIGNMENT else None,
        severity=outcome if trial.kind is SEVERITY else None,
    )


def _read_rules(store: EventStore, project_id: int, asked: _Asked) -> tuple[int, tuple[int, int], list[PreviewedRule]]:
    """All events, the users of matching and of affected ones, and what comes to each rule."""
    ids = asked.trial.ids
    forms = [next(place for place, form in enumerate(asked.trial.forms, 1) if form.id == rule_id) for rule_id in ids]
    counts = "".join(
        f", countIf(hit_{place}), countIf(before = {number}), countIf(after = {number})"
        for number, place in enumerate(forms, start=1)
    )
    sql = f"""
        SELECT count(), uniqExactIf({USER}, {asked.matched()}), uniqExactIf({USER}, {asked.affected()}){counts}
        FROM {asked.table(USER)} {SETTINGS}
    """
    ((events, matching, affected, *rest),) = store.query(project_id, sql, asked.bindings.parameters)
    rules = [
        PreviewedRule(id=rule_id, matched=m, before=b, after=a, no_longer_reached=b > 0 and a == 0 and m > 0)
        for rule_id, m, b, a in zip(ids, rest[::3], rest[1::3], rest[2::3], strict=True)
        if rule_id != asked.trial.subject or not asked.trial.is_deletion
    ]
    return events, (matching, affected), rules


def _read_issues(store: EventStore, project_id: int, asked: _Asked) -> list[_Issue]:
    """Issues with matching or affected events, those with the most affected ones first."""
    fingerprint = asked.bindings.text("" if asked.trial.subject is None else by_rule(asked.trial.subject).value)
    stays = "0" if asked.trial.is_deletion else f"after = {asked.subject}"
    sql = f"""
        SELECT
            issue_id, sum(events), sum(hits) AS matched, sum(changed) AS affected, uniqExactMerge(people),
            sumIf(others, fingerprint = {fingerprint}), max(fingerprint = {fingerprint})
        FROM (
            SELECT
                grouping_key, count() AS events, countIf({asked.matched()}) AS hits,
                countIf({asked.affected()}) AS changed, countIf(NOT ({stays})) AS others,
                uniqExactStateIf({USER}, {asked.affected()}) AS people
            FROM {asked.table(f"grouping_key, {USER}")} GROUP BY grouping_key
        ) AS counted
        INNER JOIN (SELECT grouping_key, issue_id, fingerprint FROM owners FINAL WHERE {OF_PROJECT}) AS owned
        USING (grouping_key)
        GROUP BY issue_id HAVING matched > 0 OR affected > 0 OR sumIf(others, fingerprint = {fingerprint}) > 0
        ORDER BY affected DESC, issue_id {SETTINGS}
    """
    rows = store.query(project_id, sql, asked.bindings.parameters)
    return [_Issue(row[0], row[1], row[2], row[3], row[4], row[5], bool(row[6])) for row in rows]


def _shown(store: EventStore, project_id: int, issues: Sequence[_Issue]) -> list[PreviewedIssue]:
    some = [each for each in issues if each.affected][:MOST_ISSUES]
    states = read_states(store, project_id, [each.issue_id for each in some])
    return [
        PreviewedIssue(
            id=each.issue_id,
            name=states[each.issue_id].name,
            status=states[each.issue_id].status,
            events=each.affected,
            of=each.of,
            users=each.users,
        )
        for each in some
        if each.issue_id in states
    ]


def _grouping(issues: Sequence[_Issue]) -> GroupingOutcome:
    others = [each for each in issues if each.affected and not each.is_rules_own]
    return GroupingOutcome(
        joined=len(others),
        split=sum(1 for each in others if each.affected < each.of),
        emptied=sum(1 for each in others if each.affected == each.of),
        leaving=sum(each.leaving for each in issues),
    )


def _read_examples(store: EventStore, project_id: int, asked: _Asked) -> list[Example]:
    sql = f"""
        SELECT uuid, timestamp, grouping_key, types, messages
        FROM {asked.table("uuid, timestamp, grouping_key, types, messages")}
        WHERE {asked.affected()} ORDER BY timestamp DESC, uuid LIMIT {MOST_EXAMPLES} {SETTINGS}
    """
    rows = store.query(project_id, sql, asked.bindings.parameters)
    owners = _owners(store, project_id, [row[2] for row in rows])
    return [
        Example(uuid, timestamp, owners[key], next(iter(types), ""), next(iter(messages), ""))
        for uuid, timestamp, key, types, messages in rows
        if key in owners
    ]


def _owners(store: EventStore, project_id: int, keys: Sequence[int]) -> Mapping[int, UUID]:
    bindings = Bindings()
    some = bindings.bind(list(keys), "Array(UInt64)")
    sql = f"SELECT grouping_key, issue_id FROM owners FINAL WHERE {OF_PROJECT} AND grouping_key IN {some}"
    return dict(store.query(project_id, sql, bindings.parameters))
