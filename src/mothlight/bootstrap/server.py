"""Builds the server of its parts. Importing this takes most of the time of a start."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import sqlalchemy as sa
import structlog
import uvicorn
from prometheus_client import CollectorRegistry
from starlette.routing import Route

from mothlight import __version__
from mothlight.access.directory import Directory
from mothlight.alerts.alerting import Alerting, build_alerting
from mothlight.bootstrap.fetching import await_maps, open_fetches
from mothlight.bootstrap.stores import OpenEvents, Stores, open_stores
from mothlight.issues.new_issue_budget import budget_of
from mothlight.journal.backlog import Backlog
from mothlight.journal.engines.segments import SegmentJournal
from mothlight.kit.clock import system_clock
from mothlight.kit.ids import id_maker
from mothlight.model.errors import Misconfigured, Unavailable
from mothlight.model.tally import Tally
from mothlight.pipeline.repair.run import SymbolRepairs
from mothlight.pipeline.run import Pipeline
from mothlight.pipeline.stack_symbols import StackResolver
from mothlight.queries.waiting_events import WaitingEvents
from mothlight.recommendations.life_cycle import Recommendations
from mothlight.settings import Settings
from mothlight.storage.blobs.engines.folder import FolderBlobs
from mothlight.storage.blobs.interface import Blobs
from mothlight.storage.events.interface import EventStore
from mothlight.storage.metadata.engine import reading
from mothlight.storage.mirror import Mirror
from mothlight.symbol_sets.fetching.fetches import Fetches
from mothlight.symbol_sets.find import SymbolSets
from mothlight.symbols.reader import ReaderBounds, SymbolReader
from mothlight.web.address import PublicAddress
from mothlight.web.api.budget import KeyBudget
from mothlight.web.api.endpoint import AT_ONCE, Service
from mothlight.web.api.routes import api_routes
from mothlight.web.app import Application, build_application
from mothlight.web.connection import Connection
from mothlight.web.intake.receive import Receiver, decode_entry
from mothlight.web.intake.routes import Intake
from mothlight.web.operation import ApiRequests, Check, Operation, operation_routes
from mothlight.web.pages.machine import Examine, Machine, nothing_to_say
from mothlight.web.pages.pulse import Pulse
from mothlight.web.pages.routes import page_routes, unknown_page
from mothlight.web.pages.service import PageService
from mothlight.web.parts import Parts
from mothlight.web.sdk.routes import sdk_routes
from mothlight.web.sdk.scripts import FOLDER as SCRIPTS
from mothlight.web.sdk.suppression import ClientRules
from mothlight.web.symbol_files import symbol_file_routes
from mothlight.worker.alerts import alert_chores, forget_alerts_chore
from mothlight.worker.worker import (
    Worker,
    repair_chores,
    rule_chore,
    spike_chore,
    standard_chores,
    symbol_file_chore,
    waiting_issue_chore,
)

log = structlog.get_logger(__name__)

CONNECTIONS_WAITING = 2048
SHUTDOWN_SECONDS = 10
"""How long requests under way may take once the server was told to stop."""
KEEP_ALIVE_SECONDS = 75
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is built and not yet started."""

    application: Application
    worker: Worker
    journal: SegmentJournal
    stores: Stores
    reader: SymbolReader
    alerting: Alerting
    fetches: Fetches | None = None

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
        self.alerting.close()
        if self.fetches is not None:
            self.fetches.close()
        self.reader.close()
        self.journal.close()
        self.stores.close()


def build_server(
    settings: Settings, open_events: OpenEvents | None = None, examine: Examine = nothing_to_say
) -> Server:
    """Open the stores and put all parts together.

    `open_events`: another way to the event store, already migrated. `examine`: does the doctor's checks, for the
    operator's page.

    Raises:
        Misconfigured: a store cannot be reached or used.
    """
    stores = open_stores(settings, open_events)
    try:
        return _assemble(settings, stores, examine)
    except BaseException:
        stores.close()
        raise


def _assemble(settings: Settings, stores: Stores, examine: Examine) -> Server:
    tally = Tally()
    make_id = id_maker(system_clock, os.urandom)
    mirror = Mirror(stores.database, stores.events)
    directory = Directory(stores.database, system_clock)
    journal = _open_journal(settings.data_dir / "journal")
    backlog = Backlog(journal, decode_entry, tally)
    reader = SymbolReader(ReaderBounds(cache_bytes=settings.symbol_cache_mb * MEGABYTE), time.monotonic)
    fetches = open_fetches(stores, reader, settings.symbol_fetch_allow, make_id) if settings.symbol_fetch else None
    budget = budget_of(settings.new_issue_budget)
    waiting = WaitingEvents(stores.database, stores.events)
    pipeline = Pipeline(
        stores.database,
        stores.events,
        mirror,
        blobs=stores.blobs,
        reader=reader,
        clock=system_clock,
        make_id=make_id,
        await_maps=None if fetches is None else await_maps(stores, fetches),
    )
    pipeline.limit_new_issues(budget)
    chores = [
        *standard_chores(
            stores.database, stores.events, mirror, retention_days=settings.retention_days, clock=system_clock
        ),
        waiting_issue_chore(stores.database, mirror, budget, system_clock, make_id),
        spike_chore(stores.database, stores.events, system_clock, make_id),
        symbol_file_chore(stores.database, stores.blobs, system_clock),
        forget_alerts_chore(stores.database, system_clock),
    ]
    alerting = build_alerting(
        stores.database,
        stores.events,
        system_clock,
        make_id,
        allow=settings.notify_allow,
        address=lambda: settings.address,
        lag_seconds=lambda: backlog.lag(system_clock()),
    )
    resolver = StackResolver(SymbolSets(stores.database, stores.blobs, system_clock), reader)
    repairs = SymbolRepairs(stores.database, stores.events, mirror, resolver, system_clock, make_id, time.monotonic)
    # A step of these can take seconds, which spikes must not wait.
    applying = [rule_chore(stores.database, stores.events, mirror, system_clock, make_id)]
    worker = Worker(backlog, pipeline, tally, chores, [*alert_chores(alerting), applying, repair_chores(repairs)])
    recovered = backlog.recover()
    if recovered:
        log.info("journal_recovered", events=recovered)
    receiver = Receiver(
        journal, backlog, tally, system_clock, directory.project_id_of_token, is_welcome=directory.is_welcome
    )
    operation = Operation(
        version=__version__,
        tally=tally,
        lag_seconds=lambda: backlog.lag(system_clock()),
        checks=_checks(stores, journal, backlog, worker),
        waiting_for_issue=waiting.count,
        waiting_for_issue_lately=lambda: waiting.last,
        quarantine_lost=lambda: pipeline.quarantine.lost,
        limits=pipeline.limit_counts,
    )
    registry = CollectorRegistry()
    service = _service(settings, stores, mirror, directory, ApiRequests(registry), alerting)
    pulse = Pulse(tally, operation.lag_seconds)
    machine = Machine(settings.data_dir, tally, system_clock(), examine)
    pages = PageService(service.parts, service.address, pulse, machine, __version__, settings.retention_days)
    application = build_application(
        Intake(receiver),
        operation=[*operation_routes(operation, registry), *_symbol_files(stores.blobs)],
        api=api_routes(service),
        pages=page_routes(pages),
        sdk=sdk_routes(directory.project_id_of_token, ClientRules(stores.database).find, system_clock),
        unknown_page=unknown_page(pages),
    )
    return Server(application, worker, journal, stores, reader, alerting, fetches)


def _symbol_files(blobs: Blobs) -> list[Route]:
    return symbol_file_routes(blobs, system_clock) if isinstance(blobs, FolderBlobs) else []


def _open_journal(folder: Path) -> SegmentJournal:
    try:
        return SegmentJournal(folder)
    except (ValueError, OSError) as problem:
        raise Misconfigured(f"the journal cannot be opened: {problem}") from problem


def _service(
    settings: Settings,
    stores: Stores,
    mirror: Mirror,
    directory: Directory,
    requests: ApiRequests,
    alerting: Alerting,
) -> Service:
    make_id = id_maker(system_clock, os.urandom)
    recommendations = Recommendations(stores.database, stores.events, system_clock, make_id)
    return Service(
        parts=Parts(
            directory,
            stores.database,
            stores.events,
            recommendations,
            mirror,
            stores.blobs,
            system_clock,
            make_id,
            alerting,
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


async def serve_http(application: Application, listener: socket.socket, settings: Settings) -> None:
    """Answer requests until a signal ends it."""
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
