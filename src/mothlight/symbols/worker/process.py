"""The server's side of one reading process: starts it, asks it, and ends it when it does not answer in time."""

import subprocess
import threading
import time
from multiprocessing.connection import Connection

import msgspec

from mothlight.kit.child_process import launch
from mothlight.symbols.worker.child import Start
from mothlight.symbols.worker.messages import Reply, Request, decode_reply, encode

_END_SECONDS = 1
_MOST_REPLY_BYTES = 64 << 20


class Gone(Exception):
    """The process ended, or was ended, before it answered; the text is for people."""


class Process:
    """One reading process, started when it is first needed and again after it was lost. One request at a time."""

    def __init__(self, start: Start) -> None:
        self.lock = threading.Lock()
        """Held by whoever asks."""
        self.holds: set[str] = set()
        """Keys that were loaded and may be ready still. Read and changed under `lock`."""
        self._start = start
        self._running: tuple[subprocess.Popen[bytes], Connection] | None = None

    @property
    def pid(self) -> int | None:
        """Of the process that runs now."""
        return self._running[0].pid if self._running else None

    def ask(self, request: Request, data: bytes | None, seconds: float) -> Reply:
        """The answer. Raises `Gone`, after which the next request starts a new process."""
        self._notice_end()
        program, connection = self._running or self._launch()
        watch = threading.Timer(seconds, program.kill)
        watch.daemon = True
        started = time.monotonic()
        watch.start()
        try:
            connection.send_bytes(encode(request))
            if data is not None:
                connection.send_bytes(data)
            reply: Reply = decode_reply(connection.recv_bytes(_MOST_REPLY_BYTES))
            return reply
        except (EOFError, OSError, msgspec.DecodeError) as error:
            # The last two: code that took the process over says something that no process of ours would say.
            watch.cancel()
            raise Gone(self._what_happened(time.monotonic() - started >= seconds, seconds)) from error
        finally:
            watch.cancel()

    def stop(self) -> None:
        """End the process, if it runs."""
        if self._running is None:
            return
        program, connection = self._running
        self._running = None
        self.holds.clear()
        connection.close()
        _end(program)

    def _notice_end(self) -> None:
        """A process that ended while nobody asked it has answered for nothing: the next takes its place."""
        if self._running is not None and self._running[0].poll() is not None:
            self.stop()

    def _launch(self) -> tuple[subprocess.Popen[bytes], Connection]:
        self._running = launch("mothlight.symbols.worker.child", msgspec.json.encode(self._start))
        return self._running

    def _what_happened(self, is_late: bool, seconds: float) -> str:
        assert self._running is not None  # noqa: S101
        program, connection = self._running
        self._running = None
        self.holds.clear()
        connection.close()
        code = _end(program)
        if is_late:
            return f"reading it took longer than {seconds:g} seconds"
        # A library that gets no memory ends its process rather than saying so.
        return f"its parser failed ({_describe_exit(code)})"


def _end(program: subprocess.Popen[bytes]) -> int:
    """The exit code of a process whose connection is closed, so that it ends by itself or not at all."""
    try:
        return program.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        program.kill()
        return program.wait()


def _describe_exit(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
