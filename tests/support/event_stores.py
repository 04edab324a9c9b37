"""Event stores for tests: one embedded engine and one server for the whole run, because a process can have one engine.

Tests keep apart by project: `new_project()` gives a number that no other test of the run has.
"""

import itertools
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from mothlight.storage.events.interface import EventStore

ROOT = Path(__file__).parents[2]

_projects = itertools.count(1_000_001)


def new_project() -> int:
    """A project id that is used once."""
    return next(_projects)


@pytest.fixture(scope="session")
def embedded_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one directory that the embedded engine of this process has."""
    return tmp_path_factory.mktemp("events")


@pytest.fixture(scope="session")
def embedded_store(embedded_directory: Path) -> Iterator[EventStore]:
    """The embedded store, migrated."""
    from mothlight.storage.events.engines.embedded import open_embedded

    store = open_embedded(embedded_directory)
    store.migrate()
    yield store
    store.close()


@pytest.fixture(scope="session")
def clickhouse_listener(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Listener"]:
    """A running test server of `clickhouse_listener`."""
    listener = Listener(tmp_path_factory.mktemp("listener"))
    yield listener
    listener.stop()


@pytest.fixture(scope="session")
def server_store(clickhouse_listener: "Listener") -> Iterator[EventStore]:
    """The store over HTTP, migrated."""
    from mothlight.storage.events.engines.server import open_server

    store = open_server(clickhouse_listener.url)
    store.migrate()
    yield store
    store.close()


@pytest.fixture(params=["embedded", "server"])
def event_store(request: pytest.FixtureRequest) -> EventStore:
    """Each engine in turn."""
    found: EventStore = request.getfixturevalue(f"{request.param}_store")
    return found


@pytest.fixture
def store(request: pytest.FixtureRequest) -> EventStore:
    """The engine that `MOTHLIGHT_TEST_EVENTS` names: `embedded`, unless it says `server`."""
    found: EventStore = request.getfixturevalue(f"{os.environ.get('MOTHLIGHT_TEST_EVENTS', 'embedded')}_store")
    return found


@pytest.fixture
def project() -> int:
    """A project of this test alone."""
    return new_project()


class Listener:
    """A test server as a process of its own."""

    def __init__(self, directory: Path, port: int = 0) -> None:
        self.directory = directory
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.clickhouse_listener", str(directory), str(port)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline().rsplit(" ", 1)[1])
        self.url = f"clickhouse://default:@127.0.0.1:{self.port}/mothlight"

    def trouble(self, json_text: str) -> None:
        """Make the next statements slow or failing; see the listener's own words."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/__test__", data=json_text.encode(), method="POST"
        )
        urllib.request.urlopen(request).close()

    def stop(self) -> None:
        """End it, and wait until it has ended."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)
