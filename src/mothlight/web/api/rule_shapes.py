"""Shapes of rules in answers (api.md 3.6)."""

from typing import Any
from uuid import UUID

import msgspec

from mothlight.queries.questions import Assignee
from mothlight.rules.kinds import ASSIGNMENT, BYPASS, GROUPING, SEVERITY, SUPPRESSION
from mothlight.storage.metadata.repositories.rule_applications import Application
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


class ApplicationShape(msgspec.Struct, frozen=True):
    """One application of a rule to stored events: how far it is, and what came of it."""

    id: UUID
    rule: UUID
    status: str
    """`waiting`, `running`, `done` or `failed`."""
    date_from: Moment
    date_to: Moment
    events: int | None
    """How many are to be moved; null while nobody has counted."""
    moved: int
    issues: int
    """How many were assigned."""
    change: UUID | None
    """The entry of the change journal, by which it can be taken back; null as long as nothing was done."""
    failure: str | None
    backwards: bool
    created_at: Moment
    finished_at: Moment | None

    @classmethod
    def of(cls, found: Application) -> "ApplicationShape":
        """From the row."""
        return cls(
            id=found.id,
            rule=found.rule_id,
            status=found.status,
            date_from=found.date_from,
            date_to=found.date_to,
            events=found.events,
            moved=found.moved,
            issues=found.issues,
            change=found.change_id,
            failure=found.failure,
            backwards=found.backwards,
            created_at=found.created_at,
            finished_at=found.finished_at,
        )


class ApplicationsShape(msgspec.Struct, frozen=True):
    """The newest applications of a rule, newest first."""

    results: list[ApplicationShape]


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
