"""A small web server for tests: answers what a table says, and remembers what it was asked."""

import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

MOST_SECONDS = 30


class Page(NamedTuple):
    """What is answered for one path."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = {}
    seconds: float = 0.0
    """Before anything is answered."""
    pause: float = 0.0
    """Between the bytes of the body."""
    has_length: bool = True
    until: threading.Event | None = None
    """Nothing is answered before it is set."""

    def hold(self) -> None:
        """Wait until it may be answered."""
        time.sleep(self.seconds)
        if self.until is not None:
            self.until.wait(MOST_SECONDS)


class Asked(NamedTuple):
    """One request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class WebServer:
    """Where it listens, what it answers, what it was asked so far."""

    host: str
    port: int
    pages: dict[str, Page]
    asked: list[Asked] = field(default_factory=list)
    most_at_once: int = 0
    """Requests that were under way together."""

    @property
    def url(self) -> str:
        """Without a slash at its end."""
        return f"http://{self.host}:{self.port}"

    def paths(self) -> list[str]:
        """The paths that were asked, in order."""
        return [asked.path for asked in self.asked]


@contextmanager
def web_server(
    pages: Mapping[str, Page] | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    tls: ssl.SSLContext | None = None,
) -> Iterator[WebServer]:
    """Serve `pages` by path, query included; all else is 404."""
    lock = threading.Lock()
    at_once = [0]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("content-length", 0))
            with lock:
                at_once[0] += 1
                server.most_at_once = max(server.most_at_once, at_once[0])
                server.asked.append(Asked(self.command, self.path, dict(self.headers), self.rfile.read(length)))
            try:
                self.send(server.pages.get(self.path, Page(b"nothing here", 404)))
            except OSError:
                self.close_connection = True
            finally:
                with lock:
                    at_once[0] -= 1

        def send(self, page: Page) -> None:
            page.hold()
            self.send_response(page.status)
            for name, value in page.headers.items():
                self.send_header(name, value)
            if page.has_length:
                self.send_header("Content-Length", str(len(page.body)))
            else:
                self.close_connection = True
            self.end_headers()
            if self.command == "HEAD":
                return
            if page.pause == 0:
                self.wfile.write(page.body)
                return
            for byte in page.body:
                time.sleep(page.pause)
                self.wfile.write(bytes([byte]))

        do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    class Listener(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False
        request_queue_size = 64

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that hung up is no news."""

    listener = Listener((host, port), Handler)
    if tls is not None:
        listener.socket = tls.wrap_socket(listener.socket, server_side=True)
    server = WebServer(host, listener.server_address[1], dict(pages or {}))
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()
