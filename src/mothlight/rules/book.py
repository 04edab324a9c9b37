"""The rules of a project, ready to be evaluated (pipeline 6.1)."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import msgspec

from mothlight.filters.property_filter import FilterGroup
from mothlight.rules.evaluate import Matches, compile_condition
from mothlight.rules.index import Member, RuleIndex
from mothlight.rules.kinds import KINDS, SEVERITY
from mothlight.rules.read import read_rule_filters
from mothlight.storage.metadata.repositories.rules import StoredRule

SEVERITIES = ("low", "medium", "high", "critical")


class Rule(msgspec.Struct, frozen=True):
    """A rule and what it says of an event. One that cannot be read has a problem in place of a function."""

    stored: StoredRule
    matches: Matches | None
    problem: str | None = None
    condition: FilterGroup | None = None

    @property
    def id(self) -> UUID:
        """The rule's id."""
        return self.stored.id

    @property
    def ends(self) -> bool:
        """Whether each event that matches has found its rule; else it is a share of them."""
        rate = self.stored.sampling_rate
        return rate is None or rate >= 1


class RuleBook(msgspec.Struct, frozen=True):
    """The enabled rules of a project by kind, in the order in which they are evaluated."""

    by_kind: Mapping[str, tuple[Rule, ...]]
    indexes: Mapping[str, RuleIndex]

    def of(self, kind: str) -> Sequence[Rule]:
        """Those of a kind."""
        return self.by_kind.get(kind, ())

    def reads(self, kind: str, keys: frozenset[str]) -> bool:
        """Whether a rule of a kind looks at one of these properties."""
        index = self.indexes.get(kind)
        return index is not None and not keys.isdisjoint(index.properties)


NO_RULES = RuleBook({}, {})


def make_book(rules: Iterable[StoredRule]) -> RuleBook:
    """The book of the rules, which come in order; what is disabled is left out."""
    by_kind: dict[str, list[Rule]] = {}
    for rule in rules:
        if rule.disabled_data is None:
            by_kind.setdefault(rule.kind, []).append(make_rule(rule))
    indexes = {kind: _index_of(some, kind) for kind, some in by_kind.items()}
    return RuleBook({kind: tuple(some) for kind, some in by_kind.items()}, indexes)


def make_rule(rule: StoredRule) -> Rule:
    """A rule that can be evaluated, or one that says why it cannot."""
    try:
        if rule.kind == SEVERITY.name and rule.severity not in SEVERITIES:
            return Rule(rule, None, f"{rule.severity!r} is no severity")
        condition = read_rule_filters(rule.filters)
        return Rule(rule, compile_condition(condition, KINDS[rule.kind]), None, condition)
    except Exception as problem:  # noqa: BLE001 - whatever it is, the rule is to blame, and is told so
        return Rule(rule, None, f"{type(problem).__name__}: {problem}")


def _index_of(rules: Iterable[Rule], kind: str) -> RuleIndex:
    return RuleIndex([Member(rule.condition, rule.ends) for rule in rules], KINDS[kind])
