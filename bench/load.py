"""Sends a plan of events as fast as it is taken, from a process of its own.

`python -m bench.load SPECIFICATION` (a `Load` as JSON) prints a `Sent` as JSON. Each connection is kept and sends its
next request when it has the answer to the last one. HTTP is written by hand, because a client library would cost
more than the server.
"""

import asyncio
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import cast

import msgspec
import uvloop

from bench.traffic import Plan, Traffic

REFUSED_PAUSE_SECONDS = 0.1
TIMEOUT_SECONDS = 60
HEAD_END = b"\r\n\r\n"


class Load(msgspec.Struct, frozen=True):
    """What to send, and until when: so many seconds or so many events, whichever comes first."""

    host: str
    port: int
    plan: Plan
    events_per_request: int = 50
    connections: int = 8
    compressed: bool = True
    seconds: float | None = None
    events: int | None = None
    rate: float | None = None
    """Events a second at most; None: as many as are taken."""


class Sent(msgspec.Struct):
    """What came of it. An event is accepted when its request was answered 200."""

    accepted: int
    requests: int
    statuses: dict[str, int]
    """Answers by status, and `lost` for requests whose connection broke."""
    seconds: float
    cpu_seconds: float
    """Of the generator."""
    latency_ms: dict[str, float]
    """p50, p95, p99 and max of all answers with 200."""
    accepted_per_second: list[int]

    @property
    def rate(self) -> float:
        """Accepted events a second."""
        return self.accepted / self.seconds

    @property
    def refused(self) -> int:
        """Requests without a 200."""
        return sum(count for status, count in self.statuses.items() if status != "200")


def run(load: Load) -> Sent:
    """Send the load from a new process and wait for its end."""
    process = start(load)
    return finish(process)


def start(load: Load) -> "subprocess.Popen[bytes]":
    """Start sending; `finish` waits for the end."""
    command = [sys.executable, "-m", "bench.load", msgspec.json.encode(load).decode()]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def finish(process: "subprocess.Popen[bytes]") -> Sent:
    """The result of a process that `start` made."""
    output, _ = process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"the generator ended with {process.returncode}")
    return msgspec.json.decode(output, type=Sent)


def stop(process: "subprocess.Popen[bytes]") -> Sent:
    """Let a process that `start` made send nothing more, and give its result."""
    process.terminate()
    return finish(process)


class Progress:
    """What all connections of a load share: the bodies, the counts and the end."""

    def __init__(self, load: Load, bodies: Iterator[bytes]) -> None:
        self.load = load
        self.statuses: Counter[str] = Counter()
        self.latencies: list[float] = []
        self.per_second: Counter[int] = Counter()
        self.done = asyncio.Event()
        self._bodies = bodies
        encoding = "Content-Encoding: gzip\r\n" if load.compressed else ""
        self._head = (
            f"POST /batch/ HTTP/1.1\r\nHost: {load.host}:{load.port}\r\nUser-Agent: posthog-python/7.91.1\r\n"
            f"Content-Type: application/json\r\n{encoding}Content-Length: "
        ).encode()
        self._to_send = (load.events or sys.maxsize) // load.events_per_request
        self._under_way = self._sent = 0
        self.began = time.perf_counter()
        self._cpu_began = time.process_time()

    def next_request(self) -> bytes | None:
        """One more request; None when it is time to stop."""
        late = self.load.seconds is not None and time.perf_counter() - self.began > self.load.seconds
        if late or self._to_send <= 0:
            if self._under_way == 0:
                self.done.set()
            return None
        self._to_send -= 1
        self._under_way += 1
        self._sent += 1
        body = next(self._bodies)
        return self._head + str(len(body)).encode() + HEAD_END + body

    def stop(self) -> None:
        """Send nothing more."""
        self._to_send = 0
        if self._under_way == 0:
            self.done.set()

    def wait(self) -> float:
        """Seconds until the next request is due."""
        if self.load.rate is None:
            return 0.0
        due = self.began + self._sent * self.load.events_per_request / self.load.rate
        return max(0.0, due - time.perf_counter())

    def answered(self, status: str, seconds: float) -> None:
        """Count the answer to one request."""
        self._under_way -= 1
        self.statuses[status] += 1
        if status != "200":
            self._to_send += 1
        else:
            self.latencies.append(seconds)
            self.per_second[int(time.perf_counter() - self.began)] += self.load.events_per_request

    def result(self) -> Sent:
        """All counts."""
        seconds = time.perf_counter() - self.began
        ordered = sorted(self.latencies)
        shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
        return Sent(
            accepted=self.statuses["200"] * self.load.events_per_request,
            requests=self.statuses.total(),
            statuses=dict(self.statuses),
            seconds=seconds,
            cpu_seconds=time.process_time() - self._cpu_began,
            latency_ms={name: 1000 * percentile(ordered, share) for name, share in shares.items()},
            accepted_per_second=[self.per_second[second] for second in range(int(seconds) + 1)],
        )


class Connection(asyncio.Protocol):
    """One kept connection with at most one request under way."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._received = b""
        self._sent_at = 0.0
        self._waiting = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport = cast("asyncio.Transport", transport)
        self._send_next()

    def data_received(self, data: bytes) -> None:
        """Read the answer, which may come in pieces, and go on."""
        self._received += data
        head, end, body = self._received.partition(HEAD_END)
        if not end or len(body) < _content_length(head):
            return
        self._received = b""
        status = head[9:12].decode()
        self._count(status)
        if status == "200":
            self._send_next()
        else:
            asyncio.get_running_loop().call_later(REFUSED_PAUSE_SECONDS, self._send_next)

    def connection_lost(self, problem: Exception | None) -> None:
        """Count the request that was under way, and connect again."""
        if self._waiting:
            self._count("lost")
        asyncio.get_running_loop().create_task(_connect(self._progress))

    def _count(self, status: str) -> None:
        self._waiting = False
        self._progress.answered(status, time.perf_counter() - self._sent_at)

    def _send_next(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        wait = self._progress.wait()
        if wait > 0:
            asyncio.get_running_loop().call_later(wait, self._send_next)
            return
        request = self._progress.next_request()
        if request is not None:
            self._waiting = True
            self._sent_at = time.perf_counter()
            self._transport.write(request)


async def _connect(progress: Progress) -> None:
    load = progress.load
    try:
        await asyncio.get_running_loop().create_connection(lambda: Connection(progress), load.host, load.port)
    except OSError:
        progress.statuses["no connection"] += 1
        await asyncio.sleep(REFUSED_PAUSE_SECONDS)
        if not progress.done.is_set():
            await _connect(progress)


async def send(load: Load) -> Sent:
    """Send the load from this process."""
    progress = Progress(load, Traffic(load.plan, load.events_per_request).bodies(load.compressed))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, progress.stop)
    for _ in range(load.connections):
        await _connect(progress)
    limit = None if load.seconds is None else load.seconds + TIMEOUT_SECONDS
    await asyncio.wait_for(progress.done.wait(), limit)
    return progress.result()


def percentile(ordered: list[float], share: float) -> float:
    """The value that this share of the ordered values does not exceed; 0 for none."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


if __name__ == "__main__":
    sent = uvloop.run(send(msgspec.json.decode(sys.argv[1], type=Load)))
    sys.stdout.buffer.write(msgspec.json.encode(sent))
