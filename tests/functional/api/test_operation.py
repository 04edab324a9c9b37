"""What operators ask (surface.md, HTTP besides the contracts)."""

import threading
from dataclasses import replace

import anyio
import httpx
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from mothlight.model.tally import Tally
from mothlight.web import operation
from mothlight.web.operation import ApiRequests, Operation, operation_routes


class Watch:
    """A monotonic clock turned by hand."""

    seconds = 100.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def tally():
    counted = Tally()
    counted.recover(3)
    counted.accept(10, {"not_exception": 2})
    counted.settle(4, {"duplicate": 1})
    return counted


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def parts(tally, watch):
    return Operation("1.2.3", tally, lag_seconds=lambda: 0.5, monotonic=watch)


def serve(parts):
    """The routes of one process, with its registry."""
    registry = CollectorRegistry()
    app = Starlette(routes=operation_routes(parts, registry))

    async def get(path):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://errors.test") as client:
            return await client.get(path)

    return (lambda path: anyio.run(get, path)), registry


def test_a_process_that_serves_is_alive_even_when_it_is_not_ready(parts):
    get, _ = serve(replace(parts, checks={"database": lambda: "away"}))

    assert (get("/_livez").status_code, get("/_livez").json()) == (200, {"status": "ok"})


def test_ready_when_every_check_passes(parts):
    get, _ = serve(replace(parts, checks={"database": lambda: None, "journal": lambda: None}))

    assert (get("/_readyz").status_code, get("/_readyz").json()) == (200, {"status": "ok"})


def test_not_ready_tells_every_reason(parts):
    checks = {"database": lambda: "does not answer", "events": lambda: None, "journal": lambda: "the disk is full"}
    get, _ = serve(replace(parts, checks=checks))

    answer = get("/_readyz")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json() == {
        "status": "unavailable",
        "reasons": {"database": "does not answer", "journal": "the disk is full"},
    }


def test_a_check_that_hangs_counts_as_failed(parts, monkeypatch):
    monkeypatch.setattr(operation, "CHECK_SECONDS", 0.05)
    release = threading.Event()
    get, _ = serve(replace(parts, checks={"events": lambda: release.wait(5) and None}))

    answer = get("/_readyz")
    release.set()

    assert answer.json()["reasons"] == {"events": "does not answer within 0.05 seconds"}


def test_stats_count_every_event_once(parts, watch):
    get, _ = serve(parts)
    watch.seconds += 60

    assert get("/_stats").json() == {
        "accepted": 10,
        "processed": 7,
        "stored": 4,
        "dropped": {"not_exception": 2, "duplicate": 1},
        "pending": 6,
        "lag_seconds": 0.5,
        "uptime_seconds": 60.0,
        "version": "1.2.3",
    }


def test_stats_show_who_waits_for_an_issue_only_when_somebody_does(parts):
    get, _ = serve(replace(parts, waiting_for_issue=lambda: 5))

    assert get("/_stats").json()["waiting_for_issue"] == 5


def test_metrics_agree_with_stats(parts, watch):
    get, registry = serve(parts)
    ApiRequests(registry).observe("GET", "/api/x", 200, 0.25)
    watch.seconds += 60

    answer = get("/metrics")

    samples = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert samples["mothlight_events_accepted_total", ()] == 10
    assert samples["mothlight_events_recovered_total", ()] == 3
    assert samples["mothlight_events_stored_total", ()] == 4
    assert samples["mothlight_events_dropped_total", (("reason", "duplicate"),)] == 1
    assert samples["mothlight_events_dropped_total", (("reason", "not_exception"),)] == 2
    assert samples["mothlight_events_pending", ()] == 6
    assert samples["mothlight_lag_seconds", ()] == 0.5
    assert samples["mothlight_uptime_seconds", ()] == 60
    assert samples["mothlight_info", (("version", "1.2.3"),)] == 1
    request = (("method", "GET"), ("path", "/api/x"), ("status", "200"))
    assert samples["mothlight_api_request_seconds_sum", request] == 0.25
    assert "process_resident_memory_bytes" in answer.text


def test_asking_twice_counts_nothing_twice(parts, tally):
    get, _ = serve(parts)
    get("/metrics")
    tally.accept(1)

    assert "mothlight_events_accepted_total 11.0" in get("/metrics").text
