"""A bounded pool of database clients, because one client serves one call at a time."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from clickhouse_connect.driver.client import Client

from mothlight.model.errors import Unavailable

PATIENCE_SECONDS = 10.0


class ClientPool:
    """Lends clients, opening them when they are needed; the one given back last is lent first.

    With all `size` clients lent, a caller waits `patience` seconds and is then refused with `Unavailable`.
    """

    def __init__(self, open_client: Callable[[], Client], size: int, patience: float = PATIENCE_SECONDS) -> None:
        self._open_client = open_client
        self._patience = patience
        self._free: list[Client] = []
        self._permits = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def borrow(self) -> Iterator[Client]:
        """A client for one call, or several of one thread."""
        if not self._permits.acquire(timeout=self._patience):
            raise Unavailable("Too many queries at once. Try again in a moment.")
        try:
            client = self._take()
            try:
                yield client
            finally:
                self._give_back(client)
        finally:
            self._permits.release()

    def close(self) -> None:
        """Close the clients that are free now, and each lent one when it comes back."""
        with self._lock:
            self._closed = True
            clients, self._free = self._free, []
        for client in clients:
            client.close()

    def _take(self) -> Client:
        with self._lock:
            if self._closed:
                raise Unavailable("The event store is closed.")
            if self._free:
                return self._free.pop()
        return self._open_client()

    def _give_back(self, client: Client) -> None:
        with self._lock:
            if not self._closed:
                self._free.append(client)
                return
        client.close()
