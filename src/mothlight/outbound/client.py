"""HTTP to the outside: through the guard, over no proxy, with bounds on time, size and redirects."""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from mothlight.outbound.guard import Guard


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one request may cost, its redirects included."""

    seconds: float = 30.0
    connect_seconds: float = 5.0
    body_bytes: int = 25_000_000
    """Of the answer, decompressed."""
    redirects: int = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with its whole body, whatever its status."""

    url: str
    """Where it came from, after redirects."""
    status: int
    headers: Mapping[str, str]
    """Names in any case."""
    body: bytes


class HttpClient:
    """Asks one URL at a time; may be used from any thread. It keeps no connection and no cookie."""

    def __init__(
        self,
        guard: Guard,
        monotonic: Callable[[], float],
        *,
        bounds: Bounds = Bounds(),
        agent: str = "mothlight",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Build it. `tls`: what certificates are checked with instead of the system's."""
        self.guard = guard
        self.monotonic = monotonic
        self.bounds = bounds
        self.agent = agent
        self._tls = tls

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """What certificates are checked with. Reading the system's takes some milliseconds, so it waits."""
        return self._tls or ssl.create_default_context()

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Ask, and follow redirects. A body is sent on after 307 and 308 only; headers only to the same host and port.

        Raises:
            InvalidUrl: `url`, or one that it leads to, is none of http or https.
            Blocked: the guard lets nobody connect there.
            TimedOut: it took too long.
            TooLarge: the body is larger than it may be.
            NetworkFailure: the connection did not come about or broke, or what came is no HTTP.
            RedirectFailure: too many redirects.
        """
        # Loaded late: what it takes would delay each start of a server.
        from mothlight.outbound.exchange import ask

        return ask(self, method, url, headers or {}, body)
