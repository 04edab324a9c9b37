"""Which stored events an application of a rule is about."""

# ruff: noqa: S608 - values are bound

from datetime import timedelta
from uuid import UUID

import msgspec

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT
from mothlight.filters.sql_tests import MOMENT_TYPE
from mothlight.grouping import by_rule
from mothlight.issues.rule_values import read_rule_value
from mothlight.model.stack import Fingerprint
from mothlight.queries.date_range import DateRange
from mothlight.queries.rules.decisions import decisions_of, stored_events
from mothlight.queries.rules.trial import Trial
from mothlight.rules.kinds import GROUPING, KINDS
from mothlight.rules.sql import SETTINGS
from mothlight.storage.events.interface import EventStore
from mothlight.storage.metadata.repositories.rule_applications import Application
from mothlight.storage.metadata.repositories.rules import StoredRule

STRAGGLERS = timedelta(minutes=1)
"""How long after an application was asked for events may be received that were not yet compared with the rule."""

EVENTS_AT_ONCE = 200_000
KEYS_AT_ONCE = 2_000


class Selection(msgspec.Struct, frozen=True):
    """SQL about `events`, with the values bound in it."""

    condition: str
    bindings: Bindings
    target: Fingerprint | None
    """The fingerprint that they get; of grouping without one, the one that they have without rules."""


def rules_of(application: Application) -> list[StoredRule]:
    """The rules as they were when the application was asked for, in their order."""
    return [read_rule_value(each["name"], each["value"], application.created_at) for each in application.rules]


def trial_of_application(application: Application) -> Trial:
    """The application as a trial: that rule among the others."""
    rules = rules_of(application)
    return Trial(KINDS[application.kind], rules, rules, application.rule_id)


def select_events(application: Application) -> list[Selection]:
    """The events that are not yet where the rule wants them, in parts that go different ways."""
    if not application.backwards:
        return [_select(application, application.rule_id, by_rule(application.rule_id))]
    others: list[UUID | None] = [rule.id for rule in rules_of(application)]
    return [_select(application, other, None if other is None else by_rule(other)) for other in [*others, None]]


def _select(application: Application, decider: UUID | None, target: Fingerprint | None) -> Selection:
    """The events that one rule decides about, or none of them."""
    bindings = Bindings()
    kind, rules = KINDS[application.kind], rules_of(application)
    decisions = decisions_of(kind, rules, bindings)
    before = [rule.id for rule in rules].index(decider) if decider is not None else len(rules)
    # Rules that come later have no say.
    conditions = [*decisions.hits[before : before + 1], *(f"NOT {hit}" for hit in decisions.hits[:before])]
    range_ = DateRange(application.date_from, application.date_to)
    latest = bindings.bind(application.created_at + STRAGGLERS, MOMENT_TYPE)
    conditions += [stored_events(range_, bindings), f"received_at <= {latest}"]
    if kind is GROUPING:
        own = bindings.text(by_rule(application.rule_id).value)
        owned = f"SELECT grouping_key FROM owners FINAL WHERE {OF_PROJECT} AND fingerprint = {own}"
        conditions.append(f"grouping_key {'IN' if application.backwards else 'NOT IN'} ({owned})")
    return Selection(" AND ".join(conditions), bindings, target if kind is GROUPING else None)


def read_keys(store: EventStore, application: Application, selected: Selection) -> tuple[int, list[int]]:
    """How many events are left, and the grouping keys to be done next: those whose first event came first."""
    sql = f"""
        SELECT grouping_key, count() AS found FROM events WHERE {selected.condition}
        GROUP BY grouping_key ORDER BY min((received_at, uuid)) {SETTINGS}
    """
    rows = store.query(application.project_id, sql, selected.bindings.parameters)
    keys: list[int] = []
    events = 0
    for key, found in rows[:KEYS_AT_ONCE]:
        if keys and events + found > EVENTS_AT_ONCE:
            break
        keys.append(key)
        events += found
    return sum(found for _, found in rows), keys
