"""The fields of a rule's form, from a request and from a rule, and the body of the API that they make."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from mothlight.filters.operators import OPERATORS
from mothlight.model.errors import invalid
from mothlight.rules.kinds import Kind
from mothlight.rules.read import DATES
from mothlight.storage.metadata.repositories.rules import StoredRule
from mothlight.web.pages.filter_rows import MOST_ROWS, as_row, read_rows
from mothlight.web.pages.incoming import Form

EMPTY_ROW = {"type": "event", "key": "", "operator": "exact", "value": ""}
RULE_OPERATORS = [name for name, operator in OPERATORS.items() if operator.test not in DATES]
OF_EVENTS = ("event", "feature", "session")
OF_ISSUES = "error_tracking_issue"
ROW_KEYS = {"type", "key", "operator", "value", "label"}
SUGGESTED_KEYS = (
    "$exception_types",
    "$exception_values",
    "$exception_sources",
    "$exception_functions",
    "$exception_handled",
    "$exception_release",
    "$browser",
    "$os",
    "$current_url",
    "$lib",
    "environment",
)
OF_ISSUE_KEYS = ("name", "description", "status")


class RuleForm(msgspec.Struct, frozen=True):
    """What stands in the form, as text."""

    joined_by: str = "AND"
    rows: Sequence[Mapping[str, Any]] = ()
    tree: str | None = None
    """Filters as JSON, in place of rows, where they are groups of groups."""
    assignee: str = ""
    """`user:<id>`, `role:<id>`, or nothing."""
    sampling_rate: str = "1"
    severity: str = "medium"
    description: str = ""

    @property
    def shown_rows(self) -> list[dict[str, str]]:
        """The rows, and empty ones below."""
        return [*(as_row(each) for each in self.rows), *([EMPTY_ROW] if self.rows else [EMPTY_ROW, EMPTY_ROW])]

    def body(self) -> dict[str, Any]:
        """What the API would be sent; of the fields, each kind reads its own.

        Raises:
            Refused: the filters are no JSON (400).
        """
        type_, _, identifier = self.assignee.partition(":")
        return {
            "filters": self._filters(),
            "assignee": {"type": type_, "id": identifier} if self.assignee else None,
            "sampling_rate": self.sampling_rate,
            "severity": self.severity,
            "description": self.description or None,
        }

    def _filters(self) -> Any:
        if self.tree is None:
            return {"type": self.joined_by, "values": list(self.rows)}
        try:
            return json.loads(self.tree)
        except (ValueError, RecursionError):
            raise invalid("This is no JSON.", "filters") from None


def read_form(form: Form) -> RuleForm:
    """What was sent."""
    names = ("joined_by", "assignee", "sampling_rate", "severity", "description")
    fields: dict[str, Any] = {name: form[name].strip() for name in names if name in form}
    if "tree" in form:
        return RuleForm(tree=form["tree"].strip(), **fields)
    return RuleForm(rows=read_rows(form), **fields)


def form_of(rule: StoredRule) -> RuleForm:
    """A rule as it is filled in."""
    values = rule.filters.get("values") or []
    is_flat = len(values) < MOST_ROWS and all(_is_row(each) for each in values)
    return RuleForm(
        joined_by=rule.filters.get("type", "AND"),
        rows=values if is_flat else (),
        tree=None if is_flat else json.dumps(rule.filters, ensure_ascii=False, indent=2),
        assignee=_assignee(rule),
        sampling_rate=f"{1.0 if rule.sampling_rate is None else rule.sampling_rate:g}",
        severity=rule.severity or "medium",
        description=rule.description or "",
    )


def types_for(kind: Kind) -> list[str]:
    """What the conditions of a kind can look at."""
    return [*OF_EVENTS, *([OF_ISSUES] if kind.sees_issue else [])]


def keys_for(kind: Kind) -> list[str]:
    """Properties to suggest."""
    return [*SUGGESTED_KEYS, *(OF_ISSUE_KEYS if kind.sees_issue else ())]


def _is_row(each: Any) -> bool:
    """Whether a condition is the same after it was a row of a form."""
    if not isinstance(each, dict) or not each.get("key") or not set(each) <= ROW_KEYS:
        return False
    value = each.get("value", "")
    return isinstance(value, list) or (isinstance(value, str) and not value.lstrip().startswith("["))


def _assignee(rule: StoredRule) -> str:
    if rule.assignee is None:
        return ""
    found = rule.assignee.to_json()
    return f"{found['type']}:{found['id']}"
