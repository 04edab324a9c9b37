"""What the parts reach alone on this machine, measured in the same run: the generator, JSON decoding, raw insertion.

`python -m bench.limits EVENTS DIRECTORY` inserts rows into an empty store and prints the events a second; it is a
process of its own, because a process can have one engine.
"""

import gzip
import os
import random
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path
from typing import Any

import msgspec

from bench.load import Load, Sent, run
from bench.server import HOST, free_port
from bench.traffic import Plan, Traffic

SECONDS = 3.0
ROWS_PER_INSERT = 5_000
DISTINCT_ROWS = 20_000
PLAN = Plan("phc_bench")


class Limits(msgspec.Struct):
    """Events a second."""

    generator_batches: float
    """The generator, with its answers from a server that does nothing."""
    generator_singles: float
    unpacking: float
    """Gunzip alone, on one core."""
    json_decoding: float
    """Bodies to Python objects, on one core."""
    raw_insertion: float
    """Finished rows into an empty event store, from one thread, with no server around it."""
    raw_insertion_cpu: float
    """The same by the processor time that it takes."""
    body_bytes: float
    """Of an event as it is sent, decoded."""
    sent_bytes: float
    """The same compressed."""


def measure_limits(rows: int) -> Limits:
    """All of them, one after the other."""
    batches, singles = _generator()
    packed = next(Traffic(PLAN, 50).bodies(compressed=True))
    body = gzip.decompress(packed)
    insertion, insertion_cpu = _insertion_in_a_process(rows)
    return Limits(
        generator_batches=batches.rate,
        generator_singles=singles.rate,
        unpacking=50 * _rate(lambda: zlib.decompress(packed, 31)),
        json_decoding=50 * _rate(lambda: msgspec.json.decode(body)),
        raw_insertion=insertion,
        raw_insertion_cpu=insertion_cpu,
        body_bytes=len(body) / 50,
        sent_bytes=len(packed) / 50,
    )


def _generator() -> tuple[Sent, Sent]:
    port = free_port()
    sink = subprocess.Popen([sys.executable, "-m", "bench.sink", str(port)])
    try:
        batches = run(Load(HOST, port, PLAN, 50, 8, seconds=SECONDS))
        singles = run(Load(HOST, port, PLAN, 1, 32, seconds=SECONDS))
    finally:
        sink.kill()
        sink.wait()
    return batches, singles


def _rate(work: Any) -> float:
    began, rounds = time.perf_counter(), 0
    while time.perf_counter() - began < 1:
        work()
        rounds += 1
    return rounds / (time.perf_counter() - began)


def _insertion_in_a_process(rows: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory(prefix="mothlight-bench-") as folder:
        command = [sys.executable, "-m", "bench.limits", str(rows), folder]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    wall, cpu = done.stdout.split()
    return float(wall), float(cpu)


def insert_rows(rows: int, folder: Path) -> tuple[float, float]:
    """Events a second by the clock and by processor time."""
    from mothlight.storage.events.engines.embedded import open_embedded
    from mothlight.storage.events.rows import EventRow

    store = open_embedded(folder / "events")
    store.migrate()
    made = [EventRow(**row) for row in make_rows(DISTINCT_ROWS)]
    blocks = [made[start : start + ROWS_PER_INSERT] for start in range(0, len(made), ROWS_PER_INSERT)]
    began, cpu_began, inserted = time.perf_counter(), time.process_time(), 0
    while inserted < rows:
        block = [
            msgspec.structs.replace(row, uuid=_uuid()) for row in blocks[inserted // ROWS_PER_INSERT % len(blocks)]
        ]
        if store.insert_events(block):
            raise RuntimeError("the store refused rows")
        inserted += len(block)
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    store.close()
    return inserted / seconds, inserted / cpu_seconds


def make_rows(count: int) -> list[dict[str, Any]]:
    """Rows as the pipeline makes them of this traffic."""
    events = _decoded_events(count)
    return [_row(event, random.Random(event["uuid"])) for event in events]


def _decoded_events(count: int) -> list[dict[str, Any]]:
    bodies = Traffic(PLAN, 50).bodies(compressed=False)
    return [event for _ in range(count // 50) for event in msgspec.json.decode(next(bodies))["batch"]]


def _row(event: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    from mothlight.storage.events.properties import encode_properties

    properties = event["properties"]
    entry = properties.pop("$exception_list")[0]
    exceptions = [
        {"id": _uuid(), "type": entry["type"], "value": entry["value"], "rest": {"mechanism": entry["mechanism"]}}
    ]
    stack = f"{abs(hash(entry['type'] + entry['module'])):032x}"
    return {
        "project_id": 1,
        "timestamp": event["timestamp"],
        "received_at": event["timestamp"],
        "uuid": event["uuid"],
        "grouping_key": int(stack[-15:], 16),
        "stack": stack,
        "distinct_id": event["distinct_id"],
        "person_id": _uuid(),
        "session_key": chance.getrandbits(63),
        "lib": properties["$lib"],
        "types": [entry["type"]],
        "messages": [entry["value"]],
        "handled": entry["mechanism"]["handled"],
        "exceptions": msgspec.json.encode(exceptions).decode(),
        "release": "",
        "release_names": [],
        "properties": encode_properties(
            {key: msgspec.Raw(msgspec.json.encode(value)) for key, value in properties.items()}
        ),
    }


def _uuid() -> str:
    digits = os.urandom(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


if __name__ == "__main__":
    by_clock, by_cpu = insert_rows(int(sys.argv[1]), Path(sys.argv[2]))
    sys.stdout.write(f"{by_clock} {by_cpu}\n")
