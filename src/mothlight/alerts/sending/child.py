"""The sending process: `python -m mothlight.alerts.sending.child FD START`, FD being its connection to the server."""

import logging
import re
import resource
import signal
import sys
from ipaddress import ip_network
from multiprocessing.connection import Connection

import msgspec
from apprise import Apprise, AppriseAsset, NotifyBase

from mothlight.alerts.sending.guarded import Guarded
from mothlight.alerts.sending.messages import (
    Examine,
    Problem,
    Reply,
    Request,
    Send,
    Sent,
    Service,
    Start,
    decode_request,
    encode,
)
from mothlight.alerts.services import scheme_of
from mothlight.outbound.guard import Allowed

MOST_SECONDS = 60
"""After which it ends itself in the middle of a request, should the server be gone and not have ended it."""
UNKNOWN = "no service takes messages at such an address"
REFUSED = "the service did not take the message"
_SECRET_PIECES = re.compile(r"[A-Za-z0-9_.-]{6,}")
_LONGEST_REASON = 300


class Told(logging.Handler):
    """Keeps what the library says went wrong."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.texts.append(record.getMessage())


class Child:
    """Carries out requests one by one."""

    def __init__(self, guarded: Guarded) -> None:
        self._guarded = guarded
        self._told = Told()
        self._asset = AppriseAsset(
            app_id="Mothlight", app_desc="Mothlight", secure_logging=True, allow_templates=False, plugin_paths=[]
        )
        logger = logging.getLogger("apprise")
        logger.addHandler(self._told)
        logger.setLevel(logging.WARNING)

    def serve(self, connection: Connection) -> None:
        """Until the server closes the connection."""
        while True:
            try:
                request: Request = decode_request(connection.recv_bytes())
            except EOFError:
                return
            signal.alarm(MOST_SECONDS)
            connection.send_bytes(encode(self._carry_out(request)))
            signal.alarm(0)

    def _carry_out(self, request: Request) -> Reply:
        self._guarded.forget()
        self._told.texts.clear()
        service = self._service(request.address)
        if service is None:
            return Problem(self._reason(UNKNOWN, request.address), is_final=True)
        match request:
            case Examine():
                return Service(str(service.service_name))
            case Send():
                return self._send(service, request)

    def _service(self, address: str) -> NotifyBase | None:
        if scheme_of(address) is None:
            return None
        try:
            service = Apprise.instantiate(address, asset=self._asset, suppress_exceptions=True)
        except (TypeError, ValueError):
            return None
        return service if isinstance(service, NotifyBase) else None

    def _send(self, service: NotifyBase, request: Send) -> Reply:
        try:
            is_sent = service.notify(body=request.text, title=request.title, body_format="text")
        except Exception as problem:  # noqa: BLE001 - code for a hundred services; the message waits for another attempt
            return Problem(self._reason(f"{type(problem).__name__}: {problem}", request.address))
        if is_sent:
            return Sent()
        if self._guarded.refusals:
            return Problem(self._reason(self._guarded.refusals[-1], request.address), is_final=True)
        return Problem(self._reason(self._told.texts[-1] if self._told.texts else REFUSED, request.address))

    def _reason(self, text: str, address: str) -> str:
        """Without what stands in the address beyond its scheme: tokens and passwords are there."""
        _, _, rest = address.partition("://")
        for piece in sorted(_SECRET_PIECES.findall(rest), key=len, reverse=True):
            text = text.replace(piece, "…")
        return text[:_LONGEST_REASON]


def main() -> None:
    """Serve the connection that the server gave."""
    # Who presses Ctrl-C means the server; this process ends with its connection.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # What was loaded before the guard closes may read any file.
    import apprise.plugins  # noqa: F401

    Apprise().details()
    start = msgspec.json.decode(sys.argv[2], type=Start)
    Child(Guarded([_allowed(each) for each in start.allow], start.ports)).serve(Connection(int(sys.argv[1])))


def _allowed(text: str) -> Allowed:
    try:
        return ip_network(text)
    except ValueError:
        return text


if __name__ == "__main__":
    main()
