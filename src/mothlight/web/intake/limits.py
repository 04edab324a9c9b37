"""How much a capture request may hold, alone and together with all others, and how long it may take to arrive."""

import asyncio
import threading

from starlette.types import Message, Receive

from mothlight.kit.eager import Begun
from mothlight.model.errors import Unavailable
from mothlight.web.intake.refusals import stalled, too_large

MEBIBYTE = 1024 * 1024

REQUEST_LIMIT = 20 * MEBIBYTE
"""Bytes of one request, as received, and again after decoding with all layers of encoding added up (ingest 7)."""

IN_FLIGHT_LIMIT = 256 * MEBIBYTE
"""Bytes of all requests that are being received, decoded or written."""

STALL_SECONDS = 30.0
"""Longest pause of a client in the middle of its body."""


class ClientGone(Exception):
    """The client closed the connection before its request was whole; there is nobody to answer."""


class InFlight:
    """Counts what all requests hold at present. Thread safe."""

    def __init__(self, limit: int = IN_FLIGHT_LIMIT) -> None:
        self._limit = limit
        self._held = 0
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        """Bytes held at present."""
        return self._held

    def hold(self, size: int) -> None:
        """Count more bytes. Raises `Unavailable` when that is too much; then nothing was counted."""
        with self._lock:
            if self._held + size > self._limit:
                raise Unavailable("Too many requests are being decoded.")
            self._held += size

    def release(self, size: int) -> None:
        """Give bytes back."""
        with self._lock:
            self._held -= size


class Budget:
    """What one request may still hold. Without `in_flight` only the request's own limit counts."""

    def __init__(self, limit: int = REQUEST_LIMIT, in_flight: InFlight | None = None) -> None:
        self._limit = limit
        self._in_flight = in_flight
        self._received = 0
        self._decoded = 0
        self._lock = threading.Lock()

    def within(self, limit: int) -> "Budget":
        """The same budget with a smaller limit for what is decoded. Both count what they hold in one place."""
        return _Part(self, min(limit, self._limit))

    def receive(self, size: int) -> None:
        """Count bytes off the network. Raises a `Refused` 413, or `Unavailable`."""
        with self._lock:
            if self._received + size > self._limit:
                raise too_large(self._limit)
            self._hold(size)
            self._received += size

    def decode(self, size: int) -> None:
        """Count bytes that a layer of encoding gave. Raises a `Refused` 413, or `Unavailable`."""
        with self._lock:
            if self._decoded + size > self._limit:
                raise too_large(self._limit)
            self._hold(size)
            self._decoded += size

    def forget_decoded(self) -> None:
        """Decoding starts over; what it held is free."""
        with self._lock:
            self._release(self._decoded)
            self._decoded = 0

    def release(self) -> None:
        """The request is over. A thread that still decodes for it counts no more."""
        with self._lock:
            self._release(self._received + self._decoded)
            self._received = self._decoded = 0
            self._in_flight = None

    def _hold(self, size: int) -> None:
        if self._in_flight is not None:
            self._in_flight.hold(size)

    def _release(self, size: int) -> None:
        if self._in_flight is not None:
            self._in_flight.release(size)


class _Part(Budget):
    """A budget whose bytes another one counts too."""

    def __init__(self, whole: Budget, limit: int) -> None:
        super().__init__(limit)
        self._whole = whole

    def decode(self, size: int) -> None:
        """As `Budget.decode` says."""
        super().decode(size)
        self._whole.decode(size)


async def read_body(receive: Receive, budget: Budget, stall_seconds: float = STALL_SECONDS) -> bytes:
    """The whole body of a request.

    Raises a `Refused` 413 past the limit and 408 when the client pauses for `stall_seconds`; `ClientGone`.
    """
    chunks: list[bytes] = []
    more = True
    while more:
        chunk, more = await _next_chunk(receive, stall_seconds)
        budget.receive(len(chunk))
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def discard_body(receive: Receive, limit: int = REQUEST_LIMIT, stall_seconds: float = STALL_SECONDS) -> None:
    """Let a body pass without keeping it. Raises as `read_body` does."""
    passed = 0
    more = True
    while more:
        chunk, more = await _next_chunk(receive, stall_seconds)
        passed += len(chunk)
        if passed > limit:
            raise too_large(limit)


async def _next_chunk(receive: Receive, stall_seconds: float) -> tuple[bytes, bool]:
    """The next part of a body, and whether there is more."""
    # Nearly every body is there already when it is asked for, and a time limit costs as much as decoding it.
    begun: Begun[Message] = Begun(receive())  # type: ignore[arg-type]
    if begun.done:
        message = begun.result
    else:
        try:
            async with asyncio.timeout(stall_seconds):
                message = await begun
        except TimeoutError as error:
            raise stalled() from error
    if message["type"] == "http.disconnect":
        raise ClientGone
    return message.get("body", b""), message.get("more_body", False)
