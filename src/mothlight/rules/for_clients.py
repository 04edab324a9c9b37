"""The suppression rules that browsers may apply themselves (api 3.6, ingest 10, pipeline 6.5).

A rule is published only if a browser decides about every event as this server does: what it drops is seen by nobody.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from mothlight.rules.kinds import SUPPRESSION
from mothlight.storage.metadata.repositories.rules import StoredRule

KEYS = frozenset({"$exception_types", "$exception_values"})
OPERATORS = frozenset({"exact", "is_not", "icontains", "not_icontains"})


def client_rules(rules: Iterable[StoredRule]) -> list[dict[str, Any]]:
    """The filters of those that are safe, as the remote config has them."""
    return [
        _published(rule.filters)
        for rule in rules
        if rule.kind == SUPPRESSION.name and rule.disabled_data is None and is_client_safe(rule)
    ]


def is_client_safe(rule: StoredRule) -> bool:
    """Whether a browser may apply a suppression rule. One without conditions never: it would drop everything."""
    filters = rule.filters
    values = filters.get("values")
    return (
        rule.sampling_rate == 1.0
        and filters.get("type") in ("AND", "OR")
        and isinstance(values, list)
        and bool(values)
        and all(_is_safe(value) for value in values)
    )


def _is_safe(condition: Any) -> bool:
    return (
        isinstance(condition, dict)
        and condition.get("key") in KEYS
        and condition.get("type", "event") == "event"
        and condition.get("operator", "exact") in OPERATORS
        and _is_text_or_texts(condition.get("value"))
    )


def _is_text_or_texts(value: Any) -> bool:
    # Without a value a condition says nothing here, and everything in a browser.
    if isinstance(value, list):
        return bool(value) and all(isinstance(each, str) for each in value)
    return isinstance(value, str)


def _published(filters: Mapping[str, Any]) -> dict[str, Any]:
    conditions = [
        {
            "key": condition["key"],
            "operator": condition.get("operator", "exact"),
            "value": condition["value"],
            "type": condition.get("type", "event"),
        }
        for condition in filters["values"]
    ]
    return {"type": filters["type"], "values": conditions}
