"""How answers, start, memory and disk change with what is stored: `python -m bench --questions --events NUMBER`.

The events are written by `fill`, so that there can be tens of millions of them. A directory given with `--keep` is
filled once and asked again and again.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import msgspec

from bench.fill import Filling, fill
from bench.load import Load, Sent, start, stop
from bench.queries import QUESTIONS, Latency, measure_questions, measure_values, settle, stored_occurrences
from bench.report import MEBIBYTE, Machine, shown
from bench.server import HOST, POLL_SECONDS, Server
from bench.traffic import Plan

DAYS = 30
STARTS = 3
LOAD_RATE = 5_000
LOADED = ("list_7_days", "list_with_property_filter", "one_issue")
"""What is asked while events come in."""
ENOUGH_SECONDS = 3600
"""Of load: it is ended when all questions are answered."""


class Scale(msgspec.Struct):
    """All that was measured with one number of events."""

    measured_at: str
    machine: Machine
    events: int
    fill_seconds: float
    disk_bytes: int
    start_seconds: float
    latencies_ms: dict[str, Latency]
    values_ms: Latency
    memory_bytes: int
    """At most, while it was asked."""
    loaded_ms: dict[str, Latency]
    """While `LOAD_RATE` events a second come in."""
    sent: Sent
    loaded_memory_bytes: int


def measure_scale(data_dir: Path, events: int, stacks: int, rounds: int, machine: Machine) -> Scale:
    """Fill a directory unless it is filled, start a server on it, and ask."""
    server = Server(data_dir)
    fill_seconds = fill_once(server, events, stacks)
    starts = [_timed_start(server) for _ in range(STARTS)]
    server.start()
    try:
        settle(server)
        stored = stored_occurrences(server)
        disk = server.disk_bytes()
        latencies = measure_questions(server, rounds)
        values = measure_values(server, rounds)
        memory = server.memory()["peak"]
        loaded, sent = _measure_loaded(server, stacks, rounds)
        loaded_memory = server.memory()["peak"]
    finally:
        server.stop()
    return Scale(
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=machine,
        events=stored,
        fill_seconds=fill_seconds,
        disk_bytes=disk,
        start_seconds=median(starts),
        latencies_ms=latencies,
        values_ms=values,
        memory_bytes=memory,
        loaded_ms=loaded,
        sent=sent,
        loaded_memory_bytes=loaded_memory,
    )


def scale_table(runs: Sequence[Scale]) -> str:
    """Markdown: a column for each number of events; p50 and p95 in milliseconds."""
    lines = [_row("", *[f"{shown(run.events)} events" for run in runs]), _row("---", *["---:"] * len(runs))]
    lines += [
        _row(name.replace("_", " "), *[_latency(run.latencies_ms.get(name)) for run in runs]) for name in QUESTIONS
    ]
    lines.append(_row("values of a key", *[_latency(run.values_ms) for run in runs]))
    lines += [
        _row(
            f"{name.replace('_', ' ')}, while {LOAD_RATE:,} events/s come in",
            *[f"{_latency(run.loaded_ms[name])}, p95 × {_times(run, name):.1f}" for run in runs],
        )
        for name in LOADED
    ]
    lines += [
        _row("events/s that came in meanwhile", *[shown(round(run.sent.rate)) for run in runs]),
        _row("start to ready, s", *[shown(run.start_seconds) for run in runs]),
        _row("memory at most, asked, MiB", *[shown(run.memory_bytes // MEBIBYTE) for run in runs]),
        _row("memory at most, under load, MiB", *[shown(run.loaded_memory_bytes // MEBIBYTE) for run in runs]),
        _row("disk for an event, bytes", *[shown(run.disk_bytes / run.events) for run in runs]),
    ]
    lines += ["", *[_circumstances(run) for run in runs]]
    return "\n".join(lines)


def fill_once(server: Server, events: int, stacks: int) -> float:
    """Fill the server's directory, unless it was filled before. The seconds that it took, now or then."""
    kept = server.data_dir.parent / f"{server.data_dir.name}.filled"
    if not kept.exists():
        until = datetime.now(UTC) - timedelta(minutes=1)
        plan = Plan(server.token, stacks, days=DAYS)
        kept.write_text(str(fill(Filling(str(server.data_dir), server.project_id, plan, events, until))))
    return float(kept.read_text())


def _timed_start(server: Server) -> float:
    seconds = server.start()
    server.stop()
    return seconds


def _measure_loaded(server: Server, stacks: int, rounds: int) -> tuple[dict[str, Latency], Sent]:
    load = Load(HOST, server.port, Plan(server.token, stacks), seconds=ENOUGH_SECONDS, rate=LOAD_RATE)
    before = server.stats()["accepted"]
    process = start(load)
    while server.stats()["accepted"] == before:
        time.sleep(POLL_SECONDS)
    try:
        loaded = measure_questions(server, rounds, LOADED)
    finally:
        sent = stop(process)
        server.wait_until_queryable()
    return loaded, sent


def _latency(latency: Latency | None) -> str:
    return "–" if latency is None else f"{shown(latency.p50)} / {shown(latency.p95)}"


def _times(run: Scale, name: str) -> float:
    return run.loaded_ms[name].p95 / run.latencies_ms[name].p95


def _circumstances(run: Scale) -> str:
    machine = run.machine
    return (
        f"- {shown(run.events)} events in {DAYS} days: {run.measured_at}, {machine.processor}, {machine.cores} cores, "
        f"{machine.memory_gib:g} GiB, {machine.system}, Python {machine.python}. Load before: {machine.load_before:g}. "
        f"Written at {shown(round(run.events / run.fill_seconds))} events/s."
    )


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
