"""Opens the relational database: SQLite for one node, PostgreSQL for several. One schema, the same statements."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from mothlight.model.errors import Unavailable

BUSY_SECONDS = 15
"""How long a SQLite writer waits for another, in this process or in one of the commands."""

CONNECT_SECONDS = 5
AWAY = "the metadata database does not answer"


def open_database(url: str) -> sa.Engine:
    """An engine for `sqlite:///path` or `postgresql://…`. Connects lazily.

    Raises:
        ValueError: the URL names another kind of database, or cannot be read.
    """
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as problem:
        raise ValueError(f"not a database URL: {problem}") from problem
    kind = parsed.get_backend_name()
    if kind == "postgresql":
        return sa.create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=8,
            max_overflow=8,
            pool_pre_ping=True,
            connect_args={"connect_timeout": CONNECT_SECONDS},
            pool_timeout=10,
            hide_parameters=True,
        )
    if kind == "sqlite":
        engine = sa.create_engine(
            parsed, connect_args={"timeout": BUSY_SECONDS}, pool_size=8, max_overflow=16, hide_parameters=True
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    raise ValueError(f"{kind} is not supported; use sqlite:///path or postgresql://…")


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own transaction handling begins late and never for reads; `_begin_sqlite` does it instead.
    connection.isolation_level = None
    _switch_to_wal(connection)
    for pragma in ("synchronous = FULL", "foreign_keys = ON", f"busy_timeout = {BUSY_SECONDS * 1000}"):
        connection.execute(f"PRAGMA {pragma}")


def _switch_to_wal(connection: Any) -> None:
    # Of two processes that open a new file at once, one is refused without being let wait.
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as problem:
            if problem.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _begin_sqlite(connection: sa.Connection) -> None:
    # A transaction that will write takes the write lock at once: upgrading a read lock later can fail beyond waiting.
    mode = "IMMEDIATE" if connection.get_execution_options().get("writes") else "DEFERRED"
    connection.exec_driver_sql(f"BEGIN {mode}")


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection for one or several reads of one moment.

    Raises:
        Unavailable: the database is away.
    """
    with _translated(), engine.connect() as connection:
        yield connection


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction that changes something; all or nothing.

    Raises:
        Unavailable: the database is away, or busy for too long.
    """
    with _translated(), engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


@contextmanager
def alone(engine: sa.Engine, subject: str) -> Iterator[bool]:
    """Whether nobody else works on the subject now; if so, nobody does until the end of the block.

    Between the processes of a PostgreSQL database; a SQLite file has one server anyway. A process that dies lets go.

    Raises:
        Unavailable: the database is away.
    """
    if engine.dialect.name != "postgresql":
        yield True
        return
    number = sa.func.hashtext(subject)
    with _translated(), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        is_ours = bool(connection.scalar(sa.select(sa.func.pg_try_advisory_lock(number))))
        try:
            yield is_ours
        finally:
            if is_ours:
                connection.execute(sa.select(sa.func.pg_advisory_unlock(number)))


@contextmanager
def in_turn(engine: sa.Engine, subject: str, wait_seconds: float = 20.0) -> Iterator[bool]:
    """Wait until nobody else works on the subject; nobody else does until the end of the block.

    Gives whether others may have worked on it before. Between the processes of a PostgreSQL database; a SQLite file has
    one server anyway. A process that dies lets go.

    Raises:
        Unavailable: the database is away, or somebody else did not come to an end.
    """
    if engine.dialect.name != "postgresql":
        yield False
        return
    number = sa.func.hashtext(subject)
    with _translated(), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"SET lock_timeout = {int(wait_seconds * 1000)}")
        try:
            connection.execute(sa.select(sa.func.pg_advisory_lock(number)))
            try:
                yield True
            finally:
                connection.execute(sa.select(sa.func.pg_advisory_unlock(number)))
        finally:
            # The pool hands the connection to others.
            if not connection.invalidated:
                connection.exec_driver_sql("RESET lock_timeout")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as problem:
        reason = getattr(problem, "orig", None) or problem
        raise Unavailable(AWAY, reason=f"{AWAY}: {reason}") from problem
