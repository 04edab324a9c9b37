"""Opens the metadata of a data directory for a command, migrated, whether or not a server is running on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from mothlight.model.access import Organization
from mothlight.model.errors import Misconfigured
from mothlight.settings import read_settings
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.migrate import open_migrated
from mothlight.storage.metadata.repositories import access as repository


def sqlite_file(url: str) -> Path | None:
    """Give the file that a `sqlite:///` URL names; None for other databases."""
    return Path(url.partition(":///")[2].partition("?")[0]) if url.startswith("sqlite:") else None


@contextmanager
def changing(data_dir: Path) -> Iterator[tuple[sa.Connection, Organization]]:
    """Open a transaction on the metadata, and name the organization that commands work in.

    Raises:
        Misconfigured: there is none, because `init` and `serve` have not run yet.
    """
    with _opened(data_dir) as engine, writing(engine) as connection:
        yield connection, _organization(connection, data_dir)


@contextmanager
def looking(data_dir: Path) -> Iterator[tuple[sa.Connection, Organization]]:
    """The same as `changing`, for commands that only read."""
    with _opened(data_dir) as engine, reading(engine) as connection:
        yield connection, _organization(connection, data_dir)


@contextmanager
def _opened(data_dir: Path) -> Iterator[sa.Engine]:
    settings = read_settings(data_dir=data_dir)
    # Opening a SQLite file makes it; a command that only looks must not.
    file = sqlite_file(settings.database_url)
    if file is not None and not file.exists():
        raise _not_initialised(settings.data_dir)
    engine = open_migrated(settings.database_url)
    try:
        yield engine
    finally:
        engine.dispose()


def _organization(connection: sa.Connection, data_dir: Path) -> Organization:
    organization = repository.find_first_organization(connection)
    if organization is None:
        raise _not_initialised(data_dir)
    return organization


def _not_initialised(data_dir: Path) -> Misconfigured:
    return Misconfigured(f"there is nothing in {data_dir} yet; run `mothlight init` or `mothlight serve` there first")
