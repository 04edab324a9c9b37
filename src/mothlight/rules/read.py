"""Reads the `filters` of a rule: a property group as sent -> a checked condition (pipeline 6.2, api 3.6).

Nothing is left to go wrong when a rule runs: what does not parse is refused when the rule is saved.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, cast

from mothlight.filters.operators import OPERATORS, Test
from mothlight.filters.parse import MOST_FILTERS, check_together, read_filter
from mothlight.filters.property_filter import Condition, FilterGroup, PropertyFilter
from mothlight.model.errors import Refused, invalid

ATTR = "filters"
INVALID = "Invalid filters payload."

TYPES = frozenset({"event", "feature", "session", "error_tracking_issue"})
"""What rules can look at: the properties of an event, and its issue where there is one."""

DATES = frozenset({Test.SAME_MOMENT, Test.BEFORE, Test.AFTER})
"""Tests that rules cannot make: what is relative to now would mean something else each time it is asked."""

DEEPEST = 10


def read_rule_filters(filters: Mapping[str, Any]) -> FilterGroup:
    """The condition of a group.

    Raises:
        Refused: it does not parse.
    """
    try:
        group = _read_group(filters, DEEPEST)
        found = list(conditions_of(group))
        if len(found) > MOST_FILTERS:
            raise invalid(INVALID, ATTR)
        check_together(found, ATTR)
    except Refused as problem:
        # The wire has one text for whatever is wrong, but for what is too large, which nobody would find otherwise.
        detail = problem.detail if problem.code == "max_length" else INVALID
        raise invalid(detail, ATTR) from problem
    return group


def conditions_of(condition: Condition) -> Iterator[PropertyFilter]:
    """All single conditions of a tree."""
    if isinstance(condition, PropertyFilter):
        yield condition
        return
    for part in condition.parts:
        yield from conditions_of(part)


def _read_group(group: Mapping[str, Any], levels: int) -> FilterGroup:
    joined_by, values = group.get("type", "AND"), group.get("values")
    if joined_by not in ("AND", "OR") or not isinstance(values, list) or not levels:
        raise invalid(INVALID, ATTR)
    read = (_read_part(value, levels) for value in values)
    return FilterGroup(cast("Literal['AND', 'OR']", joined_by), tuple(part for part in read if part is not None))


def _read_part(value: Any, levels: int) -> Condition | None:
    if isinstance(value, dict) and "values" in value and "key" not in value:
        part = _read_group(value, levels - 1)
        # A group without conditions says nothing, also as one of several alternatives.
        return part if part.parts else None
    found = read_filter(value, ATTR, ATTR)
    if found is not None and (found.type not in TYPES or OPERATORS[found.operator].test in DATES):
        raise invalid(INVALID, ATTR)
    return found
