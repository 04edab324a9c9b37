"""Property filters as rows of a form, and back."""

import json
from collections.abc import Mapping
from typing import Any

from mothlight.web.pages.incoming import Form

FILTER_TYPES = ("event", "person", "event_metadata", "feature", "session")
MOST_ROWS = 50


def read_rows(form: Form) -> list[dict[str, Any]]:
    """The rows of the form that have a key. A value that is a JSON list is one; anything else is text."""
    names = ("type", "key", "operator", "value")
    rows = list(zip(*(form.getlist(name) for name in names), strict=False))[:MOST_ROWS]
    return [
        {"type": type_, "key": key.strip(), "operator": operator, "value": _read_value(value)}
        for type_, key, operator, value in rows
        if key.strip()
    ]


def as_row(each: Mapping[str, Any]) -> dict[str, str]:
    """A filter as the fields of its row."""
    value = each.get("value", "")
    return {
        "type": str(each.get("type", "event")),
        "key": str(each.get("key", "")),
        "operator": str(each.get("operator") or "exact"),
        "value": value if isinstance(value, str) else json.dumps(value, ensure_ascii=False),
    }


def _read_value(text: str) -> Any:
    if text.strip().startswith("["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text
