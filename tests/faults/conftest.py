"""Servers that a test may do anything to, and how much of it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.end_to_end.client import Client
from tests.end_to_end.conftest import STORES
from tests.end_to_end.server import Server
from tests.support.databases import drop_postgres_database, make_postgres_database
from tests.support.event_stores import Listener

from .postgres import Postgres

ROUNDS_OF_THE_SUITE = 1
TOKEN, KEY = "phc_" + "t" * 43, "phx_" + "k" * 43
CHOSEN = {"MOTHLIGHT_PROJECT_TOKEN": TOKEN, "MOTHLIGHT_PERSONAL_API_KEY": KEY}
"""What a first start shall make, so that it needs no command before it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also what takes minutes; `make faults` does")
    parser.addoption("--rounds", type=int, help="how often a server is killed, with --long 100")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: takes minutes, runs with --long only")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long", default=False):
        return
    long = [item for item in items if item.get_closest_marker("long")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]


class Installation(NamedTuple):
    """A server with what it stands on, for one test."""

    server: Server
    listener: Listener | None = None
    """The event store over HTTP, if it is that."""

    @property
    def client(self) -> Client:
        """The first project."""
        return first_project(self.server)


@pytest.fixture
def is_long(request: pytest.FixtureRequest) -> bool:
    """Whether there is time."""
    return bool(request.config.getoption("--long", default=False))


@pytest.fixture
def rounds(request: pytest.FixtureRequest, is_long: bool) -> int:
    """How often to kill."""
    chosen: int | None = request.config.getoption("--rounds", default=None)
    return chosen or (100 if is_long else ROUNDS_OF_THE_SUITE)


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Makes servers with a home of their own; takes their settings, and `data_dir` where it lies elsewhere."""
    with ExitStack() as made:

        def make(settings: Mapping[str, str], data_dir: Path | None = None) -> Server:
            home = tmp_path / f"server{len(list(tmp_path.glob('server*')))}"
            home.mkdir()
            server = Server(home, CHOSEN | dict(settings), data_dir)
            made.callback(server.discard)
            return server

        yield make


@pytest.fixture
def embedded(new_server: Callable[..., Server]) -> Server:
    """A running server on the embedded stores."""
    return started(new_server({}))


@pytest.fixture(params=STORES)
def installation(request: pytest.FixtureRequest, new_server: Callable[..., Server]) -> Installation:
    """A running server on each pair of stores."""
    if request.param == "embedded":
        return Installation(started(new_server({})))
    settings: dict[str, str] = request.getfixturevalue("shared_stores")
    return Installation(started(new_server(settings)), request.getfixturevalue("listener"))


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    """An event store over HTTP of the test's own."""
    listener = Listener(tmp_path / "listener")
    yield listener
    listener.stop()


@pytest.fixture
def shared_stores(listener: Listener) -> Iterator[dict[str, str]]:
    """The settings for a new database of the machine's PostgreSQL, and the event store over HTTP."""
    database = make_postgres_database()
    yield {"MOTHLIGHT_DATABASE_URL": database, "MOTHLIGHT_EVENTS_URL": listener.url}
    drop_postgres_database(database)


@pytest.fixture
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL of the test's own, running."""
    with Postgres() as server:
        yield server


def started(server: Server) -> Server:
    """The server, set up and ready."""
    server.start()
    return server


def first_project(server: Server) -> Client:
    """What the first start made."""
    return Client(server.url, 1, TOKEN, KEY)
