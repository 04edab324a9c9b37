"""Conditions as SQL about a row of `events`. Values are bound; what else enters the text is named in `fields`."""

from collections.abc import Iterable
from datetime import datetime

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import field_of
from mothlight.filters.operators import OPERATORS
from mothlight.filters.property_filter import Condition, PropertyFilter
from mothlight.filters.sql_tests import Compared

HOLDS = "1"


def condition_sql(condition: Condition, bindings: Bindings, now: datetime) -> str:
    """SQL that is true for the events that meet a condition or a group of them."""
    if isinstance(condition, PropertyFilter):
        compared = Compared(condition.values, bindings, now)
        return field_of(condition).condition(OPERATORS[condition.operator], compared)
    parts = [condition_sql(part, bindings, now) for part in condition.parts]
    if condition.joined_by == "NONE":
        return f"NOT ({' OR '.join(parts)})" if parts else HOLDS
    return f"({f' {condition.joined_by} '.join(parts)})" if parts else HOLDS


def all_of(conditions: Iterable[Condition], bindings: Bindings, now: datetime) -> list[str]:
    """SQL of each of several conditions."""
    return [condition_sql(condition, bindings, now) for condition in conditions]
