"""The rules of a project, ready to be evaluated (pipeline 6.1)."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec

from mothlight.filters.property_filter import PropertyFilter
from mothlight.rules.evaluate import Matches, compile_condition
from mothlight.rules.kinds import KINDS, SEVERITY
from mothlight.rules.read import conditions_of, read_rule_filters
from mothlight.storage.metadata.repositories.rules import StoredRule

SEVERITIES = ("low", "medium", "high", "critical")


class Rule(msgspec.Struct, frozen=True):
    """A rule and what it says of an event. One that cannot be read has a problem in place of a function."""

    stored: StoredRule
    matches: Matches | None
    problem: str | None = None
    conditions: tuple[PropertyFilter, ...] = ()

    @property
    def id(self) -> UUID:
        """The rule's id."""
        return self.stored.id

    def reads(self, keys: frozenset[str]) -> bool:
        """Whether it looks at one of these properties."""
        return any(each.key in keys and each.type != "error_tracking_issue" for each in self.conditions)


class RuleBook(msgspec.Struct, frozen=True):
    """The enabled rules of a project by kind, in the order in which they are evaluated."""

    by_kind: dict[str, tuple[Rule, ...]]

    def of(self, kind: str) -> Sequence[Rule]:
        """Those of a kind."""
        return self.by_kind.get(kind, ())


NO_RULES = RuleBook({})


def make_book(rules: Iterable[StoredRule]) -> RuleBook:
    """The book of the rules, which come in order; what is disabled is left out."""
    by_kind: dict[str, list[Rule]] = {}
    for rule in rules:
        if rule.disabled_data is None:
            by_kind.setdefault(rule.kind, []).append(make_rule(rule))
    return RuleBook({kind: tuple(some) for kind, some in by_kind.items()})


def make_rule(rule: StoredRule) -> Rule:
    """A rule that can be evaluated, or one that says why it cannot."""
    try:
        if rule.kind == SEVERITY.name and rule.severity not in SEVERITIES:
            return Rule(rule, None, f"{rule.severity!r} is no severity")
        condition = read_rule_filters(rule.filters)
        return Rule(rule, compile_condition(condition, KINDS[rule.kind]), None, tuple(conditions_of(condition)))
    except Exception as problem:  # noqa: BLE001 - whatever it is, the rule is to blame, and is told so
        return Rule(rule, None, f"{type(problem).__name__}: {problem}")
