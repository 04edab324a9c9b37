"""Fresh, migrated metadata databases for tests, on both engines.

A test that takes `engine` runs twice: on SQLite (a copy of a database migrated once) and on PostgreSQL (one database
for the whole run, emptied between tests). `database_url` gives the same database's address, for tests that open it
themselves or start a program on it; `empty_database_url` one without any table.

With `MOTHLIGHT_TEST_DATABASES=in-turn` such a test runs once, every other one on the other database: the whole suite
does this with the API and the pages, whose thousands of tests see the same few repositories again and again.

The PostgreSQL server is `MOTHLIGHT_TEST_POSTGRES_URL`, by default the one on this machine. Where it does not answer the
tests are skipped with the reason; on CI (`CI=true`) they fail.
"""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4
from zlib import crc32

import pytest
import sqlalchemy as sa

from mothlight.storage.metadata.engine import open_database
from mothlight.storage.metadata.migrate import migrate
from mothlight.storage.metadata.tables import metadata

SERVER = os.environ.get("MOTHLIGHT_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
ENGINES = ("sqlite", "postgresql")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave a test one database where databases take turns. By its name, so that a test always gets the same one."""
    if os.environ.get("MOTHLIGHT_TEST_DATABASES") != "in-turn":
        return
    others_turn = [item for item in items if _database(item) not in (None, _whose_turn(item))]
    config.hook.pytest_deselected(items=others_turn)
    left_out = set(others_turn)
    items[:] = [item for item in items if item not in left_out]


def _database(item: pytest.Item) -> str | None:
    called = getattr(item, "callspec", None)
    return called.params.get("database_url") if called else None


def _whose_turn(item: pytest.Item) -> str:
    name = re.sub("|".join(ENGINES), "", item.nodeid)
    return ENGINES[crc32(name.encode()) % len(ENGINES)]


def make_postgres_database() -> str:
    """The URL of a new, empty database; skips or fails the test without a server."""
    name = f"mothlight_test_{uuid4().hex[:16]}"
    try:
        # Nothing here must survive a crash, so a commit need not wait for the disk.
        _run_on_server(f'CREATE DATABASE "{name}"', f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    except sa.exc.OperationalError as problem:
        reason = f"no PostgreSQL at {sa.make_url(SERVER)!r}: {problem.orig}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return sa.make_url(SERVER).set(database=name).render_as_string(hide_password=False)


def drop_postgres_database(url: str) -> None:
    """Remove what `make_postgres_database` made, whoever is still connected."""
    _run_on_server(f'DROP DATABASE IF EXISTS "{sa.make_url(url).database}" WITH (FORCE)')


def _run_on_server(*statements: str) -> None:
    server = sa.create_engine(sa.make_url(SERVER).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    try:
        with server.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
    finally:
        server.dispose()


def _empty(url: str) -> None:
    engine = open_database(url)
    names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
    engine.dispose()


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "mothlight.db"
    engine = open_database(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def _postgres_database() -> Iterator[str]:
    url = make_postgres_database()
    engine = open_database(url)
    migrate(engine)
    engine.dispose()
    yield url
    drop_postgres_database(url)


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated database without rows."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("_sqlite_template"), tmp_path / "mothlight.db")
        yield f"sqlite:///{tmp_path / 'mothlight.db'}"
    else:
        url: str = request.getfixturevalue("_postgres_database")
        yield url
        _empty(url)


@pytest.fixture(params=ENGINES)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'mothlight.db'}"
    else:
        url = make_postgres_database()
        yield url
        drop_postgres_database(url)


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    """A migrated database without rows, open."""
    opened = open_database(database_url)
    yield opened
    opened.dispose()
