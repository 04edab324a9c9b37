"""A server process to measure, and what the system says about it."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

READY_SECONDS = 120
STOP_SECONDS = 120
POLL_SECONDS = 0.01
HOST = "127.0.0.1"
SETTINGS = {"MOTHLIGHT_SYMBOL_FETCH": "off", "MOTHLIGHT_RETENTION_DAYS": "0"}
NOT_INHERITED = ("MOTHLIGHT_", "PYTHONDONTWRITEBYTECODE")
"""Settings of this shell. A server that may not keep what it compiles compiles everything at each start."""
EMAIL = "bench@example.com"
PASSWORD = "a password of a server that goes again"
KIBIBYTE = 1024
BLOCK = 512
"""Bytes in which the system counts what a file takes on disk."""


class Server:
    """One server on a data directory."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(NOT_INHERITED)}
        self._environment = inherited | SETTINGS | {"MOTHLIGHT_DATA_DIR": str(data_dir)}
        self._process: subprocess.Popen[bytes] | None = None
        # What was made for a directory is kept beside it, so that it can be used again: a secret is shown once.
        kept = data_dir.parent / f"{data_dir.name}.json"
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(self._init()))
        made = json.loads(kept.read_text())
        self.project_id: int = made["project_id"]
        self.token: str = made["project_token"]
        self.key: str = made["personal_api_key"]

    def _init(self) -> Any:
        command = [sys.executable, "-m", "mothlight", "init", "--json"]
        command += ["--admin-email", EMAIL, "--admin-password", PASSWORD]
        done = subprocess.run(command, env=self._environment, stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout)

    def start(self) -> float:
        """Start it; returns the seconds until it was ready."""
        began = time.perf_counter()
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with (self.data_dir.parent / "serve.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "mothlight", "serve", "--host", HOST, "--port", str(self.port)],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        while not self._is_ready():
            if self._process.poll() is not None or time.perf_counter() - began > READY_SECONDS:
                raise RuntimeError(f"the server did not become ready, see {self.data_dir.parent / 'serve.log'}")
            time.sleep(POLL_SECONDS)
        return time.perf_counter() - began

    def stop(self) -> None:
        """Stop it the proper way."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
                raise

    def stats(self) -> Any:
        """The counters of `/_stats`."""
        return self.ask("GET", "/_stats")[0]

    def query(self, path: str, body: dict[str, Any]) -> tuple[Any, float]:
        """The answer of an Error Tracking endpoint, and the seconds that it took."""
        return self.ask("POST", f"/api/environments/{self.project_id}/error_tracking/{path}/", json.dumps(body))

    def ask(self, method: str, path: str, body: str | None = None) -> tuple[Any, float]:
        """One request on a connection of its own, timed from the first byte sent to the last one received."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=60)
        connection.connect()
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        began = time.perf_counter()
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        seconds = time.perf_counter() - began
        connection.close()
        if answer.status not in (http.client.OK, http.client.CREATED):
            raise RuntimeError(f"{method} {path} answered {answer.status}: {content[:500]!r}")
        return json.loads(content), seconds

    def wait_until_queryable(self) -> float:
        """Seconds until nothing that was accepted is pending."""
        began = time.perf_counter()
        while self.stats()["pending"] > 0:
            time.sleep(POLL_SECONDS)
        return time.perf_counter() - began

    def memory(self) -> dict[str, int]:
        """Bytes of memory now and at most, of the process and its children."""
        readings = [_status(process) for process in self._family()]
        return {name: sum(reading[name] for reading in readings) for name in ("now", "peak")}

    def cpu_seconds(self) -> float:
        """Processor time of the process and its children so far."""
        ticks = 0
        for process in self._family():
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def disk_bytes(self) -> int:
        """What the data directory takes on disk."""
        total = 0
        # The store replaces files and folders all the time; `os.walk` passes over a folder that is gone.
        for folder, _, names in os.walk(self.data_dir):
            for name in names:
                try:
                    total += (Path(folder) / name).lstat().st_blocks * BLOCK
                except FileNotFoundError:
                    continue
        return total

    def _is_ready(self) -> bool:
        try:
            connection = http.client.HTTPConnection(HOST, self.port, timeout=5)
            connection.request("GET", "/_readyz")
            return connection.getresponse().status == http.client.OK
        except OSError:
            return False

    def _family(self) -> list[int]:
        if self._process is None:
            return []
        found = [self._process.pid]
        for process in found:
            children = Path(f"/proc/{process}/task/{process}/children")
            found += [int(child) for child in children.read_text().split()]
        return found


def _status(process: int) -> dict[str, int]:
    names = {"VmRSS": "now", "VmHWM": "peak"}
    found = dict.fromkeys(names.values(), 0)
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name in names:
            found[names[name]] = int(value.split()[0]) * KIBIBYTE
    return found


def free_port() -> int:
    """A loopback port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
