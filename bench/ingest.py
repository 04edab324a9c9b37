"""How many events a second the server takes, and how soon they can be queried."""

import time
from typing import TYPE_CHECKING

import msgspec

from bench.load import Load, Sent, finish, start
from bench.server import HOST, Server
from bench.traffic import Plan

if TYPE_CHECKING:
    from subprocess import Popen

WATCH_SECONDS = 0.25
WARM_UP_SECONDS = 2.0


class Ingest(msgspec.Struct):
    """One measurement of intake."""

    sent: Sent
    accepted_per_second: float
    queryable_per_second: float
    """Accepted events over the time until the last of them could be queried."""
    refused: int
    lag_seconds: float
    """The greatest age of what could not be queried yet, while sending."""
    drain_seconds: float
    """From the last answer until everything could be queried."""
    lost: int
    """Accepted events that are not counted as stored afterwards."""
    server_cpu_seconds: float
    memory_bytes: int
    """At most, since the start of the process."""


def measure_batches(server: Server, stacks: int, seconds: float) -> Ingest:
    """Batches of 50 compressed events over 8 connections."""
    return measure(server, Load(HOST, server.port, Plan(server.token, stacks), 50, 8, seconds=seconds))


def measure_singles(server: Server, stacks: int, seconds: float) -> Ingest:
    """One event in each request, over 32 connections."""
    return measure(server, Load(HOST, server.port, Plan(server.token, stacks), 1, 32, seconds=seconds))


def warm_up(server: Server, stacks: int) -> None:
    """Let the server meet most of the stacks, as a server that runs for a while has."""
    finish(start(Load(HOST, server.port, Plan(server.token, stacks), 50, 4, seconds=WARM_UP_SECONDS)))
    server.wait_until_queryable()


def measure(server: Server, load: Load) -> Ingest:
    """Send the load and watch the server meanwhile."""
    before, cpu_before = server.stats(), server.cpu_seconds()
    process = start(load)
    lags = watch(server, process)
    sent = finish(process)
    drain = server.wait_until_queryable()
    after = server.stats()
    return Ingest(
        sent=sent,
        accepted_per_second=sent.rate,
        queryable_per_second=sent.accepted / (sent.seconds + drain),
        refused=sent.refused,
        lag_seconds=max(lags, default=0.0),
        drain_seconds=drain,
        lost=sent.accepted - (after["stored"] - before["stored"]),
        server_cpu_seconds=server.cpu_seconds() - cpu_before,
        memory_bytes=server.memory()["peak"],
    )


def watch(server: Server, process: "Popen[bytes]") -> list[float]:
    """The lag that the server reports, time and again until the process has ended."""
    lags: list[float] = []
    while process.poll() is None:
        lags.append(float(server.stats()["lag_seconds"]))
        time.sleep(WATCH_SECONDS)
    return lags


def fill(server: Server, stacks: int, events: int, days: int) -> float:
    """Send events that are spread over the last days, as fast as they are taken; seconds until all can be queried."""
    began = time.perf_counter()
    load = Load(HOST, server.port, Plan(server.token, stacks, days=days), 50, 8, events=events)
    finish(start(load))
    server.wait_until_queryable()
    return time.perf_counter() - began
