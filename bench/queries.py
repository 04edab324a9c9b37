"""How long questions take on what is stored.

To measure another question, add a line to `QUESTIONS`.
"""

import random
import statistics
import time
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from bench.load import percentile
from bench.server import Server
from bench.traffic import BROWSERS, PLANS, SYSTEMS, VERBS, WORDS

ROUNDS = 60
WARM_UP_ROUNDS = 3
SETTLE_SECONDS = 120
READING_SECONDS = 4
QUIET_READINGS = 4

Body = dict[str, Any]
Question = tuple[str, Callable[[random.Random, list[str]], Body]]


def plain(chance: random.Random, issues: list[str]) -> Body:
    """The list as a client asks for it that sets nothing."""
    return {}


def with_volume(chance: random.Random, issues: list[str]) -> Body:
    """The list with a curve for each issue, in another order."""
    return {"volumeResolution": 24, "orderBy": chance.choice(["last_seen", "users", "sessions"])}


def of_a_month(chance: random.Random, issues: list[str]) -> Body:
    """The list over all that is stored."""
    return {"dateRange": {"date_from": "-30d"}}


def filtered(chance: random.Random, issues: list[str]) -> Body:
    """The list of events with a property."""
    key, values = chance.choice([("$browser", BROWSERS), ("plan", PLANS)])
    return {"filterGroup": [{"type": "event", "key": key, "operator": "exact", "value": chance.choice(values)}]}


def searched(chance: random.Random, issues: list[str]) -> Body:
    """The list of events that hold two words, in a message, a file, a function or a line of code."""
    return {"searchQuery": f"{chance.choice(VERBS)}_{chance.choice(WORDS)} {chance.choice(WORDS)}"}


def one_issue(chance: random.Random, issues: list[str]) -> Body:
    """One of the issues with the most events, with its curve and its newest event."""
    return {"issueId": chance.choice(issues), "includeSparkline": True, "volumeResolution": 24}


def by_order(order: str) -> Callable[[random.Random, list[str]], Body]:
    """The list in an order."""
    return lambda chance, issues: {"orderBy": order, "orderDirection": chance.choice(["ASC", "DESC"])}


def of_a_browser(chance: random.Random, issues: list[str]) -> Body:
    """The list of events that have one of two values of a property and not one of another."""
    wanted = {"type": "event", "key": "$os", "operator": "exact", "value": chance.sample(SYSTEMS, 2)}
    unwanted = {"type": "event", "key": "plan", "operator": "is_not", "value": chance.choice(PLANS)}
    return {"filterGroup": [wanted, unwanted]}


def newest_events(chance: random.Random, issues: list[str]) -> Body:
    """The newest events of an issue with their stacks."""
    return {"issueId": chance.choice(issues), "limit": 10, "verbosity": "stack"}


QUESTIONS: dict[str, Question] = {
    "list_7_days": ("query/issues", plain),
    "list_7_days_with_volume": ("query/issues", with_volume),
    "list_30_days": ("query/issues", of_a_month),
    "list_by_last_seen": ("query/issues", by_order("last_seen")),
    "list_by_first_seen": ("query/issues", by_order("first_seen")),
    "list_by_users": ("query/issues", by_order("users")),
    "list_by_sessions": ("query/issues", by_order("sessions")),
    "list_with_property_filter": ("query/issues", filtered),
    "list_with_two_property_filters": ("query/issues", of_a_browser),
    "list_with_search": ("query/issues", searched),
    "one_issue": ("query/issue", one_issue),
    "newest_events_of_an_issue": ("query/issue_events", newest_events),
}


class Latency(msgspec.Struct):
    """Milliseconds over many answers to questions of a kind, each different where it can be."""

    p50: float
    p95: float
    mean: float
    rounds: int


def measure_questions(
    server: Server, rounds: int = ROUNDS, names: Iterable[str] = tuple(QUESTIONS)
) -> dict[str, Latency]:
    """Ask every question, or some, many times, one at a time."""
    issues = [row["id"] for row in server.query("query/issues", {"limit": 25})[0]["results"]]
    if not issues:
        raise RuntimeError("nothing is stored to ask about")
    chance = random.Random(1)
    return {name: _measure(server, QUESTIONS[name], chance, issues, rounds) for name in names}


def _measure(server: Server, question: Question, chance: random.Random, issues: list[str], rounds: int) -> Latency:
    path, make_body = question
    for _ in range(WARM_UP_ROUNDS):
        server.query(path, make_body(chance, issues))
    took = sorted(1000 * server.query(path, make_body(chance, issues))[1] for _ in range(rounds))
    return Latency(percentile(took, 0.5), percentile(took, 0.95), statistics.fmean(took), rounds)


def measure_values(server: Server, rounds: int = ROUNDS) -> Latency:
    """Names of issues that complete what somebody types."""
    chance = random.Random(1)
    path = f"/api/environments/{server.project_id}/error_tracking/issues/values?key=name&value="
    took = sorted(1000 * server.ask("GET", path + chance.choice(WORDS)[:3])[1] for _ in range(rounds))
    return Latency(percentile(took, 0.5), percentile(took, 0.95), statistics.fmean(took), rounds)


def stored_occurrences(server: Server) -> int:
    """The events that all issues together have, by the answers of the list."""
    total, offset, more = 0, 0, True
    while more:
        body = {"dateRange": {"date_from": "all"}, "filterTestAccounts": False, "status": "all", "limit": 100}
        page, _ = server.query("query/issues", {**body, "offset": offset})
        total += sum(row["aggregations"]["occurrences"] for row in page["results"])
        offset, more = offset + 100, page["hasMore"]
    return total


def settle(server: Server) -> None:
    """Wait until the store has tidied up: its directory keeps its size for a while. Gives up after two minutes."""
    deadline = time.monotonic() + SETTLE_SECONDS
    sizes: list[int] = []
    while time.monotonic() < deadline and (len(sizes) < QUIET_READINGS or len(set(sizes[-QUIET_READINGS:])) > 1):
        sizes.append(server.disk_bytes())
        time.sleep(READING_SECONDS)
