"""Hostile requests of the REST API: every route of the table with every parameter and body, spoiled.

To add one: nothing for a new route; a valid body of it in `BODIES`, so that what is spoiled is nearly right.
"""

import json
from collections.abc import Mapping
from random import Random
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from mothlight.web.api.route import ApiRoute
from mothlight.web.api.routes import ROUTES
from tests.support.hostile.values import Values, to_json

BOUNDARY = "a-boundary"
FILTERS = [
    {"key": "$lib", "value": ["posthog-python"], "operator": "exact", "type": "event"},
    {"key": "items", "value": 1, "operator": "gt", "type": "event"},
    {"key": "items", "value": [1, 5], "operator": "between"},
    {"key": "email", "value": "ada", "operator": "icontains", "type": "person"},
    {"key": "distinct_id", "operator": "is_set", "type": "person"},
    {"key": "$current_url", "value": "^https?://.*cart", "operator": "regex", "type": "event"},
    {"key": "$app_version", "value": "1.2.3", "operator": "semver_caret", "type": "event"},
    {"key": "timestamp", "value": "-7d", "operator": "is_date_after", "type": "event_metadata"},
    {"key": "first_seen", "value": "2020-01-01", "operator": "gt", "type": "error_tracking_issue"},
    {"key": "$exception_list", "value": "cart", "operator": "not_icontains", "type": "event"},
    {"key": "$session_id", "value": "s", "operator": "not_starts_with", "type": "session"},
]
RULE_FILTERS = {
    "type": "AND",
    "values": [
        {"key": "$exception_types", "value": ["NeverSent"], "operator": "exact", "type": "event"},
        {"type": "OR", "values": [FILTERS[1], FILTERS[5], FILTERS[6], FILTERS[9]]},
    ],
}
WINDOW = {"date_from": "-30d", "date_to": "+1d"}

BODIES: Mapping[str, Any] = {
    "NewAlert": {
        "trigger": "users",
        "name": "Many users",
        "enabled": True,
        "environments": ["production"],
        "filters": FILTERS[:4],
        "threshold": 5,
        "window_minutes": 10,
        "snooze_minutes": 30,
        "channels": [],
    },
    "AlertChange": {"trigger": "occurrences", "threshold": 5, "window_minutes": 10, "filters": FILTERS[:2]},
    "AlertTrial": {
        "trigger": "occurrences",
        "filters": FILTERS[:3],
        "threshold": 2,
        "window_minutes": 5,
        "dateRange": WINDOW,
    },
    "NewChannel": {"name": "On-call", "address": "http://127.0.0.1:9/hook"},
    "ChannelChange": {"name": "On-call", "address": "https://127.0.0.1:9/hook"},
    "QueryIssues": {
        "dateRange": WINDOW,
        "status": "all",
        "assignee": {"id": 1, "type": "user"},
        "filterTestAccounts": True,
        "searchQuery": 'cart "is broken"',
        "filterGroup": FILTERS,
        "orderBy": "users",
        "orderDirection": "ASC",
        "limit": 5,
        "offset": 0,
        "volumeResolution": 4,
        "library": "posthog-python",
        "release": "1.2.3",
        "fingerprint": ["a"],
        "user": "ada",
        "personId": "01890a5d-ac96-774b-bcce-b302099a8057",
        "url": "https://shop.example.com",
        "filePath": "shop/cart.py",
    },
    "QueryIssue": {"issueId": "", "dateRange": WINDOW, "volumeResolution": 7, "includeSparkline": True},
    "QueryIssueEvents": {
        "issueId": "",
        "dateRange": WINDOW,
        "filterGroup": FILTERS[:2],
        "searchQuery": "cart",
        "orderDirection": "ASC",
        "limit": 3,
        "verbosity": "raw",
        "onlyAppFrames": False,
    },
    "QueryBreakdown": {"issueId": "", "dateRange": WINDOW, "properties": ["$browser", "plan"], "limit": 3},
    "QueryDifferences": {"issueId": "", "dateRange": WINDOW, "properties": ["plan"]},
    "QueryHistogram": {"issueId": "", "dateRange": WINDOW, "timeZone": "Europe/Paris", "buckets": 24},
    "QueryIssueEvent": {"issueId": "", "dateRange": WINDOW, "at": "oldest"},
    "QuerySimilarIssues": {"issueId": "", "dateRange": WINDOW, "limit": 5},
    "QueryGrouping": {"issueId": "", "dateRange": WINDOW, "limit": 5, "offset": 0},
    "SettingsChange": {"project_rate_limit_value": 10, "per_issue_rate_limit_bucket_size_minutes": 60},
    "SpikeConfigChange": {"threshold": 100, "multiplier": 5, "snooze_duration_minutes": 30},
    "ProjectChange": {"name": "Shop", "test_account_filters": [FILTERS[3]]},
    "IssueChange": {"status": "active", "name": "Cart", "description": "It breaks."},
    "IssueAssignment": {"assignee": {"id": 1, "type": "user"}},
    "IssueMerge": {"ids": [""]},
    "IssueSplit": {"fingerprints": [{"fingerprint": "a", "name": "b", "description": "c"}]},
    "IssueBulk": {"ids": [""], "action": "set_status", "status": "resolved", "assignee": {"id": 1, "type": "user"}},
    "CohortLink": {"cohortId": 1},
    "Undo": {"force": True},
    "ReleaseBody": {"version": "1.2", "project": "shop", "hash_id": "h", "metadata": {"git": {"commit_id": "c"}}},
    "FramesWanted": {"raw_ids": ["a/0"], "symbol_set": None},
    "BulkStart": {
        "symbol_sets": [{"chunk_id": "c", "release_id": None, "content_hash": "h"}],
        "force": False,
        "skip_on_conflict": True,
    },
    "BulkFinish": {"content_hashes": {"01890a5d-ac96-774b-bcce-b302099a8057": "h"}},
    "BulkDelete": {"ids": [""]},
    "Finish": {"content_hash": "h"},
    "NewAssignmentRule": {"filters": RULE_FILTERS, "assignee": {"type": "user", "id": 1}, "order_key": 1},
    "AssignmentRuleChange": {"filters": RULE_FILTERS, "assignee": {"type": "user", "id": 1}, "order_key": 2},
    "NewGroupingRule": {"filters": RULE_FILTERS, "assignee": None, "description": "Payments"},
    "GroupingRuleChange": {"filters": RULE_FILTERS},
    "NewSuppressionRule": {"filters": RULE_FILTERS, "sampling_rate": 0.01},
    "SuppressionRuleChange": {"filters": RULE_FILTERS, "sampling_rate": 0},
    "NewBypassRule": {"filters": RULE_FILTERS},
    "BypassRuleChange": {"filters": RULE_FILTERS},
    "NewSeverityRule": {"filters": RULE_FILTERS, "severity": "high"},
    "SeverityRuleChange": {"filters": RULE_FILTERS, "severity": "low"},
    "RuleTrial": {
        "rule": {"filters": RULE_FILTERS, "assignee": {"type": "user", "id": 1}, "severity": "low"},
        "dateRange": WINDOW,
    },
    "RuleRange": {"dateRange": WINDOW, "backwards": False},
    "Reorder": {"orders": {"01890a5d-ac96-774b-bcce-b302099a8057": 3}},
    "NewReference": {"issue": "", "integration_id": 1, "config": {"repository": "shop"}},
}
"""A valid body by the name of its model. An empty id is filled in with one that exists."""

PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "limit": ("1", "100", "0", "-1", "99999999999999999999", "1e3", "²"),
    "offset": ("0", "1", "2147483647", "9223372036854775807", "-1"),
    "page": ("1", "2147483648", "0"),
    "date_from": ("-7d", "2020-01-01", "all"),
    "date_to": ("+1d", "2030-01-01"),
    "kind": ("issue_created", "issue_created,issue_resolved"),
    "actor": ("pipeline", "user:1", "user:x", "7"),
    "key": ("name", "issue_description", "severity"),
    "dry_run": ("true", "false"),
    "poll": ("true",),
    "force": ("false",),
}
"""Values that mean something, by parameter."""


class Asking(NamedTuple):
    """A request of the REST API as it goes over the wire."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


class Known(NamedTuple):
    """What exists in the project that is asked about."""

    project_id: int
    key: str
    ids: Mapping[str, tuple[str, ...]]
    """By the part of the path that they stand behind: `issues`, `fingerprints`, `changes` …; at least one of each."""
    texts: tuple[str, ...]
    """Fingerprints, distinct ids and hashes."""


class Questions:
    """Draws requests of the REST API."""

    def __init__(self, random: Random, known: Known, largest: int = 1_000_000) -> None:
        self._random = random
        self._known = known
        self._values = Values(random, largest)

    def asking(self, route: ApiRoute | None = None) -> Asking:
        """A request of one route, of any by default."""
        random = self._random
        route = route or random.choice(ROUTES)
        body, content_type = self._body(route)
        headers = {"Authorization": f"Bearer {self._known.key}", "Content-Type": content_type}
        query = self._query(route)
        if random.randrange(25) == 0:
            del headers["Authorization"]
            query = f"{query}&{urlencode({'personal_api_key': self._odd()}, errors='replace')}"
        parts = route.path.split("/")
        path = "/".join(self._part(part, before, route) for before, part in zip(["", *parts], parts, strict=False))
        return Asking(route.method, path + random.choice(("", "/")), query, headers, body)

    def _part(self, part: str, before: str, route: ApiRoute) -> str:
        """One part of a path. A project that exists is never removed: other requests ask about it."""
        if not part.startswith("{"):
            return part
        is_odd = self._random.randrange(8) == 0 or (route.method == "DELETE" and part == "{project_id}")
        if is_odd:
            return quote(self._odd()[:200].replace("@current", "@"), safe="", errors="surrogatepass") or "x"
        if part == "{project_id}":
            return str(self._known.project_id)
        if part == "{organization_id}":
            return "@current"
        if part == "{hash_id}":
            return quote(self._random.choice(self._known.texts), "")
        return self._random.choice(self._known.ids.get(before, self._known.ids["issues"]))

    def _query(self, route: ApiRoute) -> str:
        fields = []
        for parameter in route.shapes.parameters:
            if self._random.randrange(2):
                usual = PARAMETERS.get(parameter.name, (*self._known.ids["issues"], *self._known.texts[:3]))
                value = self._random.choice(usual) if self._random.randrange(2) else self._odd()[:3_000]
                fields.append((parameter.name, value))
        return urlencode(fields, errors="surrogatepass")

    def _odd(self) -> str:
        return self._values.text()

    def _body(self, route: ApiRoute) -> tuple[bytes, str]:
        random = self._random
        if route.shapes.body is None:
            return (b"", "application/json") if random.randrange(5) else (b"{}", self._content_type())
        whole = self._filled(BODIES[route.shapes.body.__name__])
        # Of many fields each question uses some, so that not every one fails for the same reason.
        whole = {name: value for name, value in whole.items() if random.randrange(3)} or whole
        spoiled = self._values.spoil(whole, random.choice((0, 1, 1, 2)))
        kind = random.randrange(14)
        if kind == 0:
            return self._form(spoiled), "application/x-www-form-urlencoded"
        if kind == 1:
            return self._multipart(spoiled)
        content_type = self._content_type() if kind == 2 else "application/json"
        return to_json(spoiled).encode("utf-8", "surrogatepass"), content_type

    def _filled(self, value: Any) -> Any:
        if value == "":
            return self._random.choice(self._known.ids["issues"])
        if value == ["a"]:
            return [self._random.choice(self._known.texts)]
        if isinstance(value, dict):
            return {key: self._filled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._filled(item) for item in value]
        return value

    def _content_type(self) -> str:
        return self._random.choice(
            (
                "",
                "application/json; charset=latin-1",
                "application/json;;;=",
                "text/html",
                "multipart/form-data",
                f"multipart/form-data; boundary={'x' * 300}",
                "\xff",
            )
        )

    def _form(self, spoiled: Any) -> bytes:
        return urlencode(self._fields(spoiled), errors="surrogatepass").encode()

    def _multipart(self, spoiled: Any) -> tuple[bytes, str]:
        parts = [
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in self._fields(spoiled)
        ]
        body = "".join([*parts, f"--{BOUNDARY}--\r\n"]).encode("utf-8", "surrogatepass")
        charset = self._random.choice(("", "", "; charset=utf-7", "; charset=undefined", "; charset=hex"))
        if self._random.randrange(4) == 0:
            body = body[: self._random.randrange(len(body))]
        return body, f"multipart/form-data; boundary={BOUNDARY}{charset}"

    def _fields(self, spoiled: Any) -> list[tuple[str, str]]:
        if not isinstance(spoiled, dict):
            return [("value", str(spoiled)[:1_000])]
        flat = []
        for name, value in spoiled.items():
            if isinstance(value, dict) and value:
                flat.extend((f"{name}.{inner}", str(item)[:1_000]) for inner, item in value.items())
            else:
                flat.append((str(name), value if isinstance(value, str) else json.dumps(str(value)[:1_000])))
        return flat
