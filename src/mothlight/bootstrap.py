"""Builds the server: the one file that knows which engine stands behind which interface."""

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import anyio
import sqlalchemy as sa
import structlog
import uvicorn
import uvloop
from prometheus_client import CollectorRegistry
from starlette.routing import Route

from mothlight import __version__
from mothlight.access.directory import Directory
from mothlight.journal.backlog import Backlog
from mothlight.journal.engines.segments import SegmentJournal
from mothlight.kit.clock import system_clock
from mothlight.kit.ids import id_maker
from mothlight.kit.lock import DirectoryLock
from mothlight.kit.logs import configure_logs
from mothlight.model.errors import Misconfigured, Unavailable
from mothlight.model.tally import Tally
from mothlight.pipeline.run import Pipeline
from mothlight.recommendations.life_cycle import Recommendations
from mothlight.settings import Settings
from mothlight.storage.blobs.engines.folder import FolderBlobs
from mothlight.storage.blobs.interface import Blobs
from mothlight.storage.events.engines.embedded import open_embedded
from mothlight.storage.events.engines.server import open_server
from mothlight.storage.events.interface import EventStore
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.migrate import open_migrated
from mothlight.storage.mirror import Mirror
from mothlight.web.address import PublicAddress
from mothlight.web.api.budget import KeyBudget
from mothlight.web.api.endpoint import AT_ONCE, Service
from mothlight.web.api.routes import api_routes
from mothlight.web.app import Application, build_application
from mothlight.web.connection import Connection
from mothlight.web.intake.receive import Receiver, decode_entry
from mothlight.web.intake.routes import Intake
from mothlight.web.operation import ApiRequests, Check, Operation, operation_routes
from mothlight.web.pages.pulse import Pulse
from mothlight.web.pages.routes import page_routes, unknown_page
from mothlight.web.pages.service import PageService
from mothlight.web.parts import Parts
from mothlight.web.sdk.routes import sdk_routes
from mothlight.web.sdk.scripts import FOLDER as SCRIPTS
from mothlight.web.symbol_files import symbol_file_routes
from mothlight.worker.worker import Worker, standard_chores, symbol_file_chore

log = structlog.get_logger(__name__)

CONNECTIONS_WAITING = 2048
SHUTDOWN_SECONDS = 10
"""How long requests under way may take once the server was told to stop."""
KEEP_ALIVE_SECONDS = 75
EMBEDDED = "chdb://"
FILES = "file://"
SWITCH_SECONDS = 0.0005
"""How soon a thread that computes makes way for another that wants to. With the interpreter's own 5 ms each answer
would wait that long several times while a batch is being processed."""


@dataclass(frozen=True, slots=True)
class Stores:
    """The two stores of a server."""

    database: sa.Engine
    events: EventStore
    blobs: Blobs

    def close(self) -> None:
        """Let go of both."""
        self.events.close()
        self.database.dispose()


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is built and not yet started."""

    application: Application
    worker: Worker
    journal: SegmentJournal
    stores: Stores

    def start(self) -> None:
        """Begin to process what is accepted."""
        self.worker.start()

    def stop(self) -> bool:
        """Process what was accepted and let go of everything; whether all of it is processed."""
        finished = self.worker.stop()
        self.discard()
        return finished

    def discard(self) -> None:
        """Let go of everything, where nothing was started or everything has stopped."""
        self.journal.close()
        self.stores.close()


def serve(settings: Settings, begin: Callable[[sa.Engine], None]) -> int:
    """Run the server until SIGTERM or SIGINT; returns the exit code.

    `begin` is called with the metadata when everything else is ready, before anything is served.

    Raises:
        Misconfigured: it cannot start; the text says why in one line.
        LockHeld: another server works on the data directory.
    """
    configure_logs()
    sys.setswitchinterval(SWITCH_SECONDS)
    with DirectoryLock(settings.data_dir, system_clock), _listening(settings) as listener:
        server = build_server(settings)
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
                runner.run(_serve_http(server.application, listener, settings))
        finally:
            finished = server.stop()
    log.info("stopped", everything_processed=finished)
    return 0


def build_server(settings: Settings) -> Server:
    """Open the stores and put all parts together.

    Raises:
        Misconfigured: a store cannot be reached or used.
    """
    stores = open_stores(settings)
    try:
        return _assemble(settings, stores)
    except BaseException:
        stores.close()
        raise


def open_stores(settings: Settings) -> Stores:
    """Open both stores and bring their schemas up to date.

    Raises:
        Misconfigured: one cannot be reached or used.
    """
    try:
        database = open_migrated(settings.database_url)
        try:
            events = open_event_store(settings)
            events.migrate()
            blobs = open_blobs(settings)
        except BaseException:
            database.dispose()
            raise
    except Unavailable as problem:
        raise Misconfigured(problem.reason) from problem
    return Stores(database, events, blobs)


def open_event_store(settings: Settings) -> EventStore:
    """The event store that the settings name.

    Raises:
        Misconfigured: the address cannot be used.
    """
    try:
        if settings.events_url.startswith(EMBEDDED):
            return open_embedded(Path(settings.events_url.removeprefix(EMBEDDED)))
        return open_server(settings.events_url)
    except (ValueError, OSError) as problem:
        raise Misconfigured(f"MOTHLIGHT_EVENTS_URL cannot be used: {problem}") from problem


def open_blobs(settings: Settings) -> Blobs:
    """The store of symbol sets' files that the settings name.

    Raises:
        Misconfigured: the address cannot be used.
    """
    try:
        if settings.blobs_url.startswith(FILES):
            return FolderBlobs(Path(unquote(settings.blobs_url.removeprefix(FILES))), system_clock)
        from mothlight.storage.blobs.engines.s3 import S3Blobs

        return S3Blobs(settings.blobs_url)
    except (ValueError, OSError) as problem:
        raise Misconfigured(f"MOTHLIGHT_BLOBS_URL cannot be used: {problem}") from problem


def _assemble(settings: Settings, stores: Stores) -> Server:
    tally = Tally()
    make_id = id_maker(system_clock, os.urandom)
    mirror = Mirror(stores.database, stores.events)
    directory = Directory(stores.database, system_clock)
    journal = _open_journal(settings.data_dir / "journal")
    backlog = Backlog(journal, decode_entry, tally)
    pipeline = Pipeline(stores.database, stores.events, mirror, clock=system_clock, make_id=make_id)
    chores = [
        *standard_chores(
            stores.database, stores.events, mirror, retention_days=settings.retention_days, clock=system_clock
        ),
        symbol_file_chore(stores.database, stores.blobs, system_clock),
    ]
    worker = Worker(backlog, pipeline, tally, chores)
    recovered = backlog.recover()
    if recovered:
        log.info("journal_recovered", events=recovered)
    receiver = Receiver(journal, backlog, tally, system_clock, directory.project_id_of_token)
    operation = Operation(
        version=__version__,
        tally=tally,
        lag_seconds=lambda: backlog.lag(system_clock()),
        checks=_checks(stores, journal, backlog, worker),
    )
    registry = CollectorRegistry()
    service = _service(settings, stores, mirror, directory, ApiRequests(registry))
    pages = PageService(service.parts, service.address, Pulse(tally, operation.lag_seconds), __version__)
    application = build_application(
        Intake(receiver),
        operation=[*operation_routes(operation, registry), *_symbol_files(stores.blobs)],
        api=api_routes(service),
        pages=page_routes(pages),
        sdk=sdk_routes(directory.project_id_of_token, system_clock),
        unknown_page=unknown_page(pages),
    )
    return Server(application, worker, journal, stores)


def _symbol_files(blobs: Blobs) -> list[Route]:
    return symbol_file_routes(blobs, system_clock) if isinstance(blobs, FolderBlobs) else []


def _open_journal(folder: Path) -> SegmentJournal:
    try:
        return SegmentJournal(folder)
    except (ValueError, OSError) as problem:
        raise Misconfigured(f"the journal cannot be opened: {problem}") from problem


def _service(
    settings: Settings, stores: Stores, mirror: Mirror, directory: Directory, requests: ApiRequests
) -> Service:
    make_id = id_maker(system_clock, os.urandom)
    recommendations = Recommendations(stores.database, stores.events, system_clock, make_id)
    return Service(
        parts=Parts(
            directory, stores.database, stores.events, recommendations, mirror, stores.blobs, system_clock, make_id
        ),
        address=PublicAddress(settings.public_url, settings.trusted_proxies),
        limiter=anyio.CapacityLimiter(AT_ONCE),
        observe=requests.observe,
        budget=KeyBudget() if settings.api_rate_limit else None,
    )


def _checks(stores: Stores, journal: SegmentJournal, backlog: Backlog, worker: Worker) -> dict[str, Check]:
    """What must work for the server to be ready."""
    return {
        "journal": lambda: journal.failing,
        "backlog": lambda: "too many accepted events wait to be processed" if backlog.full else None,
        "processing": lambda: worker.failing,
        "database": lambda: _reason(stores.database),
        "events": lambda: _reason(stores.events),
    }


def _reason(store: sa.Engine | EventStore) -> str | None:
    try:
        if isinstance(store, sa.Engine):
            with reading(store) as connection:
                connection.execute(sa.text("SELECT 1"))
        else:
            store.check()
    except Unavailable as problem:
        return problem.detail
    return None


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


async def _serve_http(application: Application, listener: socket.socket, settings: Settings) -> None:
    config = uvicorn.Config(
        application,
        loop="none",
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=CONNECTIONS_WAITING,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    server = _HttpServer(config)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.finish)
    _announce(settings)
    await server.serve(sockets=[listener])


class _HttpServer(uvicorn.Server):
    """A server that ends when it is told to, and leaves signals to the process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none: the library would raise them again at the end, and a clean stop would not exit with 0."""
        yield

    def finish(self) -> None:
        """Answer what is under way and end; at a second call, end at once."""
        self.force_exit = self.should_exit
        self.should_exit = True


def _announce(settings: Settings) -> None:
    log.info("serving", address=settings.local_address, version=__version__, python=sys.version.split()[0])
    if not SCRIPTS.is_dir() or not any(SCRIPTS.glob("*.js")):
        log.warning("no_browser_scripts", path="/static/", consequence="this build answers 404 for them; see README")
