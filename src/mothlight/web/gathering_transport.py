"""How answers are written: headers and body go out together.

The HTTP library hands the headers to the system first and the body after them. For small answers that second call costs
as much as decoding the request, and the client is woken up twice.
"""

import asyncio
from typing import Any

GATHERED_BYTES = 64 * 1024
"""What is written beyond this goes out at once, so that the flow control sees it."""


class GatheringTransport:
    """A transport that passes on at once what was written in one turn of the loop. For the loop's thread."""

    __slots__ = ("_gathered", "_loop", "_size", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._gathered: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> None:
        """Write before this turn of the loop is over, in order."""
        if not self._gathered:
            self._loop.call_soon(self._flush)
        self._gathered.append(data)
        self._size += len(data)
        if self._size > GATHERED_BYTES:
            self._flush()

    def close(self) -> None:
        """Close when everything is written."""
        self._flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        """Everything else is the transport's own."""
        return getattr(self._transport, name)

    def _flush(self) -> None:
        gathered, self._gathered, self._size = self._gathered, [], 0
        # A client may go away between a write and the end of its turn: then nobody is there to read it.
        if gathered and not self._transport.is_closing():
            self._transport.write(b"".join(gathered))
