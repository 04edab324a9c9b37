"""What an application reports, and the figures that Mothlight must show for it whatever happens meanwhile."""

import gzip
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import uuid4

from tests.end_to_end.client import Client, Json

OWN_EVENTS = 30
"""Events of a batch in an issue that no other batch has."""
SHARED_EVENTS = 18
SHARED_ISSUES = 3
USERS = 40
SESSIONS = 60
BEGINS = timedelta(days=2)
"""How long ago the first event happened."""


class Figures(NamedTuple):
    """What is told of one issue."""

    occurrences: int
    users: int
    sessions: int
    first_seen: datetime
    last_seen: datetime


class Batch(NamedTuple):
    """One request: events of an issue of its own, events of shared issues, and a visitor who signs in."""

    name: str
    events: Sequence[Json]
    body: bytes
    """As sent, with gzip."""


def make_batches(token: str, count: int, now: datetime | None = None) -> list[Batch]:
    """Batches whose events all have times, uuids, sessions and users of their own choice."""
    begins = (now or datetime.now(UTC)).replace(microsecond=0) - BEGINS
    return [_make_batch(token, number, begins) for number in range(count)]


def expected_figures(batches: Iterable[Batch]) -> dict[str, Figures]:
    """The figures of the issues that the batches make, by name, computed from what was sent alone."""
    events = [event for batch in batches for event in batch.events]
    issues: dict[str, list[Json]] = {}
    for event in events:
        if event["event"] == "$exception":
            issues.setdefault(event["properties"]["$exception_list"][0]["type"], []).append(event)
    return {name: _figures(of_issue) for name, of_issue in issues.items()}


def shown_figures(client: Client) -> dict[str, Figures]:
    """The figures that `query/issues` shows, by the name of the issue."""
    rows = client.issues()
    shown = {row["name"]: _shown(row) for row in rows}
    assert len(shown) == len(rows), "an issue began twice"
    return shown


def _make_batch(token: str, number: int, begins: datetime) -> Batch:
    name = f"Batch{number}"
    issues = [name] * OWN_EVENTS + [f"Shared{each % SHARED_ISSUES}" for each in range(SHARED_EVENTS)]
    first = number * (len(issues) + 1)
    events = [_exception(issue, first + place, begins) for place, issue in enumerate(issues)]
    events.insert(len(events) // 2, _sign_in(number % USERS))
    body = gzip.compress(json.dumps({"api_key": token, "batch": events}).encode(), compresslevel=1)
    return Batch(name, events, body)


def _exception(issue: str, count: int, begins: datetime) -> Json:
    frame = {"platform": "python", "filename": "shop.py", "function": issue.lower(), "lineno": 7, "in_app": True}
    entry = {"type": issue, "value": "it broke", "stacktrace": {"type": "raw", "frames": [frame]}}
    return {
        "event": "$exception",
        "uuid": str(uuid4()),
        "distinct_id": f"user-{count % USERS}",
        "timestamp": (begins + timedelta(seconds=count)).isoformat(),
        "properties": {"$exception_list": [entry], "$lib": "posthog-python", "$session_id": f"s-{count % SESSIONS}"},
    }


def _sign_in(user: int) -> Json:
    # Only the user reports errors: which person a visitor's events have depends on what came first, by design.
    return {
        "event": "$identify",
        "uuid": str(uuid4()),
        "distinct_id": f"user-{user}",
        "properties": {"$anon_distinct_id": f"visitor-{user}", "$set": {"name": f"User {user}"}},
    }


def _figures(events: Sequence[Json]) -> Figures:
    times = [datetime.fromisoformat(event["timestamp"]) for event in events]
    return Figures(
        occurrences=len(events),
        users=len({event["distinct_id"] for event in events}),
        sessions=len({event["properties"]["$session_id"] for event in events}),
        first_seen=min(times),
        last_seen=max(times),
    )


def _shown(row: Json) -> Figures:
    told = row["aggregations"]
    times = [datetime.fromisoformat(row[name]) for name in ("first_seen", "last_seen")]
    return Figures(told["occurrences"], told["users"], told["sessions"], *times)
