"""The DDL for a cluster, which no test here can run: replicated tables and distributed ones over them."""

import re

import pytest

from mothlight.storage.events import schema
from mothlight.storage.events.rows import EventRow, IssueRow, OverrideRow, OwnerRow, PersonRow, StackRow

ALL = (schema.EVENTS, schema.STACKS, schema.OWNERS, schema.ISSUES, schema.PERSONS, schema.PERSON_OVERRIDES)
ROWS = (EventRow, StackRow, OwnerRow, IssueRow, PersonRow, OverrideRow)


@pytest.mark.parametrize(
    ("table", "row"), list(zip(ALL, ROWS, strict=True)), ids=lambda each: getattr(each, "name", None)
)
def test_a_table_has_the_columns_of_its_row(table, row):
    written = [column for column in table.columns if not column.startswith("INDEX") and "MATERIALIZED" not in column]
    later = [statement for migration in schema.MIGRATIONS[1:] for statement in migration(None)]
    of_table = [statement for statement in later if statement.startswith(f"ALTER TABLE {table.name} ")]
    added = re.findall(r"ADD COLUMN IF NOT EXISTS (\w+)", " ".join(of_table))

    assert {column.split()[0] for column in written} | {*added} == {*row.__struct_fields__}


@pytest.mark.parametrize("table", ALL, ids=lambda table: table.name)
def test_on_a_cluster_a_table_is_replicated_and_distributed(table):
    local, distributed = schema.create_table(table, "main`s")

    assert local.startswith(f"CREATE TABLE IF NOT EXISTS {table.name}_local ON CLUSTER `main\\`s` (")
    assert f"ENGINE = Replicated{table.engine}\n" in local
    assert f"ORDER BY {table.order_by}" in local
    assert all(f"{name} = " in local for name in table.settings)
    assert distributed == (
        f"CREATE TABLE IF NOT EXISTS {table.name} ON CLUSTER `main\\`s` AS {table.name}_local\n"
        f"ENGINE = Distributed(`main\\`s`, currentDatabase(), {table.name}_local, {table.shard_by})"
    )


@pytest.mark.parametrize("table", ALL, ids=lambda table: table.name)
def test_without_a_cluster_a_table_is_one_statement(table):
    (statement,) = schema.create_table(table)

    assert statement.startswith(f"CREATE TABLE IF NOT EXISTS {table.name} (")
    assert "Replicated" not in statement
    assert "CLUSTER" not in statement


@pytest.mark.parametrize("table", ALL[1:], ids=lambda table: table.name)
def test_versions_of_a_row_lie_on_one_shard(table):
    """What is replaced by version must meet: the shard depends on the whole sorting key and nothing else."""
    key = re.findall(r"\w+", table.order_by)

    assert re.findall(r"\w+", table.shard_by.removeprefix("cityHash64")) == key
    assert table.engine == "ReplacingMergeTree(version)"


def test_every_table_is_created_once():
    statements = [statement for migration in schema.MIGRATIONS for statement in migration(None)]

    assert re.findall(r"CREATE TABLE IF NOT EXISTS (\w+)", " ".join(statements)) == list(schema.TABLES)


def test_names_of_the_tables_that_hold_rows():
    assert (schema.local_name("events"), schema.local_name("events", "c")) == ("events", "events_local")
    assert (schema.on_cluster(None), schema.on_cluster("c")) == ("", " ON CLUSTER `c`")
