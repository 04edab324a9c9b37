"""The server's side of the sending process: starts it when it is needed, asks it, and ends it when it is late."""

import subprocess
import threading
from collections.abc import Collection
from multiprocessing.connection import Connection

import msgspec

from mothlight.alerts.sending.messages import (
    Examine,
    Problem,
    Reply,
    Request,
    Send,
    Service,
    Start,
    decode_reply,
    encode,
)
from mothlight.alerts.sending.outcome import Failed, Message
from mothlight.alerts.services import PORTS
from mothlight.kit.child_process import launch
from mothlight.outbound.guard import Allowed

SECONDS = 30.0
"""For one request; the first one loads a library of a hundred services."""
_MOST_REPLY_BYTES = 1 << 20
LATE = "it did not answer in time"


class Services:
    """Sends through apprise, one message at a time. May be used from any thread."""

    def __init__(self, allow: Collection[Allowed], *, ports: Collection[int] = PORTS, seconds: float = SECONDS) -> None:
        self._start = Start([str(each) for each in allow], sorted(ports))
        self._seconds = seconds
        self._lock = threading.Lock()
        self._running: tuple[subprocess.Popen[bytes], Connection] | None = None

    def examine(self, address: str) -> str:
        """The name of the service that an address is of.

        Raises:
            Failed: it is of none that messages may go to.
        """
        reply = self._ask(Examine(address))
        if isinstance(reply, Service):
            return reply.name
        raise _failed(reply)

    def send(self, address: str, message: Message) -> None:
        """Send it.

        Raises:
            Failed: nobody took it.
        """
        reply = self._ask(Send(address, message.title, message.text))
        if isinstance(reply, Problem):
            raise _failed(reply)

    def close(self) -> None:
        """End the process, if it runs, also in the middle of a message; it starts again when it is needed."""
        running = self._running
        if running is not None:
            running[0].kill()
        with self._lock:
            self._end()

    def _ask(self, request: Request) -> Reply:
        with self._lock:
            if self._running is not None and self._running[0].poll() is not None:
                self._end()
            program, connection = self._running or self._launch()
            try:
                connection.send_bytes(encode(request))
                if not connection.poll(self._seconds):
                    raise Failed(LATE)
                reply: Reply = decode_reply(connection.recv_bytes(_MOST_REPLY_BYTES))
                return reply
            except Failed:
                program.kill()
                self._end()
                raise
            except (EOFError, OSError, msgspec.DecodeError) as problem:
                program.kill()
                self._end()
                raise Failed("the sending process ended before it answered") from problem

    def _launch(self) -> tuple[subprocess.Popen[bytes], Connection]:
        self._running = launch("mothlight.alerts.sending.child", msgspec.json.encode(self._start))
        return self._running

    def _end(self) -> None:
        if self._running is None:
            return
        program, connection = self._running
        self._running = None
        connection.close()
        try:
            program.wait(1)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()


def _failed(reply: Reply) -> Failed:
    if isinstance(reply, Problem):
        return Failed(reply.reason, is_final=reply.is_final)
    return Failed(f"the sending process answered {type(reply).__name__}")
