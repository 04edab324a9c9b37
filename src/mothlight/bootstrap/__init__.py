"""Starts the server: takes the directory and the port, then loads and opens everything else, two things at a time.

The event store's engine begins on a thread of its own while the other parts are imported, so this file and
`stores.py` import little themselves.
"""

import asyncio
import gc
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import structlog

from mothlight.bootstrap.stores import OpenEvents, open_migrated_events
from mothlight.kit.clock import system_clock
from mothlight.kit.lock import DirectoryLock
from mothlight.kit.logs import configure_logs
from mothlight.model.errors import Misconfigured
from mothlight.settings import Settings

if TYPE_CHECKING:
    import sqlalchemy as sa

    from mothlight.model.finding import Finding
    from mothlight.storage.events.interface import EventStore

log = structlog.get_logger(__name__)

SWITCH_SECONDS = 0.0005
"""How soon a thread that computes makes way for another that wants to. With the interpreter's own 5 ms each answer
would wait that long several times while a batch is being processed."""


def serve(settings: Settings, begin: "Callable[[sa.Engine], None]", examine: "Callable[[], Sequence[Finding]]") -> int:
    """Run the server until SIGTERM or SIGINT; returns the exit code.

    `begin` is called with the metadata when everything else is ready, before anything is served. `examine` does the
    doctor's checks, for the operator's page.

    Raises:
        Misconfigured: it cannot start; the text says why in one line.
        LockHeld: another server works on the data directory.
    """
    configure_logs()
    sys.setswitchinterval(SWITCH_SECONDS)
    with DirectoryLock(settings.data_dir, system_clock), _listening(settings) as listener:
        with _opening_events(settings) as open_events:
            import uvloop

            from mothlight.bootstrap.server import build_server, serve_http

            server = build_server(settings, open_events, examine)
        try:
            begin(server.stores.database)
        except BaseException:
            server.discard()
            raise
        server.start()
        # What lives as long as the process need not be looked at by each collection.
        gc.collect()
        gc.freeze()
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(serve_http(server.application, listener, settings))
        finally:
            finished = server.stop()
    log.info("stopped", everything_processed=finished)
    return 0


@contextmanager
def _opening_events(settings: Settings) -> Iterator[OpenEvents]:
    """Open the event store on a thread of its own. Gives the way to it; whoever takes it has to close it."""
    opening: Future[EventStore] = Future()

    def run() -> None:
        try:
            opening.set_result(open_migrated_events(settings))
        except BaseException as problem:  # noqa: BLE001 - handed to whoever waits for the store
            opening.set_exception(problem)

    thread = threading.Thread(target=run, name="open-events", daemon=True)
    thread.start()
    try:
        yield opening.result
    except BaseException:
        thread.join()
        with suppress(BaseException):
            opening.result().close()
        raise


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """The socket that the server answers on, so that a taken port is found before anything else begins."""
    try:
        (family, kind, _, _, address), *_ = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        with socket.socket(family, kind) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            yield listener
    except OSError as problem:
        reason = f"cannot listen on {settings.host} port {settings.port}: {problem.strerror or problem}"
        raise Misconfigured(reason) from problem
