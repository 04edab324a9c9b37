"""`python -m tests.hostile [--inputs N] [--seed N]`: a long run of hostile requests against a server process.

Nine in ten go to the intake, the others to the REST API, over four connections. Prints how they were answered, the
slowest answer, what became of the events, and the server's memory before and after. The exit code is 0 only if none
was 500 or took longer than 5 seconds, every event is accounted for and the memory came back.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from random import Random

import httpx

from tests.end_to_end.server import Server
from tests.hostile.harness import EVERYTHING, MOST_SECONDS
from tests.support.hostile.capture import Captures, Sending
from tests.support.hostile.questions import Asking, Known, Questions

CONNECTIONS = 4
WARM_INPUTS = 2_000
"""Before the memory is read for the first time, so that caches and pools have their size."""
API_SHARE = 10
MOST_GROWTH = 200
"""MiB of resident memory after the run, beyond those after the warm-up."""
KINDS = ("issues", "fingerprints", "changes", "releases", "recommendations", "stack_frames")
LARGEST = 200_000


class Run:
    """Requests to one server, and what came back."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.client = server.client()
        self.answers: Counter[str] = Counter()
        self.slowest = (0.0, "")
        self.faults: list[str] = []
        self._lock = threading.Lock()

    def send(self, seeds: range) -> None:
        """One request for each seed, over several connections."""
        known = self._known()
        workers = [
            threading.Thread(target=self._work, args=(seeds[place::CONNECTIONS], known)) for place in range(CONNECTIONS)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def _work(self, seeds: range, known: Known) -> None:
        with httpx.Client(base_url=self.server.url, timeout=60, trust_env=False) as http:
            for seed in seeds:
                random = Random(seed)
                drawn: Sending | Asking = (
                    Questions(random, known, LARGEST).asking()
                    if seed % API_SHARE == 0
                    else Captures(random, self.client.token, LARGEST).sending()
                )
                self._look(http, seed, drawn)

    def _look(self, http: httpx.Client, seed: int, drawn: Sending | Asking) -> None:
        headers = [(name.encode(), value.encode("latin-1")) for name, value in drawn.headers.items()]
        began = time.monotonic()
        try:
            url = f"{drawn.path}?{drawn.query}" if drawn.query else drawn.path
            request = http.build_request(drawn.method, url, headers=headers, content=drawn.body)
        except httpx.InvalidURL:
            outcome = "not sendable"
        else:
            try:
                outcome = str(http.send(request).status_code)
            except httpx.TransportError as error:
                outcome = type(error).__name__
        took = time.monotonic() - began
        what = f"seed {seed}: {drawn.method} {drawn.path[:100]}: {outcome} after {took:.2f} s"
        with self._lock:
            self.answers[f"{'api' if isinstance(drawn, Asking) else 'intake'} {outcome}"] += 1
            self.slowest = max(self.slowest, (took, what))
            if outcome == "500" or took > MOST_SECONDS:
                self.faults.append(what)

    def _known(self) -> Known:
        """What exists in the project now."""
        ids: dict[str, tuple[str, ...]] = {}
        texts = ["ada"]
        for kind in KINDS:
            path = f"/api/environments/{self.client.project_id}/error_tracking/{kind}/"
            rows = self.client.http.get(path, params={"limit": 5}).json()["results"]
            ids[kind] = tuple(row["id"] for row in rows) or ("00000000-0000-4000-8000-000000000000",)
            texts += [row[name] for row in rows for name in ("fingerprint", "hash_id") if row.get(name)]
        return Known(self.client.project_id, self.client.key, ids, tuple(texts))

    def memory(self) -> int:
        """MiB that the server process has in memory."""
        status = Path(f"/proc/{self.server.pid}/status").read_text()
        return next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmRSS"))


def main() -> int:
    """Run; 0 only if everything held."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile")
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0, help="of the first input; the others follow")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        server.init()
        server.start()
        try:
            return _run(Run(server), asked.inputs, asked.seed)
        finally:
            server.discard()


def _run(run: Run, inputs: int, seed: int) -> int:
    warm = min(WARM_INPUTS, inputs)
    run.send(range(seed, seed + warm))
    run.client.wait_until_queryable()
    before, began = run.memory(), time.monotonic()
    run.send(range(seed + warm, seed + inputs))
    stats = run.client.wait_until_queryable()
    took, after = time.monotonic() - began, run.memory()

    accounted = stats["accepted"] == stats["stored"] + sum(stats["dropped"].values())
    listed = run.client.post("query/issues", {**EVERYTHING, "limit": 1})
    if not accounted:
        run.faults.append(f"events are not accounted for: {stats}")
    if not listed["results"]:
        run.faults.append("no issue is listed")
    if after > before + MOST_GROWTH:
        run.faults.append(f"the memory grew from {before} to {after} MiB")
    _tell(f"{inputs} inputs in {took:.0f} s; {stats['accepted']} events accepted, {stats['stored']} stored")
    for answer, count in sorted(run.answers.items()):
        _tell(f"  {count:>8} {answer}")
    _tell(f"dropped: {stats['dropped']}")
    _tell(f"slowest: {run.slowest[1]}")
    _tell(f"memory: {before} MiB after the first {warm}, {after} MiB at the end")
    for fault in run.faults[:50]:
        _tell(f"FAULT {fault}")
    return 1 if run.faults else 0


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
