"""Reads `filterGroup` and test-account filters: JSON as sent -> checked conditions (api 6.1, 6.2).

Unknown keys of an entry are ignored. The first fault raises `Refused` with the wire's words and attribute.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from mothlight.filters.operators import ALIASES, MOMENT_TESTS, OPERATORS, Test
from mothlight.filters.property_filter import FilterType, PropertyFilter
from mothlight.filters.values import check_moments, check_values, expressions_size, read_texts
from mothlight.model.errors import invalid

MOST_FILTERS = 100

MOST_COMPARISONS = 100
"""Values of all filters that become a comparison each. The values of `exact` and `is_not` are one comparison."""

LARGEST_EXPRESSIONS = 2_000
"""Instructions of all regular expressions. Each letter of a searched text costs as many steps at worst."""

LONGEST_KEY = 400

RANGES = frozenset({"between", "not_between"})
"""Operators whose two values are one comparison."""

SUPPORTED_TYPES = frozenset({"event", "feature", "person", "session", "event_metadata", "error_tracking_issue"})

UNSUPPORTED_TYPES = frozenset(
    {
        "behavioral", "cohort", "element", "empty", "flag", "group", "log", "log_attribute", "log_entry",
        "log_resource_attribute", "precalculated-cohort", "recording", "revenue_analytics", "span", "span_attribute",
        "static-cohort", "workflow_variable",
    }
)  # fmt: skip
"""Choices elsewhere, about things that this server does not have."""

METADATA_KEYS = frozenset({"distinct_id", "event", "person_id", "timestamp", "uuid"})

ISSUE_KEYS = {
    "name": "name",
    "issue_description": "description",
    "description": "description",
    "status": "status",
    "first_seen": "first_seen",
}
"""Keys of filters on the issue; others have no effect."""

ISSUE_TESTS = frozenset(
    {
        Test.EQUALS,
        Test.CONTAINS,
        Test.PRESENT,
        Test.GREATER,
        Test.AFTER,
        Test.AT_LEAST,
        Test.LESS,
        Test.BEFORE,
        Test.AT_MOST,
    }
)
ISSUE_TEXT_TESTS = frozenset({Test.EQUALS, Test.CONTAINS, Test.PRESENT})
"""What filters on the issue can test: `first_seen` and the texts. Others have no effect."""

MOMENTS = frozenset({("event_metadata", "timestamp"), ("error_tracking_issue", "first_seen")})
"""Fields that are moments, not texts."""

NO_HOGQL = "HogQL property filters are not supported here."

_DATA_WAREHOUSE = re.compile(r"data_warehouse\w*")


def read_filters(entries: Any, attr: str = "filterGroup") -> tuple[PropertyFilter, ...]:
    """A flat list of filters, all of which must hold. `attr` is the name of the field that holds the list."""
    if not isinstance(entries, list):
        raise invalid(f'Expected a list of items but got type "{type(entries).__name__}".', attr, "not_a_list")
    if len(entries) > MOST_FILTERS:
        raise invalid(f"Ensure this field has no more than {MOST_FILTERS} elements.", attr, "max_length")
    read = (read_filter(entry, attr, f"{attr}__{place}") for place, entry in enumerate(entries))
    found = tuple(each for each in read if each is not None)
    check_together(found, attr)
    return found


def read_filter(entry: Any, group: str, attr: str) -> PropertyFilter | None:
    """One filter; None when it has no effect."""
    if not isinstance(entry, dict):
        raise invalid(f"Invalid data. Expected a dictionary, but got {type(entry).__name__}.", attr)
    key = _read_key(entry, f"{attr}__key")
    _check_value_is_there(entry, f"{attr}__value")
    operator = _read_operator(entry, f"{attr}__operator")
    type_ = _read_type(entry, group, f"{attr}__type")
    _check_key(type_, key, f"{attr}__key")
    test = OPERATORS[operator].test
    if type_ == "error_tracking_issue":
        key = ISSUE_KEYS.get(key, "")
        if test not in (ISSUE_TESTS if key == "first_seen" else ISSUE_TEXT_TESTS if key else ()):
            return None
    values = () if test is Test.PRESENT else read_texts(entry["value"], f"{attr}__value")
    return _checked(PropertyFilter(type_, key, operator, values), test, f"{attr}__value")


def _checked(found: PropertyFilter, test: Test, attr: str) -> PropertyFilter | None:
    if not found.values:
        return found if test is Test.PRESENT else None
    if (found.type, found.key) in MOMENTS and test in MOMENT_TESTS:
        check_moments(found.values, attr)
    else:
        check_values(test, found.values, attr)
    return found


def check_together(found: Sequence[PropertyFilter], attr: str) -> None:
    """What one statement can hold, and what can be searched in the time that a question has."""
    compared = [each for each in found if OPERATORS[each.operator].test is not Test.EQUALS]
    if sum(1 if each.operator in RANGES else len(each.values) for each in compared) > MOST_COMPARISONS:
        detail = f"All filters but `exact` and `is_not` may have no more than {MOST_COMPARISONS} values together."
        raise invalid(detail, attr, "max_length")
    sought = (each.values for each in compared if OPERATORS[each.operator].test is Test.MATCHES)
    if sum(map(expressions_size, sought)) > LARGEST_EXPRESSIONS:
        raise invalid("The regular expressions are too large; counted repetitions make them so.", attr, "max_length")


def _read_key(entry: Mapping[str, Any], attr: str) -> str:
    if "key" not in entry:
        raise invalid("This field is required.", attr, "required")
    key = entry["key"]
    if key is None:
        raise invalid("This field may not be null.", attr, "null")
    if isinstance(key, bool) or not isinstance(key, str | int | float):
        raise invalid("Not a valid string.", attr)
    key = str(key).strip()
    if not key:
        raise invalid("This field may not be blank.", attr, "blank")
    if len(key) > LONGEST_KEY:
        raise invalid(f"Ensure this field has no more than {LONGEST_KEY} characters.", attr, "max_length")
    return key


def _check_value_is_there(entry: Mapping[str, Any], attr: str) -> None:
    if entry.get("operator") in ("is_set", "is_not_set"):
        return
    if "value" not in entry:
        raise invalid("This field is required.", attr, "required")
    if entry["value"] is None:
        raise invalid("This field may not be null.", attr, "null")


def _read_operator(entry: Mapping[str, Any], attr: str) -> str:
    asked = entry.get("operator")
    operator = "exact" if asked is None or asked == "" else asked
    operator = ALIASES.get(operator, operator) if isinstance(operator, str) else operator
    if not isinstance(operator, str) or operator not in OPERATORS:
        raise invalid(f'"{_shown(asked)}" is not a valid choice.', attr, "invalid_choice")
    return operator


def _read_type(entry: Mapping[str, Any], group: str, attr: str) -> FilterType:
    type_ = entry.get("type", "event")
    if type_ is None:
        raise invalid("This field may not be null.", attr, "null")
    if type_ == "hogql":
        raise invalid(NO_HOGQL, group)
    if not isinstance(type_, str) or type_ not in SUPPORTED_TYPES:
        if isinstance(type_, str) and (type_ in UNSUPPORTED_TYPES or _DATA_WAREHOUSE.fullmatch(type_)):
            raise invalid(f'Filters of type "{type_}" are not supported here.', attr)
        raise invalid(f'"{_shown(type_)}" is not a valid choice.', attr, "invalid_choice")
    return cast("FilterType", type_)


def _check_key(type_: FilterType, key: str, attr: str) -> None:
    if type_ == "session" and key != "$session_id":
        raise invalid(f'Sessions have no property "{key}" here, only "$session_id".', attr)
    if type_ == "event_metadata" and key not in METADATA_KEYS:
        raise invalid(f'Events have no column "{key}".', attr)


def _shown(value: Any) -> str:
    return str(value)[:100]
