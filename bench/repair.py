"""`python -m bench --repair`: how long a symbol set that comes late takes to repair the past, with intake going on.

`python -m bench.repair SPECIFICATION` (a `MinifiedPast` as JSON) writes the events: the pipeline takes the first one of
each stack, all other rows repeat those and go through the event store's own insertion.
"""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import msgspec

from bench import load
from bench.load import Load
from bench.server import HOST, Server
from bench.symbols import make_map
from bench.traffic import Plan
from mothlight.bootstrap.stores import open_stores
from mothlight.kit.clock import system_clock
from mothlight.kit.ids import id_maker
from mothlight.model.event import ReceivedEvent
from mothlight.persons.apply import Entry
from mothlight.pipeline.run import Pipeline
from mothlight.settings import read_settings
from mothlight.storage.events.rows import EventRow
from mothlight.storage.mirror import Mirror
from mothlight.symbols.container import pack_script
from mothlight.symbols.reader import ReaderBounds, SymbolReader

MAP_BYTES = 5_000_000
FRAMES = 20
CHUNK = "bench-chunk"
ROWS_AT_ONCE = 20_000
USERS = 20_000
INTAKE_RATE = 500.0
INTAKE_SECONDS = 600.0
OF_THE_INTAKE = 200
"""Distinct stacks of the events that come meanwhile; they wait for nothing."""
POLL_SECONDS = 0.1
PATIENCE_SECONDS = 600.0


class MinifiedPast(msgspec.Struct, frozen=True):
    """What to write where."""

    data_dir: str
    project_id: int
    events: int
    stacks: int


class RepairFigures(msgspec.Struct):
    """What was measured."""

    events: int
    stacks: int
    frames_resolved: int
    issues_before: int
    issues_after: int
    map_bytes: int
    seconds: float
    """From the end of the upload to the end of the repair, as who asks for its report sees it."""
    memory_before_mib: float
    """Of the server with its processes, with intake going on."""
    memory_peak_mib: float
    """At most while it repairs, looked at ten times a second."""
    intake_per_second: float
    intake_p99_ms: float
    intake_refused: int


def measure_repair(data_dir: Path, events: int, stacks: int) -> RepairFigures:
    """Write the past, start the server, upload the map while events come in, and wait for the repair."""
    server = Server(data_dir)
    past = MinifiedPast(str(data_dir), server.project_id, events, stacks)
    subprocess.run([sys.executable, "-m", "bench.repair", msgspec.json.encode(past).decode()], check=True)
    server.start()
    try:
        return _measure(server, past)
    finally:
        server.stop()


def _measure(server: Server, past: MinifiedPast) -> RepairFigures:
    intake = load.start(
        Load(HOST, server.port, Plan(server.token, OF_THE_INTAKE), 50, 4, seconds=INTAKE_SECONDS, rate=INTAKE_RATE)
    )
    time.sleep(5)
    issues_before = _count_issues(server)
    content = pack_script(*make_map(MAP_BYTES))
    before = peak = _mebibytes(server)
    set_id = _upload(server, content)
    began = time.perf_counter()
    while True:
        (report,) = _ask(server, f"symbol_sets/{set_id}/repairs/")["results"]
        peak = max(peak, _mebibytes(server))
        if report["status"] not in ("waiting", "running"):
            break
        if time.perf_counter() - began > PATIENCE_SECONDS:
            raise RuntimeError(f"the repair did not end: {report}")
        time.sleep(POLL_SECONDS)
    seconds = time.perf_counter() - began
    sent = load.stop(intake)
    server.wait_until_queryable()
    if (report["status"], report["events"], report["stacks"]) != ("finished", past.events, past.stacks):
        raise RuntimeError(f"the repair is not what it should be: {report}")
    return RepairFigures(
        events=report["events"],
        stacks=report["stacks"],
        frames_resolved=report["frames_resolved"],
        issues_before=issues_before,
        issues_after=_count_issues(server),
        map_bytes=MAP_BYTES,
        seconds=seconds,
        memory_before_mib=before,
        memory_peak_mib=peak,
        intake_per_second=sent.rate,
        intake_p99_ms=sent.latency_ms["p99"],
        intake_refused=sent.refused,
    )


def _ask(server: Server, path: str) -> Any:
    return server.ask("GET", f"/api/environments/{server.project_id}/error_tracking/{path}")[0]


def _count_issues(server: Server) -> int:
    return int(_ask(server, "issues/?limit=1")["count"])


def _mebibytes(server: Server) -> float:
    return server.memory()["now"] / (1 << 20)


def _upload(server: Server, content: bytes) -> str:
    """With the older form of an upload, in one request."""
    boundary = "a-boundary-of-the-bench"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="chunk"\r\n\r\n'.encode()
    body = head + content + f"\r\n--{boundary}--\r\n".encode()
    place = f"/api/environments/{server.project_id}/error_tracking/symbol_sets/"
    connection = http.client.HTTPConnection(HOST, server.port, timeout=60)
    headers = {"Authorization": f"Bearer {server.key}", "Content-Type": f"multipart/form-data; boundary={boundary}"}
    connection.request("POST", f"{place}?chunk_id={CHUNK}", body, headers)
    answer = connection.getresponse()
    told = answer.read()
    connection.close()
    if answer.status != http.client.CREATED:
        raise RuntimeError(f"the upload was answered {answer.status}: {told[:500]!r}")
    return str(_ask(server, "symbol_sets/")["results"][0]["id"])


# --- the past ---


def write_past(past: MinifiedPast) -> None:
    """Events whose stacks are minified, in the last thirty days."""
    settings = read_settings(data_dir=Path(past.data_dir))
    stores = open_stores(settings)
    reader = SymbolReader(ReaderBounds(), time.monotonic)
    try:
        mirror = Mirror(stores.database, stores.events)
        make_id = id_maker(system_clock, os.urandom)
        pipeline = Pipeline(
            stores.database,
            stores.events,
            mirror,
            blobs=stores.blobs,
            reader=reader,
            clock=system_clock,
            make_id=make_id,
        )
        firsts = list(_first_events(past))
        rows: list[EventRow] = []
        for start in range(0, len(firsts), 500):
            prepared = pipeline.prepare([Entry(start + 1, firsts[start : start + 500])])
            pipeline.conclude(prepared, pipeline.store(prepared))
            rows += prepared.rows
        for block in _blocks(past, rows):
            stores.events.insert_events(block)
    finally:
        reader.close()
        stores.close()


def _first_events(past: MinifiedPast) -> Iterator[ReceivedEvent]:
    """One event of each stack."""
    rng = Random(1)
    script_bytes = len(make_map(MAP_BYTES)[0])
    now = datetime.now(UTC) - timedelta(minutes=10)
    for number in range(past.stacks):
        frames = [
            {
                "platform": "web:javascript",
                "filename": "https://shop.example/app.js",
                "function": f"f{rng.randrange(400)}",
                "lineno": 1,
                "colno": rng.randrange(400, script_bytes),
                "chunk_id": CHUNK,
                "in_app": True,
            }
            for _ in range(FRAMES)
        ]
        exception = {
            "type": f"Error{number % 50}",
            "value": "it does not work",
            "mechanism": {"handled": False},
            "stacktrace": {"type": "raw", "frames": frames},
        }
        yield ReceivedEvent(
            project_id=past.project_id,
            uuid=UUID(int=rng.getrandbits(128), version=4),
            name="$exception",
            distinct_id=f"user-{number % USERS}",
            timestamp=now,
            received_at=now,
            properties={
                "$exception_list": msgspec.Raw(json.dumps([exception]).encode()),
                "$lib": msgspec.Raw(b'"web"'),
            },
        )


def _blocks(past: MinifiedPast, firsts: list[EventRow]) -> Iterator[list[EventRow]]:
    rng = Random(2)
    now = datetime.now(UTC) - timedelta(minutes=10)
    left = past.events - len(firsts)
    while left > 0:
        size = min(left, ROWS_AT_ONCE)
        yield [_again(firsts[rng.randrange(len(firsts))], rng, now) for _ in range(size)]
        left -= size


def _again(row: EventRow, rng: Random, now: datetime) -> EventRow:
    moment = now - timedelta(seconds=rng.randrange(30 * 86_400))
    user = f"user-{rng.randrange(USERS)}"
    text = moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
    uuid = str(UUID(int=rng.getrandbits(128), version=4))
    return msgspec.structs.replace(row, uuid=uuid, timestamp=text, received_at=text, distinct_id=user)


if __name__ == "__main__":
    write_past(msgspec.json.decode(sys.argv[1], type=MinifiedPast))
