"""Brings a database to the schema of `tables.py`. Every start and command calls it; mostly it finds nothing to do."""

from pathlib import Path

import sqlalchemy as sa

from mothlight.model.errors import Misconfigured
from mothlight.storage.metadata.engine import open_database, reading, writing

LATEST_REVISION = "0015"
"""The newest file in `migrations/versions`. Stands here so that a start need not load Alembic to see that."""

_LOCK = 7_710_467_233  # any number that nobody else takes in this database
_VERSION_TABLE = sa.table("alembic_version", sa.column("version_num", sa.Text))


def open_migrated(url: str) -> sa.Engine:
    """Open the database and bring it to this version's schema.

    Raises:
        Misconfigured: the URL cannot be used, or a newer version has written the database.
        Unavailable: the database is away.
    """
    try:
        engine = open_database(url)
    except ValueError as problem:
        raise Misconfigured(f"MOTHLIGHT_DATABASE_URL cannot be used: {problem}") from problem
    try:
        migrate(engine)
    except sa.exc.DBAPIError as problem:
        engine.dispose()
        raise Misconfigured(f"the metadata database cannot be used: {problem.orig}") from problem
    except BaseException:
        engine.dispose()
        raise
    return engine


def migrate(engine: sa.Engine) -> bool:
    """Apply the missing steps, all or none. Several processes may call it at once: one works, the others wait.

    Returns:
        Whether anything was missing.

    Raises:
        Misconfigured: a newer program has written this database.
        Unavailable: the database is away.
    """
    with reading(engine) as connection:
        if _revision(connection) == LATEST_REVISION:
            return False
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        if (revision := _revision(connection)) == LATEST_REVISION:
            return False
        _upgrade(connection, revision)
        return True


def current_revision(engine: sa.Engine) -> str | None:
    """The last step that this database has seen; None for an empty one."""
    with reading(engine) as connection:
        return _revision(connection)


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table(_VERSION_TABLE.name):
        return None
    return connection.scalar(sa.select(_VERSION_TABLE.c.version_num))


def _upgrade(connection: sa.Connection, revision: str | None) -> None:
    # Loaded late: a start that has nothing to migrate does not need it.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    try:
        command.upgrade(config, "head")
    except CommandError as problem:
        raise Misconfigured(
            f"the database has schema {revision}, which this version of Mothlight does not know; run the newer one"
        ) from problem
