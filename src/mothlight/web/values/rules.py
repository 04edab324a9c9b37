"""Bodies of requests about rules (api.md 3.6). Of a change, fields that are left out stay as they are."""

import math
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from mothlight.model.errors import Refused
from mothlight.rules.kinds import ASSIGNMENT, BYPASS, GROUPING, SEVERITY, SUPPRESSION, Kind
from mothlight.rules.read import INVALID, conditions_of, read_rule_filters
from mothlight.web.values.changes import LARGEST
from mothlight.web.values.fields import WHOLE_NUMBER, Choice, Flag, FreeText, Id, Integer, NotNull
from mothlight.web.values.questions import DateRange

GROUP = {
    "type": "object",
    "required": ["values"],
    "properties": {
        "type": {"type": "string", "enum": ["AND", "OR"], "default": "AND"},
        "values": {"type": "array", "items": {"type": "object"}, "description": "Property filters, or groups of them."},
    },
}

NO_CONDITION = {
    GROUPING.name: "Filters must contain at least one filter value.",
    BYPASS.name: "A bypass rule must have at least one filter.",
}
DEFAULT_START = "-30d"
"""Of the events that a rule is tried on."""
EVERYTHING: dict[str, Any] = {"type": "AND", "values": []}


def _problem(detail: str, code: str = "invalid_input") -> PydanticCustomError:
    return PydanticCustomError(code, "{detail}", {"detail": detail})


def _read_filters(kind: Kind, value: Any) -> dict[str, Any]:
    if value is None:
        raise _problem("This field may not be null.", "null")
    if not isinstance(value, dict):
        raise _problem("Expected an object." if kind in (SUPPRESSION, BYPASS, SEVERITY) else "Expected a JSON object.")
    if kind is SUPPRESSION and "values" not in value:
        raise _problem("Invalid filters")
    try:
        group = read_rule_filters(value)
    except Refused as problem:
        raise _problem(problem.detail, problem.code) from None
    if kind.needs_condition and not any(True for _ in conditions_of(group)):
        raise _problem(NO_CONDITION[kind.name])
    if "\0" in str(value):
        # One of the databases does not take them.
        raise _problem(INVALID)
    checked: dict[str, Any] = value
    return checked


AssignmentFilters = Annotated[dict[str, Any], PlainValidator(partial(_read_filters, ASSIGNMENT)), WithJsonSchema(GROUP)]
GroupingFilters = Annotated[dict[str, Any], PlainValidator(partial(_read_filters, GROUPING)), WithJsonSchema(GROUP)]
SuppressionFilters = Annotated[
    dict[str, Any], PlainValidator(partial(_read_filters, SUPPRESSION)), WithJsonSchema(GROUP)
]
BypassFilters = Annotated[dict[str, Any], PlainValidator(partial(_read_filters, BYPASS)), WithJsonSchema(GROUP)]
SeverityFilters = Annotated[dict[str, Any], PlainValidator(partial(_read_filters, SEVERITY)), WithJsonSchema(GROUP)]


def _read_assignee_id(value: Any) -> int | UUID:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        digits = WHOLE_NUMBER.fullmatch(value)
        if digits is not None and "." not in value:
            return int(digits.group(1))
        try:
            return UUID(value.strip())
        except ValueError:
            pass
    raise _problem("Expected an integer user ID or UUID role ID.")


class RuleAssignee(BaseModel):
    """A user or a role."""

    id: Annotated[int | UUID, PlainValidator(_read_assignee_id), WithJsonSchema({"type": ["integer", "string"]})]
    type: Annotated[Literal["user", "role"], Choice]


def _read_rate(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _problem("A valid number is required.")
    try:
        rate = float(value)
    except (ValueError, OverflowError):
        raise _problem("A valid number is required.") from None
    for is_wrong, code, words in ((rate > 1, "max_value", "less"), (rate < 0, "min_value", "greater")):
        if is_wrong:
            bound = "1.0" if code == "max_value" else "0.0"
            raise _problem(f"Ensure this value is {words} than or equal to {bound}.", code)
    if math.isnan(rate):
        raise _problem("A valid number is required.")
    return rate


Rate = Annotated[float, PlainValidator(_read_rate), WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1})]
OrderKey = Annotated[int, Field(ge=-LARGEST - 1, le=LARGEST), Integer]
Orders = Annotated[dict[str, OrderKey], Field(max_length=10_000)]
Severity = Annotated[Literal["low", "medium", "high", "critical"], Choice]


class NewAssignmentRule(BaseModel):
    """Who gets new issues whose first event matches."""

    filters: AssignmentFilters
    assignee: RuleAssignee
    order_key: OrderKey = 0


class AssignmentRuleChange(BaseModel):
    """What can change about an assignment rule."""

    filters: Annotated[AssignmentFilters | None, NotNull()] = None
    assignee: Annotated[RuleAssignee | None, NotNull()] = None
    order_key: Annotated[OrderKey | None, NotNull()] = None


class NewGroupingRule(BaseModel):
    """Which events are one issue."""

    filters: GroupingFilters
    assignee: RuleAssignee | None = None
    description: FreeText | None = None


class GroupingRuleChange(BaseModel):
    """What can change about a grouping rule."""

    filters: Annotated[GroupingFilters | None, NotNull()] = None


class NewSuppressionRule(BaseModel):
    """Which events are dropped, and what share of them."""

    filters: SuppressionFilters = EVERYTHING
    sampling_rate: Rate = 1.0


class SuppressionRuleChange(BaseModel):
    """What can change about a suppression rule."""

    filters: Annotated[SuppressionFilters | None, NotNull()] = None
    sampling_rate: Annotated[Rate | None, NotNull()] = None


class NewBypassRule(BaseModel):
    """Which events are exempt from rate limits."""

    filters: BypassFilters


class BypassRuleChange(BaseModel):
    """What can change about a bypass rule."""

    filters: Annotated[BypassFilters | None, NotNull()] = None


class NewSeverityRule(BaseModel):
    """How bad new issues are whose first event matches."""

    filters: SeverityFilters
    severity: Severity


class SeverityRuleChange(BaseModel):
    """What can change about a severity rule."""

    filters: Annotated[SeverityFilters | None, NotNull()] = None
    severity: Annotated[Severity | None, NotNull()] = None


class Reorder(BaseModel):
    """New places of rules by their ids."""

    orders: Orders


class RuleRange(BaseModel):
    """To which events a rule is applied; `backwards`: they leave the issue of a grouping rule."""

    model_config = ConfigDict(alias_generator=to_camel)

    date_range: DateRange = DateRange(date_from=DEFAULT_START)
    backwards: Flag = False


class RuleTrial(BaseModel):
    """What to try out: a new `rule`, a form of the one that it `replaces`, its deletion (no rule), or `orders`."""

    model_config = ConfigDict(alias_generator=to_camel)

    rule: dict[str, Any] | None = None
    replaces: Annotated[Id | None, NotNull()] = None
    orders: Annotated[Orders | None, NotNull()] = None
    date_range: DateRange = DateRange(date_from=DEFAULT_START)


NEW: dict[str, type[BaseModel]] = {
    ASSIGNMENT.name: NewAssignmentRule,
    GROUPING.name: NewGroupingRule,
    SUPPRESSION.name: NewSuppressionRule,
    BYPASS.name: NewBypassRule,
    SEVERITY.name: NewSeverityRule,
}
CHANGED: dict[str, type[BaseModel]] = {
    ASSIGNMENT.name: AssignmentRuleChange,
    GROUPING.name: GroupingRuleChange,
    SUPPRESSION.name: SuppressionRuleChange,
    BYPASS.name: BypassRuleChange,
    SEVERITY.name: SeverityRuleChange,
}
