"""How quick rules are tried, applied and taken back, and what they cost intake: `python -m bench --rules`.

`--events` and `--stacks` say how much is stored; rules are tried and applied while nothing else happens.
"""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from bench import ingest
from bench.fill import Filling, fill
from bench.queries import settle, stored_occurrences
from bench.report import Machine
from bench.server import Server
from bench.traffic import Plan

DAYS = 30
RULES = 50
"""Of each kind, half of them on properties. None matches, so each event is compared with all."""
ROUNDS = 3
POLL_SECONDS = 0.1
EVER = {"date_from": "all"}

PROPERTY = {"key": "$browser", "operator": "exact", "value": "Firefox", "type": "event"}
STACK = {"key": "$exception_functions", "operator": "icontains", "value": "checkout", "type": "event"}
NEVER = (
    {"key": "plan", "operator": "icontains", "value": "never-%d", "type": "event"},
    {"key": "$exception_types", "operator": "exact", "value": "Never%d", "type": "event"},
)
KINDS: dict[str, dict[str, Any]] = {
    "grouping": {},
    "suppression": {},
    "assignment": {"assignee": {"type": "user", "id": 1}},
    "bypass": {},
    "severity": {"severity": "low"},
}


class RuleFigures(msgspec.Struct):
    """All that was measured."""

    measured_at: str
    machine: Machine
    events: int
    stacks: int
    preview_seconds: dict[str, float]
    """The quickest of some rounds, by what the rule looks at."""
    applied: dict[str, "Applied"]
    events_per_second: float
    """Intake in batches, without rules."""
    events_per_second_with_rules: float


class Applied(msgspec.Struct):
    """A rule that was applied."""

    moved: int
    seconds: float
    undo_seconds: float


def measure_rules(folder: Path, events: int, stacks: int, seconds: float, machine: Machine) -> RuleFigures:
    """Previews and applications on a filled server, then intake without and with rules."""
    server = Server(folder / "filled" / "data")
    until = datetime.now(UTC) - timedelta(minutes=1)
    fill(Filling(str(server.data_dir), server.project_id, Plan(server.token, stacks, days=DAYS), events, until))
    server.start()
    try:
        settle(server)
        stored = stored_occurrences(server)
        previews = {
            name: min(_preview(server, kind, condition) for _ in range(ROUNDS))
            for name, kind, condition in (
                ("a property", "suppression", PROPERTY),
                ("functions of the stack", "grouping", STACK),
            )
        }
        applied = {
            "suppression by a property": _apply(server, "suppression", PROPERTY, stored),
            "grouping by functions": _apply(server, "grouping", STACK, stored),
        }
    finally:
        server.stop()
    without, with_rules = (_intake(folder / name / "data", stacks, seconds, rules) for name, rules in _SERVERS)
    return RuleFigures(
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=machine,
        events=stored,
        stacks=stacks,
        preview_seconds=previews,
        applied=applied,
        events_per_second=without,
        events_per_second_with_rules=with_rules,
    )


_SERVERS = (("without", 0), ("with", RULES))


def _filters(condition: dict[str, Any]) -> dict[str, Any]:
    return {"type": "AND", "values": [condition]}


def _preview(server: Server, kind: str, condition: dict[str, Any]) -> float:
    asked = {"rule": {"filters": _filters(condition)}, "dateRange": EVER}
    return server.query(f"{kind}_rules/preview", asked)[1]


def _apply(server: Server, kind: str, condition: dict[str, Any], stored: int) -> Applied:
    """Apply a rule, take it back, and see that all is as it was."""
    rule = server.query(f"{kind}_rules", {"filters": _filters(condition)})[0]["id"]
    began = time.perf_counter()
    place = f"{kind}_rules/{rule}/apply"
    server.query(place, {"dateRange": EVER})
    base = f"/api/environments/{server.project_id}/error_tracking"
    while (found := server.ask("GET", f"{base}/{place}/")[0]["results"][0])["status"] in ("waiting", "running"):
        time.sleep(POLL_SECONDS)
    seconds = time.perf_counter() - began
    if found["status"] != "done":
        raise RuntimeError(f"the rule was not applied: {found}")
    undo_seconds = server.query(f"changes/{found['change']}/undo", {})[1] if found["change"] else 0.0
    if (now := stored_occurrences(server)) != stored:
        raise RuntimeError(f"{stored} events were there before, and {now} after it was taken back")
    return Applied(found["moved"], seconds, undo_seconds)


def _intake(data_dir: Path, stacks: int, seconds: float, rules: int) -> float:
    server = Server(data_dir)
    server.start()
    try:
        for kind, values in KINDS.items():
            for number in range(rules):
                condition = NEVER[number % len(NEVER)]
                condition = json.loads(json.dumps(condition) % number)
                server.query(f"{kind}_rules", {"filters": _filters(condition), **values})
        if rules:
            server.ask(
                "PATCH",
                f"/api/environments/{server.project_id}/error_tracking/settings/update_settings/",
                json.dumps({"project_rate_limit_value": 2**31 - 1}),
            )
        ingest.warm_up(server, stacks)
        return ingest.measure_batches(server, stacks, seconds).queryable_per_second
    finally:
        server.stop()
