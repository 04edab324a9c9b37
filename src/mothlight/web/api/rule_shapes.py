"""Shapes of rules in answers (api.md 3.6)."""

from typing import Any
from uuid import UUID

import msgspec

from mothlight.queries.questions import Assignee
from mothlight.rules.kinds import ASSIGNMENT, BYPASS, GROUPING, SEVERITY, SUPPRESSION
from mothlight.storage.metadata.repositories.rules import StoredRule
from mothlight.web.api.shapes import Moment


class RuleShape(msgspec.Struct, frozen=True, kw_only=True):
    """What rules of all kinds have."""

    id: UUID
    filters: dict[str, Any]
    order_key: int
    disabled_data: dict[str, Any] | None
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, rule: StoredRule) -> "RuleShape":
        """From the row."""
        values: dict[str, Any] = {
            name: assignee_shape(rule) if name == "assignee" else getattr(rule, name)
            for name in cls.__struct_fields__
            if name != "issue"
        }
        return cls(**values)


class RuleIssueShape(msgspec.Struct, frozen=True):
    """The issue that a grouping rule's events are."""

    id: UUID
    name: str | None


class BypassRuleShape(RuleShape, frozen=True, kw_only=True):
    """A bypass rule."""


class AssignmentRuleShape(RuleShape, frozen=True, kw_only=True):
    """An assignment rule; nobody is assigned when the one that it named is gone."""

    assignee: Assignee | None


class GroupingRuleShape(RuleShape, frozen=True, kw_only=True):
    """A grouping rule."""

    assignee: Assignee | None
    description: str | None
    issue: RuleIssueShape | None = None


class SuppressionRuleShape(RuleShape, frozen=True, kw_only=True):
    """A suppression rule."""

    sampling_rate: float


class SeverityRuleShape(RuleShape, frozen=True, kw_only=True):
    """A severity rule."""

    severity: str


class GroupingRulesShape(msgspec.Struct, frozen=True):
    """All grouping rules, in no pages."""

    results: list[GroupingRuleShape]


SHAPES: dict[str, type[RuleShape]] = {
    ASSIGNMENT.name: AssignmentRuleShape,
    GROUPING.name: GroupingRuleShape,
    SUPPRESSION.name: SuppressionRuleShape,
    BYPASS.name: BypassRuleShape,
    SEVERITY.name: SeverityRuleShape,
}


def assignee_shape(rule: StoredRule) -> Assignee | None:
    """Whom a rule assigns, as the wire has it."""
    return None if rule.assignee is None else msgspec.convert(rule.assignee.to_json(), Assignee)
