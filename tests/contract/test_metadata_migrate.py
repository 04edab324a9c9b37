"""A database comes to the schema of `tables.py`, once, whoever starts at the same moment."""

import multiprocessing
import time

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from mothlight.model.errors import Misconfigured
from mothlight.storage.metadata import migrate as module
from mothlight.storage.metadata.engine import open_database
from mothlight.storage.metadata.migrate import LATEST_REVISION, current_revision, migrate
from mothlight.storage.metadata.tables import metadata


def _migrate_at(url: str, moment: float) -> None:
    engine = open_database(url)
    time.sleep(max(0, moment - time.time()))
    migrate(engine)
    engine.dispose()


def test_an_empty_database_gets_exactly_the_tables(empty_database_url):
    engine = open_database(empty_database_url)
    migrate(engine)

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        assert set(sa.inspect(connection).get_table_names()) == {*metadata.tables, "alembic_version"}
    engine.dispose()


def test_deletion_rules_and_indexes_are_those_of_the_tables(empty_database_url):
    engine = open_database(empty_database_url)
    migrate(engine)
    inspector = sa.inspect(engine)
    rules = {
        (table, key["constrained_columns"][0]): key["options"].get("ondelete")
        for table in metadata.tables
        for key in inspector.get_foreign_keys(table)
    }

    assert rules == {
        (table.name, column.name): key.ondelete
        for table in metadata.tables.values()
        for column in table.columns
        for key in column.foreign_keys
    }
    engine.dispose()


def test_a_second_call_does_nothing_and_is_quick(engine):
    started = time.perf_counter()
    changed = migrate(engine)

    assert not changed
    assert time.perf_counter() - started < 0.5
    assert current_revision(engine) == LATEST_REVISION


def test_a_call_on_a_database_that_is_up_to_date_does_not_load_alembic(engine, monkeypatch):
    monkeypatch.setattr(module, "_upgrade", lambda *_: pytest.fail("a migration ran"))

    assert not migrate(engine)


def test_processes_that_start_at_once_migrate_once(empty_database_url):
    context = multiprocessing.get_context("spawn")
    moment = time.time() + 2
    starters = [context.Process(target=_migrate_at, args=(empty_database_url, moment)) for _ in range(3)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join(60)

    assert [starter.exitcode for starter in starters] == [0, 0, 0]
    engine = open_database(empty_database_url)
    assert current_revision(engine) == LATEST_REVISION
    engine.dispose()


def test_a_database_of_a_newer_program_is_refused_and_left_alone(engine):
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(Misconfigured, match="schema 9999"):
        migrate(engine)
    assert current_revision(engine) == "9999"
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{LATEST_REVISION}'")


def test_the_latest_revision_is_the_newest_file():
    scripts = ScriptDirectory(str(module.__file__).replace("migrate.py", "migrations"))

    assert scripts.get_heads() == [LATEST_REVISION]
