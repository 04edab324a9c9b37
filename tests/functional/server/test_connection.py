"""Connections of clients that say nothing, pause, or go away before their answer."""

import asyncio
import socket
import threading
import time
from contextlib import closing

import pytest
import uvicorn
import uvloop
from starlette.responses import Response

from mothlight.web.connection import Connection

PATIENCE_SECONDS = 1
QUESTION = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Served:
    """A server with one application, which answers when it is let."""

    def __init__(self):
        self.asked = 0
        self.let = threading.Event()
        self.let.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(
            self._app,
            loop="none",
            http=Connection,
            interface="asgi3",
            lifespan="off",
            log_config=None,
            timeout_keep_alive=PATIENCE_SECONDS,
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def connect(self):
        return closing(socket.create_connection(self.listener.getsockname(), timeout=10))

    def stop(self):
        self.let.set()
        self.server.should_exit = True
        self.thread.join(10)
        self.listener.close()

    async def _app(self, scope, receive, send):
        self.asked += 1
        await asyncio.to_thread(self.let.wait)
        await Response(b"yes")(scope, receive, send)

    def _run(self):
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self.server.serve(sockets=[self.listener]))


@pytest.fixture
def served():
    served = Served()
    yield served
    served.stop()


@pytest.mark.parametrize("said", [b"", b"POST / HTTP/1.1\r\nHost: lo", QUESTION])
def test_a_connection_that_has_nothing_more_to_say_is_closed(served, said):
    with served.connect() as connection:
        connection.sendall(said)
        begun = time.monotonic()
        while connection.recv(65536):
            assert time.monotonic() - begun < 10

    assert time.monotonic() - begun >= PATIENCE_SECONDS * 0.9


def test_a_request_that_takes_longer_than_a_pause_may_is_answered(served):
    served.let.clear()
    threading.Timer(PATIENCE_SECONDS * 1.5, served.let.set).start()
    with served.connect() as connection:
        connection.sendall(QUESTION)

        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
