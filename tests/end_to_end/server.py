"""One real server process on a free port, and the product's other commands on the same data directory."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from .client import Client

READY_SECONDS = 60
STOP_SECONDS = 30
COMMAND_SECONDS = 60
COMMAND = (sys.executable, "-m", "mothlight")
# Events of these tests are as old as their fixtures, and nothing may be fetched.
SETTINGS = {"MOTHLIGHT_SYMBOL_FETCH": "off", "MOTHLIGHT_RETENTION_DAYS": "0"}


class Installed(NamedTuple):
    """What `init` made."""

    project_id: int
    project_token: str
    personal_api_key: str


class Server:
    """A server that can be started, stopped and killed any number of times on one data directory."""

    def __init__(self, home: Path, settings: Mapping[str, str] | None = None, data_dir: Path | None = None) -> None:
        """`settings` may hold any variables. The log is in `home`, also where the data directory is elsewhere."""
        self.data_dir = data_dir or home / "data"
        self.log_path = home / "serve.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MOTHLIGHT_")}
        self._environment = inherited | SETTINGS | {"MOTHLIGHT_DATA_DIR": str(self.data_dir)} | dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._installed: Installed | None = None

    def use(self, settings: Mapping[str, str]) -> None:
        """Further settings, from the next start on."""
        self._environment |= settings

    def init(self, *flags: str) -> Installed:
        """Make the first project and key."""
        made = self.command("init", "--json", *flags)
        self._installed = Installed(made["project_id"], made["project_token"], made["personal_api_key"])
        return self._installed

    def client(self) -> Client:
        """The API of the first project, with the key that may do everything."""
        assert self._installed is not None, "init was never called"
        return Client(self.url, *self._installed)

    def command(self, *arguments: str) -> Any:
        """Run one command of the product to its end and return the JSON that it printed."""
        done = self.execute(*arguments)
        assert done.returncode == 0, f"{arguments} ended with {done.returncode}: {done.stderr[-2000:]}"
        return json.loads(done.stdout)

    def execute(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run one command of the product to its end, whatever that is."""
        return subprocess.run(
            [*COMMAND, *arguments],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def run(self) -> "subprocess.CompletedProcess[str]":
        """Run `serve` where it must end by itself, because it cannot start."""
        return self.execute("serve", "--port", str(self.port))

    def start(self) -> None:
        """Start the process; returns when it is ready. What it prints is appended to the log."""
        self.launch()
        self.wait_until_ready()

    def launch(self) -> None:
        """Start the process without waiting for it."""
        assert self._process is None or self._process.poll() is not None, "the server runs already"
        serve = [*COMMAND, "serve", "--host", "127.0.0.1", "--port", str(self.port), "--data-dir", str(self.data_dir)]
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                serve,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.log_path.parent,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        """Returns when `/_readyz` answers 200."""
        deadline = time.monotonic() + READY_SECONDS
        while not self._is_ready():
            assert self._running().poll() is None, f"serve ended before it was ready: {self.log_tail()}"
            assert time.monotonic() < deadline, f"not ready after {READY_SECONDS} s: {self.log_tail()}"
            time.sleep(0.05)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ask the process to stop, as a service manager does; it must end with exit code 0."""
        process = self._running()
        process.send_signal(number)
        try:
            code = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still running {STOP_SECONDS} s after SIGTERM: {self.log_tail()}") from None
        assert code == 0, f"ended with {code} after SIGTERM: {self.log_tail()}"

    def kill(self) -> None:
        """End the process and all that it started at once, without a chance to do anything about it."""
        with suppress(ProcessLookupError):
            os.killpg(self._running().pid, signal.SIGKILL)
        self._running().wait()

    def discard(self) -> None:
        """Make sure that nothing runs any more, whatever a test did."""
        if self._process is not None:
            self.kill()

    @property
    def pid(self) -> int:
        """The process that was started last, and its group's number."""
        return self._running().pid

    @property
    def runs(self) -> bool:
        """Whether there is a living process."""
        return self._process is not None and self._process.poll() is None

    def log(self) -> str:
        """All that the process has printed, over all its starts, without colours."""
        return re.sub(r"\x1b\[[0-9;]*m", "", self.log_path.read_text(errors="replace"))

    def log_tail(self) -> str:
        """The end of the log."""
        return "\n".join(self.log().splitlines()[-30:])

    def readiness(self) -> Any:
        """What `/_readyz` names as reasons; empty when it is ready, None when nothing answers."""
        try:
            answer = httpx.get(f"{self.url}/_readyz", timeout=5, trust_env=False)
        except httpx.TransportError:
            return None
        assert answer.status_code in (200, 503), answer.text
        return answer.json().get("reasons", {})

    def _is_ready(self) -> bool:
        return self.readiness() == {}

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "the server was never started"
        return self._process


def free_port() -> int:
    """A loopback port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
