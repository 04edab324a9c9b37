"""Sends batches from several threads as SDKs do, and remembers what became of each."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx

from .reports import Batch

SENDERS = 6
PATIENCE_SECONDS = 30


class Delivery:
    """One sending of all batches, once each. `begin` it, then `finish` it, or do both with `send_all`."""

    def __init__(self, url: str, batches: Sequence[Batch], pace_seconds: float = 0.0) -> None:
        """`pace_seconds`: how long a sender rests after each request."""
        self.batches = batches
        self.answered: set[str] = set()
        """The names of the batches that were answered 200."""
        self.refused: list[httpx.Response] = []
        """All other answers."""
        self.unanswered: list[str] = []
        """Names of batches that got no answer."""
        self.seconds: list[float] = []
        """How long each answer took."""
        self._url = url
        self._pace_seconds = pace_seconds
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.send_all, daemon=True)

    def begin(self) -> "Delivery":
        """Send in the background."""
        self._thread.start()
        return self

    def finish(self) -> None:
        """Wait until each batch was sent."""
        self._thread.join()

    @property
    def goes_on(self) -> bool:
        """Whether the background is still sending."""
        return self._thread.is_alive()

    def wait_for(self, reached: Callable[["Delivery"], bool]) -> None:
        """Returns when something is reached or everything is sent."""
        while self.goes_on and not reached(self):
            time.sleep(0.001)

    def send_all(self) -> None:
        """Send every batch once; those that get no answer are given up."""
        shares = [self.batches[start::SENDERS] for start in range(SENDERS)]
        with ThreadPoolExecutor(SENDERS) as pool:
            list(pool.map(self._send_share, shares))

    def _send_share(self, batches: Sequence[Batch]) -> None:
        with httpx.Client(base_url=self._url, timeout=PATIENCE_SECONDS, trust_env=False) as http:
            for batch in batches:
                self._send(http, batch)
                time.sleep(self._pace_seconds)

    def _send(self, http: httpx.Client, batch: Batch) -> None:
        begun = time.monotonic()
        try:
            answer = http.post("/batch/", content=batch.body, headers={"Content-Encoding": "gzip"})
        except httpx.TransportError:
            with self._lock:
                self.unanswered.append(batch.name)
            return
        with self._lock:
            self.seconds.append(time.monotonic() - begun)
            if answer.status_code == 200:
                self.answered.add(batch.name)
            else:
                self.refused.append(answer)
