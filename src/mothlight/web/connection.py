"""One connection of a client: uvicorn's, and what it does not mind."""

import asyncio
from typing import cast

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from mothlight.web.gathering_transport import GatheringTransport


class Connection(HttpToolsProtocol):
    """Ends for a client that opens it and says nothing, and leaves no request to fail when the client is gone."""

    _running: RequestResponseCycle | None = None
    """The request that is being answered. `cycle` is the one that was read last, which may still wait for its turn."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there, and has as long for its first request as for any other."""
        super().connection_made(cast("asyncio.Transport", GatheringTransport(transport, self.loop)))
        self._wait_for_more()

    def data_received(self, data: bytes) -> None:
        """Bytes of a request. A client that pauses in the middle of its head has no longer than one that is silent."""
        super().data_received(data)
        if self.timeout_keep_alive_task is None and (self.cycle is None or self.cycle.response_complete):
            self._wait_for_more()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone: nobody hears the answer that is being made."""
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)
        self._unset_keepalive_if_required()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _wait_for_more(self) -> None:
        if not self.transport.is_closing():
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
