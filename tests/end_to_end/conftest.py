"""Running servers, and the interpreters that real SDK packages are installed for."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.databases import drop_postgres_database, make_postgres_database
from tests.support.event_stores import Listener

from . import packages
from .client import Client
from .server import Server

STORES = ("embedded", "remote")

Settings = Mapping[str, str]


@contextmanager
def settings_of(stores: str, folder: Path) -> Iterator[Settings]:
    """Settings for a pair of empty stores: SQLite with chDB, or PostgreSQL with an event store over HTTP."""
    if stores == "embedded":
        yield {}
        return
    database = make_postgres_database()
    listener = Listener(folder)
    try:
        yield {"MOTHLIGHT_DATABASE_URL": database, "MOTHLIGHT_EVENTS_URL": listener.url}
    finally:
        listener.stop()
        drop_postgres_database(database)


@pytest.fixture(scope="session", params=STORES)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server on each pair of stores, shared by tests that tell their own events apart."""
    with settings_of(request.param, tmp_path_factory.mktemp("listener")) as settings:
        running = Server(tmp_path_factory.mktemp("server"), settings)
        try:
            running.init()
            running.start()
            yield running
            running.stop()
        finally:
            running.discard()


@pytest.fixture
def client(server: Server) -> Client:
    """The first project of the shared server."""
    return server.client()


@pytest.fixture(params=STORES)
def own_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own on each pair of stores; the test starts, stops and kills it itself."""
    with settings_of(request.param, tmp_path / "listener") as settings:
        server = Server(tmp_path, settings)
        yield server
        server.discard()


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[Callable[[Settings], Server]]:
    """Makes a server of the test's own on the embedded stores, with further settings."""
    made: list[Server] = []

    def make(settings: Settings) -> Server:
        made.append(Server(tmp_path, settings))
        return made[-1]

    yield make
    for server in made:
        server.discard()


@pytest.fixture(scope="session")
def python_7() -> list[str]:
    """Runs a program with posthog-python 7."""
    return [str(packages.python_with_sdk("7.91.1"))]


@pytest.fixture(scope="session")
def python_3() -> list[str]:
    """Runs a program with posthog-python 3."""
    return [str(packages.python_with_sdk("3.25.0"))]


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """Where the JavaScript packages are installed."""
    return packages.node_modules()


@pytest.fixture
def node(tmp_path: Path, node_modules: Path) -> list[str]:
    """Runs a program in `tmp_path` with posthog-node 5."""
    (tmp_path / "node_modules").symlink_to(node_modules)
    return [packages.node()]
