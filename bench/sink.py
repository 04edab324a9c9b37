"""A server that takes everything and does nothing: what the generator reaches against it is the generator's own limit.

`python -m bench.sink PORT` serves until it is ended.
"""

import asyncio
import sys
from typing import cast

import uvloop

HEAD_END = b"\r\n\r\n"
ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"status":"Ok"}'


class Swallow(asyncio.Protocol):
    """Counts off the bytes of a request and answers it."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._head = b""
        self._missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer when the whole request is there."""
        if self._missing == 0:
            self._head += data
            head, end, body = self._head.partition(HEAD_END)
            if not end:
                return
            self._head = b""
            length = head.lower().rpartition(b"content-length:")[2].split(b"\r\n", 1)[0]
            self._missing = int(length) - len(body)
        else:
            self._missing -= len(data)
        if self._missing == 0 and self._transport is not None:
            self._transport.write(ANSWER)


async def serve(port: int) -> None:
    """Serve until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Swallow, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
