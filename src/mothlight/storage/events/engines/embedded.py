"""The event store inside this process: chDB on a directory.

One engine per process, and one process per directory: the caller holds a lock on it before opening.
"""

from pathlib import Path

import clickhouse_connect
from clickhouse_connect.driver.client import Client

from mothlight.storage.events.clients import ClientPool
from mothlight.storage.events.limits import Limits, query_settings
from mothlight.storage.events.store import ClickHouseStore

DATABASE = "mothlight"
CLIENTS = 8
MEBIBYTE = 1024 * 1024

ENGINE_OPTIONS = {
    # The engine would take half of the machine for each cache and nearly all of it for queries.
    "max_server_memory_usage": 900 * MEBIBYTE,
    "mark_cache_size": 32 * MEBIBYTE,
    "primary_index_cache_size": 32 * MEBIBYTE,
    "index_mark_cache_size": 8 * MEBIBYTE,
    "index_uncompressed_cache_size": 8 * MEBIBYTE,
    "query_condition_cache_size": 8 * MEBIBYTE,
    "background_schedule_pool_size": 4,
    # Two merges at a time, and no new one while they take more than this.
    "background_pool_size": 2,
    "background_merges_mutations_concurrency_ratio": 1,
    "merges_mutations_memory_usage_soft_limit": 350 * MEBIBYTE,
}


SESSION_SETTINGS = {
    # With less than 1 GiB left of its memory for each thread the engine would use one thread only.
    "max_threads_min_free_memory_per_thread": 0,
    "max_insert_threads_min_free_memory_per_thread": 0,
}


def open_embedded(directory: Path, limits: Limits | None = None) -> ClickHouseStore:
    """Open or create the store in a directory. `Unavailable` when the engine cannot open it."""
    directory.mkdir(parents=True, exist_ok=True)
    settings = {**query_settings(limits or Limits()), **SESSION_SETTINGS}
    path = str(directory)

    def open_client() -> Client:
        client = clickhouse_connect.get_client(
            interface="chdb", path=path, settings=settings, chdb_options=ENGINE_OPTIONS, tz_mode="aware"
        )
        client.command(f"CREATE DATABASE IF NOT EXISTS {DATABASE}")
        client.database = DATABASE
        return client

    return ClickHouseStore(ClientPool(open_client, CLIENTS))
