"""`mothlight mirror …`."""

import logging
from pathlib import Path

from mothlight.cli.metadata import changing
from mothlight.cli.options import DEFAULT_DATA_DIR, DataDir
from mothlight.kit.clock import system_clock
from mothlight.kit.lock import DirectoryLock, LockHeld
from mothlight.settings import read_settings
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.mirror import ask_for_rebuild, requests_for_rebuild


def rebuild(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Write the event store's copies of issues, persons and who owns events anew, as after restoring a backup."""
    with changing(data_dir) as (connection, _):
        ask_for_rebuild(connection, system_clock())
    try:
        is_done = _write_here(data_dir)
    except LockHeld as server:
        print(f"The running server (process {server.pid}) writes all copies anew; its log says when that is done")
    else:
        print("All copies are written anew" if is_done else "Another server is writing all copies anew")


def _write_here(data_dir: Path) -> bool:
    """Do what was asked for, if no server runs on the directory, which would do it; False when another one does.

    Raises:
        LockHeld: one does.
    """
    settings = read_settings(data_dir=data_dir)
    with DirectoryLock(settings.data_dir, system_clock):
        from mothlight.bootstrap.stores import open_stores
        from mothlight.kit.logs import configure_logs
        from mothlight.storage.mirror import Mirror
        from mothlight.storage.mirror_rebuild import catch_up

        configure_logs(level=logging.WARNING)
        stores = open_stores(settings)
        try:
            catch_up(stores.database, stores.events, Mirror(stores.database, stores.events), system_clock)
            with reading(stores.database) as connection:
                return not requests_for_rebuild(connection)
        finally:
            stores.close()
