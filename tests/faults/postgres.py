"""A PostgreSQL of a test's own, which may be stopped and cut off."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import psycopg

from tests.end_to_end.server import free_port

from .needs import postgres_programs

USER = "postgres"
OPTIONS = "-c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=60"


class Postgres:
    """A server process in a directory that goes with it. Made, it runs."""

    def __init__(self) -> None:
        self._programs = postgres_programs()
        # Not below the tests' own directory: another user has to reach it.
        self._folder = Path(tempfile.mkdtemp(prefix="mothlight-postgres-"))
        self._data = self._folder / "data"
        self.port = free_port()
        self.url = f"postgresql://{USER}@127.0.0.1:{self.port}/{USER}"
        self._prefix: list[str] = []
        if os.geteuid() == 0:
            owner = pwd.getpwnam(USER)
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)
            self._prefix = ["runuser", "-u", USER, "--"]
        self._run("initdb", "--pgdata", self._data, "--auth", "trust", "--encoding", "UTF8", "-U", USER, "--no-sync")
        self.start()

    def start(self) -> None:
        """Start it; returns when it answers."""
        options = f"-p {self.port} -c unix_socket_directories={self._folder} {OPTIONS}"
        self._control("start", "--wait", "--log", self._folder / "log", "--options", options)

    def stop(self) -> None:
        """End it at once, with all its connections, as a crash would."""
        self._control("stop", "--wait", "--mode", "immediate")

    def restart(self) -> None:
        """Stop and start it in good order; connections are cut."""
        options = f"-p {self.port} -c unix_socket_directories={self._folder} {OPTIONS}"
        self._control("restart", "--wait", "--mode", "fast", "--log", self._folder / "log", "--options", options)

    def freeze(self) -> None:
        """Let it say nothing, and keep all connections open."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def cut_connections(self, *, in_transaction: bool = False) -> int:
        """End the sessions of all clients, or of those that are in a transaction just now; returns how many."""
        state = "AND xact_start IS NOT NULL" if in_transaction else ""
        with psycopg.connect(self.url, autocommit=True) as connection:
            row = connection.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                f"WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() {state}"
            ).fetchone()
        assert row is not None
        return int(row[0])

    def __enter__(self) -> "Postgres":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(FileNotFoundError, ProcessLookupError):
            self.thaw()
        with suppress(subprocess.CalledProcessError):
            self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _signal(self, number: signal.Signals) -> None:
        main = int((self._data / "postmaster.pid").read_text().splitlines()[0])
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        for pid in (main, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _control(self, *arguments: object) -> None:
        self._run("pg_ctl", "--pgdata", self._data, *arguments)

    def _run(self, program: str, *arguments: object) -> None:
        # Its standard streams would be held open by the server that it starts.
        subprocess.run(
            [*self._prefix, str(self._programs / program), *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            check=True,
        )
