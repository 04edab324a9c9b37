"""The event store's tables, as numbered migrations.

To add one: append a function to MIGRATIONS; never change one that has been released.

With a cluster each table is two: `<name>_local` on every shard, replicated, and `<name>`, which distributes. The DDL of
both forms stands in `_table`; nothing else knows of clusters.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from mothlight.storage.events.properties import property_text

TABLES = ("events", "stacks", "owners", "issues", "persons", "person_overrides", "drops", "moving_events")

# Events are sorted so that one project's days are read and nothing else. `toDate32`, because `toDate` wraps outside of
# 1970 to 2149, and clients' clocks do show such dates.
DAY = "toDate32(timestamp)"
"""The day of an event, by which events of a project are sorted. A query that wants some days only must name it."""

WEEK = f"intDiv(toInt32({DAY}) + 25567, 7)"
"""Weeks since Monday, 1 January 1900, the first day that a time can have here."""

NOBODY = "00000000-0000-0000-0000-000000000000"
"""The person of an event without one."""

_ZSTD = "CODEC(ZSTD(1))"
_SEARCHED = " || ".join(
    [
        """'["' || arrayStringConcat(types, '","') || '"]\\n'""",
        """'["' || arrayStringConcat(messages, '","') || '"]\\n'""",
        """arrayStringConcat(texts, '\\n') || '\\n'""",
        f"ifNull({property_text('email')}, '')",
    ]
)
_USER_KEY = f"if(person_id = toUUID('{NOBODY}'), cityHash64(distinct_id), cityHash64(person_id))"


class Table(msgspec.Struct, frozen=True):
    """A table without the words that depend on where it lies."""

    name: str
    columns: Sequence[str]
    engine: str
    """`MergeTree` or `ReplacingMergeTree(version)`."""
    order_by: str
    shard_by: str
    """An integer expression: rows that must be together have the same."""
    partition_by: str = ""
    settings: Mapping[str, int] = {}


SCHEMA_VERSION = Table(
    name="schema_version",
    columns=["singleton UInt8", "version UInt32"],
    engine="ReplacingMergeTree(version)",
    order_by="singleton",
    shard_by="singleton",
)

EVENTS = Table(
    name="events",
    columns=[
        "project_id UInt32",
        f"timestamp DateTime64(6, 'UTC') {_ZSTD}",
        f"received_at DateTime64(6, 'UTC') {_ZSTD}",
        f"uuid UUID {_ZSTD}",
        f"grouping_key UInt64 {_ZSTD}",
        f"stack LowCardinality(String) {_ZSTD}",
        f"distinct_id String {_ZSTD}",
        f"person_id UUID {_ZSTD}",
        f"session_key UInt64 {_ZSTD}",
        f"lib LowCardinality(String) {_ZSTD}",
        f"types Array(LowCardinality(String)) {_ZSTD}",
        f"messages Array(String) {_ZSTD}",
        "handled Bool",
        f"exceptions String {_ZSTD}",
        f"release LowCardinality(String) {_ZSTD}",
        f"release_names Array(LowCardinality(String)) {_ZSTD}",
        f"properties JSON(max_dynamic_paths = 256) {_ZSTD}",
        f"texts Array(LowCardinality(String)) {_ZSTD}",
        # All that a search looks for in the event itself, lists as their JSON text. One text is searched in a tenth of
        # the time of four.
        f"searched String MATERIALIZED {_SEARCHED} {_ZSTD}",
        # The property that the usual test-account filter looks at, so in nearly every question.
        f"host LowCardinality(String) MATERIALIZED ifNull({property_text('$host')}, '') {_ZSTD}",
        # Whose event it is, for counting users: a number is counted in half the time of a UUID or a text.
        f"user_key UInt64 MATERIALIZED {_USER_KEY} {_ZSTD}",
        "INDEX received_at_range received_at TYPE minmax GRANULARITY 1",
        "INDEX uuid_bloom uuid TYPE bloom_filter(0.00001) GRANULARITY 1",
    ],
    engine="MergeTree",
    order_by=f"(project_id, {DAY}, grouping_key, timestamp, uuid)",
    shard_by="cityHash64(project_id, grouping_key)",
    partition_by=WEEK,
    settings={
        # Each of the hundred streams of a merge has buffers of this size: 1 MiB would make it 400 MB for 1 % of disk.
        "max_compress_block_size": 262_144,
        "max_parts_to_merge_at_once": 16,
        # With few threads for merges the default leaves parts above 20 MB alone.
        "max_bytes_to_merge_at_min_space_in_pool": 4 * 1024**3,
        # A block that is sent twice because its answer was lost is stored once. Replicated tables do so by themselves.
        "non_replicated_deduplication_window": 100,
    },
)

STACKS = Table(
    name="stacks",
    columns=[
        "project_id UInt32",
        f"hash String {_ZSTD}",
        "version UInt64",
        f"created_at DateTime64(6, 'UTC') {_ZSTD}",
        f"raw String {_ZSTD}",
        f"frames String {_ZSTD}",
        f"contexts String {_ZSTD}",
        "legacy LowCardinality(String)",
        f"sources Array(String) {_ZSTD}",
        f"functions Array(String) {_ZSTD}",
        f"texts String {_ZSTD}",
    ],
    engine="ReplacingMergeTree(version)",
    order_by="(project_id, hash)",
    shard_by="cityHash64(project_id, hash)",
)

OWNERS = Table(
    name="owners",
    columns=[
        "project_id UInt32",
        f"grouping_key UInt64 {_ZSTD}",
        f"fingerprint String {_ZSTD}",
        "fingerprint_version LowCardinality(String)",
        f"record String {_ZSTD}",
        f"issue_id UUID {_ZSTD}",
        f"first_seen DateTime64(6, 'UTC') {_ZSTD}",
        f"version UInt64 {_ZSTD}",
    ],
    engine="ReplacingMergeTree(version)",
    order_by="(project_id, grouping_key)",
    shard_by="cityHash64(project_id, grouping_key)",
)

ISSUES = Table(
    name="issues",
    columns=[
        "project_id UInt32",
        "issue_id UUID",
        f"name Nullable(String) {_ZSTD}",
        f"description Nullable(String) {_ZSTD}",
        "status LowCardinality(String)",
        "assignee_user UInt64",
        "assignee_role String",
        "deleted UInt8",
        "version UInt64",
    ],
    engine="ReplacingMergeTree(version)",
    order_by="(project_id, issue_id)",
    shard_by="cityHash64(project_id, issue_id)",
)

PERSONS = Table(
    name="persons",
    columns=[
        "project_id UInt32",
        "person_id UUID",
        f"distinct_ids Array(String) {_ZSTD}",
        f"properties JSON(max_dynamic_paths = 256) {_ZSTD}",
        f"email String {_ZSTD}",
        "deleted UInt8",
        "version UInt64",
    ],
    engine="ReplacingMergeTree(version)",
    order_by="(project_id, person_id)",
    shard_by="cityHash64(project_id, person_id)",
)

PERSON_OVERRIDES = Table(
    name="person_overrides",
    columns=["project_id UInt32", "old_person_id UUID", "person_id UUID", "version UInt64"],
    engine="ReplacingMergeTree(version)",
    order_by="(project_id, old_person_id)",
    shard_by="cityHash64(project_id, old_person_id)",
)


DROPS = Table(
    name="drops",
    columns=[
        "project_id UInt32",
        "timestamp DateTime64(6, 'UTC') CODEC(Delta, LZ4)",
        "received_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1))",
        "uuid UUID CODEC(NONE)",
        f"grouping_key UInt64 {_ZSTD}",
        f"environment LowCardinality(String) {_ZSTD}",
        f"reason LowCardinality(String) {_ZSTD}",
        "INDEX received_at_range received_at TYPE minmax GRANULARITY 1",
        "INDEX uuid_bloom uuid TYPE bloom_filter(0.00001) GRANULARITY 1",
    ],
    engine="MergeTree",
    order_by=f"(project_id, {DAY}, grouping_key, timestamp, uuid)",
    shard_by="cityHash64(project_id, grouping_key)",
    partition_by=WEEK,
    settings={"non_replicated_deduplication_window": 100},
)


def create_table(table: Table, cluster: str | None = None) -> list[str]:
    """The statements that create a table on one server, or on every server of a cluster with its distributed form."""
    if cluster is None:
        return [_create(table, table.name, "", table.engine)]
    where = f" ON CLUSTER {quoted_name(cluster)}"
    local = f"{table.name}_local"
    distributed = (
        f"CREATE TABLE IF NOT EXISTS {table.name}{where} AS {local}\n"
        f"ENGINE = Distributed({quoted_name(cluster)}, currentDatabase(), {local}, {table.shard_by})"
    )
    return [_create(table, local, where, f"Replicated{table.engine}"), distributed]


def local_name(table: str, cluster: str | None = None) -> str:
    """The table that holds the rows: what mutations and partitions are about."""
    return table if cluster is None else f"{table}_local"


def on_cluster(cluster: str | None) -> str:
    """The clause that makes a statement about tables run on every server."""
    return "" if cluster is None else f" ON CLUSTER {quoted_name(cluster)}"


def quoted_name(name: str) -> str:
    """A database's or cluster's name as an identifier."""
    escaped = name.replace("\\", "\\\\").replace("`", "\\`")
    return f"`{escaped}`"


def _create(table: Table, name: str, where: str, engine: str) -> str:
    columns = ",\n    ".join(table.columns)
    partition = f"\nPARTITION BY {table.partition_by}" if table.partition_by else ""
    settings = ", ".join(f"{key} = {value}" for key, value in table.settings.items())
    settings = f"\nSETTINGS {settings}" if settings else ""
    return (
        f"CREATE TABLE IF NOT EXISTS {name}{where} (\n    {columns}\n)\n"
        f"ENGINE = {engine}{partition}\nORDER BY {table.order_by}{settings}"
    )


def _first_tables(cluster: str | None) -> list[str]:
    tables = (EVENTS, STACKS, OWNERS, ISSUES, PERSONS, PERSON_OVERRIDES)
    return [statement for table in tables for statement in create_table(table, cluster)]


def _environments(cluster: str | None) -> list[str]:
    """Where each event comes from, and the state of issues there. What was there before names no environment."""
    return [
        *_add_columns("events", [f"environment LowCardinality(String) {_ZSTD}"], cluster),
        *_add_columns(
            "issues",
            [
                "environments Array(String)",
                # The state in each of these, in the same order.
                "environment_statuses Array(LowCardinality(String))",
            ],
            cluster,
        ),
    ]


def _add_columns(table: str, columns: Sequence[str], cluster: str | None) -> list[str]:
    """The statements that add columns to a table, in both of its forms."""
    added = ", ".join(f"ADD COLUMN IF NOT EXISTS {column}" for column in columns)
    names = [table] if cluster is None else [f"{table}_local", table]
    return [f"ALTER TABLE {name}{on_cluster(cluster)} {added}" for name in names]


def _quicker_times(cluster: str | None) -> list[str]:
    """Times, which nearly every question reads, in half of the time and of the space; old parts follow when merged."""
    events = f"{local_name(EVENTS.name, cluster)}{on_cluster(cluster)}"
    return [
        f"ALTER TABLE {events} MODIFY COLUMN timestamp DateTime64(6, 'UTC') CODEC(Delta, LZ4)",
        f"ALTER TABLE {events} MODIFY COLUMN received_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1))",
    ]


def _symbols_of_stacks(cluster: str | None) -> list[str]:
    """What symbol sets had to do with each stack."""
    return _add_columns(STACKS.name, ["symbols String"], cluster)


def _limits(cluster: str | None) -> list[str]:
    """Events that limits kept out, and which events are part of an import."""
    return [*create_table(DROPS, cluster), *_add_columns(EVENTS.name, ["historical Bool"], cluster)]


MOVING_EVENTS = Table(
    name="moving_events",
    columns=[
        # Whole events on their way to another grouping key: out of `events`, and not in again yet.
        "move UUID",
        "from_key UInt64",
        *(column for column in EVENTS.columns if " MATERIALIZED " not in column and not column.startswith("INDEX ")),
        "environment LowCardinality(String)",
        "historical Bool",
    ],
    engine="MergeTree",
    order_by="(project_id, move, from_key, uuid)",
    # Where the event lies until it is moved.
    shard_by="cityHash64(project_id, from_key)",
)


def _moving_events(cluster: str | None) -> list[str]:
    """Room for events that change their grouping key."""
    return create_table(MOVING_EVENTS, cluster)


def _references_of_stacks(cluster: str | None) -> list[str]:
    """What each stack asks symbol sets for, and what it still waits for; of stacks from before nobody knows."""
    columns = [f"refs Array(String) {_ZSTD}", f"waits Array(String) {_ZSTD}", "knows_refs UInt8"]
    return _add_columns(STACKS.name, columns, cluster)


MIGRATIONS: Sequence[Callable[[str | None], list[str]]] = (
    _first_tables,
    _environments,
    _quicker_times,
    _symbols_of_stacks,
    _limits,
    _moving_events,
    _references_of_stacks,
)
"""Version n is reached by the nth entry. Each gives the statements for a cluster's name or None."""
