"""`python -m bench --storm`: one error in a loop at full speed, with a limit for each issue, among others at ease."""

import json
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

from bench.load import Load, start, stop
from bench.load import finish as finish_load
from bench.server import HOST, Server
from bench.traffic import Plan

EVENTS = 1_000_000
LIMIT, MINUTES = 100, 1
OTHER_STACKS = 50
OTHER_RATE = 20.0
"""Events a second of all others together: each of them stays far below its limit."""
EVERYTHING = {"dateRange": {"date_from": "-1d"}, "status": "all", "filterTestAccounts": False, "limit": 100}


class StormFigures(msgspec.Struct):
    """What came of it."""

    events: int
    """Of the storm, as accepted."""
    seconds: float
    accepted_per_second: float
    drain_seconds: float
    occurrences: int
    dropped: int
    is_exact: bool
    """Occurrences and dropped together are what was accepted."""
    others_accepted: int
    others_kept: int
    refused: int
    disk_bytes: int
    peak_memory_bytes: int


def measure_storm(events: int) -> StormFigures:
    """Two loads at once on a fresh server, then what its list says."""
    with tempfile.TemporaryDirectory(prefix="mothlight-bench-") as folder:
        server = Server(Path(folder) / "data")
        server.start()
        try:
            return _measure(server, events)
        finally:
            server.stop()


def _measure(server: Server, events: int) -> StormFigures:
    limits = {"per_issue_rate_limit_value": LIMIT, "per_issue_rate_limit_bucket_size_minutes": MINUTES}
    path = f"/api/projects/{server.project_id}/error_tracking/settings/update_settings/"
    server.ask("PATCH", path, json.dumps(limits))
    quiet = start(Load(HOST, server.port, Plan(server.token, OTHER_STACKS, seed=2), 1, 1, rate=OTHER_RATE))
    # The others' issues are there before the storm, which is then told apart by its size.
    time.sleep(2)
    storm = finish_load(start(Load(HOST, server.port, Plan(server.token, 1), 50, 8, events=events)))
    others = stop(quiet)
    drain = server.wait_until_queryable()
    rows: list[dict[str, Any]] = server.query("query/issues", EVERYTHING)[0]["results"]
    largest = max(rows, key=lambda row: int(row["aggregations"].get("dropped", 0)))
    kept = sum(int(row["aggregations"]["occurrences"]) for row in rows if row is not largest)
    dropped = int(largest["aggregations"].get("dropped", 0))
    occurrences = int(largest["aggregations"]["occurrences"])
    return StormFigures(
        events=storm.accepted,
        seconds=storm.seconds,
        accepted_per_second=storm.rate,
        drain_seconds=drain,
        occurrences=occurrences,
        dropped=dropped,
        is_exact=occurrences + dropped == storm.accepted,
        others_accepted=others.accepted,
        others_kept=kept,
        refused=storm.refused + others.refused,
        disk_bytes=server.disk_bytes(),
        peak_memory_bytes=server.memory()["peak"],
    )
