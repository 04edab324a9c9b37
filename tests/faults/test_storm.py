"""An error in a loop, sent to two servers on one PostgreSQL and one event store: kept in part, counted whole."""

import gzip
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

import httpx

from tests.end_to_end.client import Client, Json, eventually, ok
from tests.end_to_end.server import Server

from .conftest import first_project, started
from .processes import resident_mebibytes

LIMIT = 100
"""Events of an issue in an hour, so that next to nothing is refilled while the test runs."""
STORM = 6_000
OTHERS = 200
PER_REQUEST = 100
MOST_GROWTH_MEBIBYTES = 400


def test_a_storm_keeps_a_limit_and_exact_counts(
    shared_stores: dict[str, str], new_server: Callable[..., Server]
) -> None:
    """Also through a kill in the middle; the others' events are all kept, and one spike is told."""
    servers = [started(new_server(shared_stores)), started(new_server(shared_stores))]
    clients = [first_project(server) for server in servers]
    configure(clients[0])
    before = [resident_mebibytes(server.pid) for server in servers]
    batches = make_storm()

    with ThreadPoolExecutor(len(servers)) as pool:
        list(pool.map(send, clients, (batches[0::2], batches[1::2])))
    grown = [resident_mebibytes(server.pid) - was for server, was in zip(servers, before, strict=True)]
    servers[0].kill()
    servers[0].start()
    for client in clients:
        client.wait_until_queryable()
    # Clients that got no answer send again: nothing is counted twice.
    send(clients[1], batches[:4])
    clients[1].wait_until_queryable()

    rows = {row["name"]: row["aggregations"] for row in clients[1].issues()}
    storm, others = rows["Storm"], [figures for name, figures in rows.items() if name != "Storm"]
    assert 0.95 * LIMIT <= storm["occurrences"] <= 1.05 * LIMIT
    assert storm["occurrences"] + storm["dropped"] == STORM
    assert sum(figures["occurrences"] for figures in others) == OTHERS
    assert all("dropped" not in figures for figures in others)
    assert max(grown) < MOST_GROWTH_MEBIBYTES
    assert spikes_of(clients[0]) == ["Storm"]
    for server in servers:
        server.stop()


def configure(client: Client) -> None:
    """A limit for each issue, and a low bar for spikes."""
    base = f"/api/environments/{client.project_id}/error_tracking"
    limits = {"per_issue_rate_limit_value": LIMIT, "per_issue_rate_limit_bucket_size_minutes": 60}
    ok(client.http.patch(f"{base}/settings/update_settings/", json=limits))
    config = {"threshold": LIMIT // 2, "multiplier": 1}
    ok(client.http.patch(f"{base}/spike_detection_config/update_config/", json=config))


def make_storm() -> list[list[Json]]:
    """Requests full of one error, with some of others among them."""
    now = datetime.now(UTC).isoformat()
    count = STORM // PER_REQUEST
    return [
        [
            *[exception("Storm", now) for _ in range(PER_REQUEST)],
            *[exception(f"Other{each % 10}", now) for each in range(number, OTHERS, count)],
        ]
        for number in range(count)
    ]


def exception(name: str, timestamp: str) -> Json:
    """One event of an issue."""
    entry = {"type": name, "value": "it broke"}
    properties = {"$exception_list": [entry], "$exception_fingerprint": name}
    return {
        "event": "$exception",
        "uuid": str(uuid4()),
        "distinct_id": "ada",
        "timestamp": timestamp,
        "properties": properties,
    }


def send(client: Client, batches: Sequence[list[Json]]) -> None:
    """One request after the other."""
    with httpx.Client(base_url=client.http.base_url, timeout=30, trust_env=False) as http:
        for events in batches:
            body = gzip.compress(json.dumps({"api_key": client.token, "batch": events}).encode(), compresslevel=1)
            assert http.post("/batch/", content=body, headers={"Content-Encoding": "gzip"}).status_code == 200


def spikes_of(client: Client) -> list[str]:
    """The issues of all spikes, once there is one and the workers have had time for another."""
    path = f"/api/environments/{client.project_id}/error_tracking/spike_events/"

    def found() -> list[str]:
        return [row["issue"]["name"] for row in ok(client.http.get(path))["results"]]

    return eventually(found, 40, lambda: "no spike was found")
