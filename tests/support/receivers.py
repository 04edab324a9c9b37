"""What receives messages of alerts: a web server and a mail server, real ones, on this machine."""

import json
import socket
import threading
import time
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from typing import Any

from aiosmtpd.controller import Controller

HERE = (ip_network("127.0.0.0/8"),)
"""What has to be allowed so that messages may come here."""


class WebReceiver:
    """A web server that keeps what is posted, and answers as it is told to."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.taken: list[tuple[dict[str, str], bytes]] = []
        """Headers in small letters, and the body; of requests that were answered 2xx."""
        self.seen: list[str] = []
        """The paths of all requests."""
        self.status = 200
        self.location: str | None = None
        self.hangs_seconds = 0.0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                receiver.seen.append(self.path)
                status, location = receiver.status, receiver.location
                if receiver.hangs_seconds:
                    time.sleep(receiver.hangs_seconds)
                if 200 <= status < 300:
                    receiver.taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(status)
                if location:
                    self.send_header("Location", location)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer((host, 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://{host}:{self.port}/hook/secret-of-the-path"
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What was taken, decoded."""
        return [json.loads(body) for _, body in self.taken]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class MailReceiver:
    """A mail server that keeps what it is given."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        receiver = self

        class Handler:
            async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
                receiver.mails.append(message_from_bytes(envelope.content, policy=default))
                return "250 taken"

        self._controller = Controller(Handler(), hostname="127.0.0.1", port=_free_port())
        self._controller.start()
        self.port = self._controller.port
        self.url = f"mailto://127.0.0.1:{self.port}?from=mothlight@fernhill.example&to=mira@fernhill.example"

    def stop(self) -> None:
        self._controller.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
