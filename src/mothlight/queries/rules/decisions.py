"""Which of several rules each stored event would have met first: SQL about `events`, for previews and for applying."""

from collections.abc import Sequence

import msgspec

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT
from mothlight.queries.date_range import DateRange
from mothlight.rules.kinds import GROUPING, SUPPRESSION, Kind
from mothlight.rules.read import read_rule_filters
from mothlight.rules.sql import MANUAL, rule_sql, sampled_sql
from mothlight.storage.metadata.repositories.rules import StoredRule

NONE = 0
"""The decision that no rule matches."""


class Decisions(msgspec.Struct, frozen=True):
    """SQL about some rules, whose places count from 1."""

    kind: Kind
    hits: Sequence[str]
    """Of each rule: whether it decides about an event that comes to it."""

    def first(self, choices: Sequence[tuple[int, int]]) -> str:
        """Of the first that decides: pairs of the place of a hit and the number to be given for it; 0: none."""
        cases = "".join(f"hit_{place}, {number}, " for place, number in choices)
        return f"multiIf({cases}{NONE})" if choices else f"toUInt8({NONE})"

    @property
    def columns(self) -> str:
        """The hits as columns `hit_1` and so on."""
        return "".join(f"{hit} AS hit_{place}, " for place, hit in enumerate(self.hits, start=1))


def decisions_of(kind: Kind, rules: Sequence[StoredRule], bindings: Bindings) -> Decisions:
    """What rules say of stored events. Of sampling rules only dropped events are hits; the others pass."""
    return Decisions(kind, [hit_sql(kind, rule, bindings) for rule in rules])


def hit_sql(kind: Kind, rule: StoredRule, bindings: Bindings) -> str:
    """Whether a rule decides about an event that comes to it."""
    conditions = [rule_sql(read_rule_filters(rule.filters), kind, bindings)]
    if kind is SUPPRESSION:
        conditions.append(sampled_sql(rule.sampling_rate))
    if kind is GROUPING:
        conditions.append(f"NOT ({MANUAL})")
    return f"({' AND '.join(conditions)})"


def stored_events(range_: DateRange, bindings: Bindings) -> str:
    """The condition on events that are shown, in a range of time."""
    return f"{OF_PROJECT} AND {range_.condition(bindings)} AND {SHOWN}"


SHOWN = f"grouping_key IN (SELECT grouping_key FROM owners FINAL WHERE {OF_PROJECT})"
"""The event belongs to an issue."""
