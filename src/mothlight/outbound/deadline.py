"""Ends a connection at a moment, however slowly the other side goes on sending."""

import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self


class Deadline:
    """A bound on all that is done within it; the connections made meanwhile are cut when it passes."""

    def __init__(self, seconds: float, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._ends = monotonic() + seconds
        self._lock = threading.Lock()
        self._watched: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self.passed = False
        """Whether connections were cut."""

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._timer.cancel()
        with self._lock:
            for connection in self._watched:
                connection.close()
            self._watched.clear()

    def left(self) -> float:
        """Seconds until it passes; at least a little, so that it can be a timeout."""
        return max(self._ends - self._monotonic(), 0.001)

    def watch(self, connection: socket.socket) -> None:
        """Cut this connection too. It may be wrapped or closed afterwards."""
        with self._lock:
            self._watched.append(connection.dup())

    def _cut(self) -> None:
        with self._lock:
            self.passed = True
            for connection in self._watched:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # it has ended by itself
