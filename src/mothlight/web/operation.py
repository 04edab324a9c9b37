"""What operators and their tools ask: is it alive, is it ready, how far is it (surface.md). No key is needed.

`/_stats` and `/metrics` read the same tally, so they never disagree and nothing is counted twice.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

import anyio
import anyio.to_thread
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mothlight.limits.counts import LimitCounts
from mothlight.model.tally import Tally
from mothlight.web.errors import json_response

CHECK_SECONDS = 2.0
"""How long a check may take before it counts as failed."""
WAITING_SECONDS = 0.5
"""How long `/_stats` waits to hear how many events wait for an issue."""
CHECKS_AT_ONCE = 8

Check = Callable[[], str | None]
"""Gives the reason why something cannot work, or None. Blocks; must not raise."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What can be told about this process."""

    version: str
    tally: Tally
    lag_seconds: Callable[[], float]
    """Age of the oldest event that is not yet queryable; 0 without one."""
    checks: Mapping[str, Check] = field(default_factory=dict)
    """What must work for the server to be ready, by name."""
    waiting_for_issue: Callable[[], int] = lambda: 0
    """Stored events that wait for the new-issue budget. Blocks."""
    waiting_for_issue_lately: Callable[[], int] = lambda: 0
    """What that gave last. Does not block."""
    quarantine_lost: Callable[[], int] = lambda: 0
    """Refused events that went from the quarantine for want of room."""
    limits: LimitCounts = field(default_factory=LimitCounts)
    """What rate limits did."""
    monotonic: Callable[[], float] = time.monotonic


class ApiRequests:
    """Durations of the REST API's requests, by method, path and status."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            "mothlight_api_request_seconds",
            "Time until an API request was answered.",
            ["method", "path", "status"],
            registry=registry,
        )

    def observe(self, method: str, path: str, status: int, seconds: float) -> None:
        """Count one request."""
        self._seconds.labels(method, path, str(status)).observe(seconds)


def operation_routes(operation: Operation, registry: CollectorRegistry) -> list[Route]:
    """`/_livez`, `/_readyz`, `/_stats` and `/metrics`. Makes the registry show the process and its events."""
    started = operation.monotonic()
    registry.register(EventCollector(operation, started))
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    limiter = anyio.CapacityLimiter(CHECKS_AT_ONCE)
    return [
        Route("/_livez", _live, methods=["GET"]),
        Route("/_readyz", partial(_ready, operation, limiter), methods=["GET"]),
        Route("/_stats", partial(_stats, operation, started, limiter), methods=["GET"]),
        Route("/metrics", partial(_metrics, registry), methods=["GET"]),
    ]


async def _live(_request: Request) -> Response:
    return json_response({"status": "ok"})


async def _ready(operation: Operation, limiter: anyio.CapacityLimiter, _request: Request) -> Response:
    reasons = await _failed_checks(operation.checks, limiter)
    if reasons:
        return json_response({"status": "unavailable", "reasons": reasons}, 503, {"Retry-After": "1"})
    return json_response({"status": "ok"})


async def _failed_checks(checks: Mapping[str, Check], limiter: anyio.CapacityLimiter) -> dict[str, str]:
    """The reasons of the checks that failed, in the order of the checks."""
    found: dict[str, str | None] = dict.fromkeys(checks)

    async def run(name: str, check: Check) -> None:
        found[name] = f"does not answer within {CHECK_SECONDS:g} seconds"
        with anyio.move_on_after(CHECK_SECONDS):
            found[name] = await anyio.to_thread.run_sync(check, abandon_on_cancel=True, limiter=limiter)

    async with anyio.create_task_group() as group:
        for name, check in checks.items():
            group.start_soon(run, name, check)
    return {name: reason for name, reason in found.items() if reason is not None}


async def _count_waiting(operation: Operation, limiter: anyio.CapacityLimiter) -> int:
    """Events that wait for the new-issue budget; what was known of them lately where a store is slow to answer."""
    with anyio.move_on_after(WAITING_SECONDS):
        return await anyio.to_thread.run_sync(operation.waiting_for_issue, abandon_on_cancel=True, limiter=limiter)
    return operation.waiting_for_issue_lately()


async def _stats(operation: Operation, started: float, limiter: anyio.CapacityLimiter, _request: Request) -> Response:
    counted = operation.tally.read()
    waiting = await _count_waiting(operation, limiter)
    stats = {
        "accepted": counted.accepted,
        "processed": counted.processed,
        "stored": counted.stored,
        "dropped": counted.dropped,
        "pending": counted.pending,
        "lag_seconds": operation.lag_seconds(),
        "uptime_seconds": operation.monotonic() - started,
        "version": operation.version,
    }
    lost = operation.quarantine_lost()
    more = {"waiting_for_issue": waiting, "quarantine_lost": lost}
    return json_response(stats | {name: events for name, events in more.items() if events})


async def _metrics(registry: CollectorRegistry, _request: Request) -> Response:
    return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


class EventCollector(Collector):
    """Shows the tally to Prometheus as it is at the moment of asking."""

    def __init__(self, operation: Operation, started: float) -> None:
        self._operation = operation
        self._started = started

    def collect(self) -> Iterator[Metric]:
        """All figures about events, from one reading."""
        counted = self._operation.tally.read()
        yield _counter("mothlight_events_accepted", "Events of requests answered 200.", counted.accepted)
        yield _counter("mothlight_events_recovered", "Unprocessed events found at start.", counted.recovered)
        yield _counter("mothlight_events_stored", "Events that became queryable.", counted.stored)
        dropped = CounterMetricFamily("mothlight_events_dropped", "Events dropped, by reason.", labels=["reason"])
        for reason, events in sorted(counted.dropped.items()):
            dropped.add_metric([reason], events)
        yield dropped
        yield GaugeMetricFamily("mothlight_events_pending", "Events not yet queryable.", counted.pending)
        waiting = self._operation.waiting_for_issue_lately()
        yield GaugeMetricFamily(
            "mothlight_events_waiting_for_issue", "Stored events over the new-issue budget.", waiting
        )
        yield _counter(
            "mothlight_quarantine_lost", "Refused events gone for want of room.", self._operation.quarantine_lost()
        )
        yield from _limit_metrics(self._operation.limits)
        lag = self._operation.lag_seconds()
        yield GaugeMetricFamily("mothlight_lag_seconds", "Age of the oldest event not yet queryable.", lag)
        uptime = self._operation.monotonic() - self._started
        yield GaugeMetricFamily("mothlight_uptime_seconds", "Time since the process serves.", uptime)
        yield InfoMetricFamily("mothlight", "What runs.", {"version": self._operation.version})


def _limit_metrics(limits: LimitCounts) -> Iterator[Metric]:
    counts, failed = limits.read()
    decided = CounterMetricFamily(
        "mothlight_rate_limits", "Events that rate limits decided about.", labels=["limit", "outcome"]
    )
    for (limit, outcome), events in sorted(counts.items()):
        decided.add_metric([limit, outcome], events)
    yield decided
    yield _counter("mothlight_rate_limits_failed", "Events kept because limits could not be looked at.", failed)


def _counter(name: str, words: str, value: int) -> CounterMetricFamily:
    return CounterMetricFamily(name, words, value)
