"""Sends many batches of events from several threads, and remembers which of them were answered 200."""

import gzip
import json
import random
import threading
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx

from .client import Client, Json

EVENTS_PER_BATCH = 50
SENDERS = 8


@dataclass(frozen=True)
class Batch:
    """One request body with 50 events, which all belong to an issue of their own, called `name`."""

    name: str
    uuids: list[str]
    body: bytes


def make_batch(token: str, number: int) -> Batch:
    """A batch whose issue is named after its number."""
    name = f"Batch{number}"
    events = [make_event(name) for _ in range(EVENTS_PER_BATCH)]
    body = gzip.compress(json.dumps({"api_key": token, "batch": events}).encode(), compresslevel=1)
    return Batch(name, [event["uuid"] for event in events], body)


def make_event(type: str) -> Json:
    """An exception of that type with a short stack."""
    frame = {"platform": "python", "filename": "shop.py", "function": "checkout", "lineno": 7, "in_app": True}
    entry = {"type": type, "value": "it broke", "stacktrace": {"type": "raw", "frames": [frame]}}
    return {
        "event": "$exception",
        "uuid": str(uuid.uuid4()),
        "distinct_id": f"user-{random.randrange(1000)}",
        "timestamp": datetime.now(UTC).isoformat(),
        "properties": {"$exception_list": [entry], "$lib": "posthog-python", "$lib_version": "7.91.1"},
    }


@dataclass
class Delivery:
    """The sending of many batches at once."""

    client: Client
    batches: Sequence[Batch]
    answered: set[str] = field(default_factory=set)
    """The names of the batches that were answered 200."""
    refused: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send_all(self) -> None:
        """Send every batch once; those that get no answer are given up."""
        shares = [self.batches[start::SENDERS] for start in range(SENDERS)]
        with ThreadPoolExecutor(SENDERS) as pool:
            list(pool.map(self._send_share, shares))

    def _send_share(self, batches: Sequence[Batch]) -> None:
        with httpx.Client(base_url=self.client.http.base_url, timeout=30, trust_env=False) as http:
            for batch in batches:
                self._send(http, batch)

    def _send(self, http: httpx.Client, batch: Batch) -> None:
        try:
            answer = http.post("/batch/", content=batch.body, headers={"Content-Encoding": "gzip"})
        except httpx.TransportError:
            return
        with self._lock:
            if answer.status_code == 200:
                self.answered.add(batch.name)
            else:
                self.refused.append(f"{answer.status_code} {answer.text}")


def occurrences(client: Client) -> dict[str, int]:
    """The events that `query/issues` counts, by the name of their issue."""
    return {issue["name"]: issue["aggregations"]["occurrences"] for issue in client.issues()}
