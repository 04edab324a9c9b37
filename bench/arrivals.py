"""`python -m bench --arrivals`: how long answers of the intake take while large source maps arrive."""

import json
import tempfile
import threading
import time
import urllib.request
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec

from bench.load import Load, finish, start, stop
from bench.server import HOST, Server
from bench.symbols import MAP_BYTES, MAPS, make_map
from bench.traffic import Plan
from mothlight.symbols.container import pack_script
from mothlight.uploader.server import Server as Api
from mothlight.uploader.server import Target
from mothlight.uploader.uploads import Rules, Upload, upload_all

STACKS = 200
RATE = 500.0
CONNECTIONS = 8
SETTLE_SECONDS = 2.0


class ArrivalFigures(msgspec.Struct):
    """What was measured: milliseconds until an event was answered, at a steady rate."""

    events_per_second: float
    maps: int
    map_bytes: int
    quiet_ms: dict[str, float]
    busy_ms: dict[str, float]
    arrival_seconds: float
    """From the first upload until all of them were used for an event."""
    refused: int


def measure_arrivals(seconds: float) -> ArrivalFigures:
    """The same load twice: alone, and while maps are uploaded and looked up in, each for the first time."""
    script, map_ = make_map(MAP_BYTES)
    # Each is another file, as those of different builds are. Packed before, for that is the work of another machine.
    contents = [pack_script(script + b"//%d" % number, map_) for number in range(MAPS)]
    with tempfile.TemporaryDirectory(prefix="mothlight-bench-") as folder:
        server = Server(Path(folder) / "data")
        server.start()
        try:
            finish(start(_load(server, SETTLE_SECONDS)))
            quiet = finish(start(_load(server, seconds)))
            server.wait_until_queryable()
            loading = start(_load(server, None))
            took = _arrive(server, contents)
            busy = stop(loading)
            return ArrivalFigures(
                events_per_second=RATE,
                maps=MAPS,
                map_bytes=len(map_),
                quiet_ms=quiet.latency_ms,
                busy_ms=busy.latency_ms,
                arrival_seconds=took,
                refused=quiet.refused + busy.refused,
            )
        finally:
            server.stop()


def _load(server: Server, seconds: float | None) -> Load:
    plan = Plan(server.token, STACKS)
    return Load(HOST, server.port, plan, 1, CONNECTIONS, seconds=seconds, rate=RATE)


def _arrive(server: Server, contents: Sequence[bytes]) -> float:
    """Upload all maps, and report an event for each; seconds until all of them can be queried."""
    began = time.perf_counter()
    uploads = [
        Upload(f"chunk-{number}", f"{number}.js", partial(bytes, content)) for number, content in enumerate(contents)
    ]
    api = Api(Target(f"http://{HOST}:{server.port}", server.key, "1"))
    reporting: list[threading.Thread] = []

    def report(chunk_id: str) -> None:
        reporting.append(threading.Thread(target=_report, args=(server, chunk_id)))
        reporting[-1].start()

    upload_all(api, uploads, Rules(batch=10), lambda done: report(done.upload.chunk_id))
    for thread in reporting:
        thread.join()
    server.wait_until_queryable()
    return time.perf_counter() - began


def _report(server: Server, chunk_id: str) -> None:
    frame = {
        "platform": "web:javascript",
        "filename": "https://shop.example/a.js",
        "function": "f",
        "chunk_id": chunk_id,
    }
    trace = {"type": "raw", "frames": [{**frame, "lineno": 1, "colno": 1_000, "in_app": True}]}
    exception = {"type": "Error", "value": "x", "mechanism": {"handled": True}, "stacktrace": trace}
    event: dict[str, Any] = {
        "event": "$exception",
        "uuid": str(uuid4()),
        "properties": {"distinct_id": "ada", "$exception_list": [exception]},
    }
    body = json.dumps({"api_key": server.token, "batch": [event]}).encode()
    with urllib.request.urlopen(f"http://{HOST}:{server.port}/batch/", body, timeout=60) as answer:
        answer.read()
