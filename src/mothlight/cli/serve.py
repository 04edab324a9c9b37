"""`mothlight serve`: the whole product in one process."""

import gc
import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from mothlight import bootstrap
from mothlight.cli.data_directory import prepare_directory
from mothlight.cli.first_run_options import NOTHING_CHOSEN, FirstRunOptions
from mothlight.cli.options import DEFAULT_DATA_DIR, DataDir
from mothlight.kit.clock import system_clock
from mothlight.kit.open_files import allow_most_open_files
from mothlight.settings import read_settings

if TYPE_CHECKING:
    import sqlalchemy as sa

    from mothlight.model.finding import Finding


def serve(
    *,
    host: Annotated[str, Parameter(help="The address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[int, Parameter(help="The port to listen on.")] = 8080,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    options: FirstRunOptions = NOTHING_CHOSEN,
) -> int:
    """Run the whole product in one process, until SIGTERM or SIGINT.

    A first run also creates the first organization, user, project and keys, and prints their secrets once.
    """
    settings = read_settings(data_dir=data_dir, host=host, port=port)
    prepare_directory(settings.data_dir)

    def begin(database: "sa.Engine") -> None:
        # Loaded late: the engine of the event store starts before them.
        from mothlight.access.first_run import initialise
        from mothlight.cli.init import describe
        from mothlight.storage.metadata.engine import writing

        with writing(database) as connection:
            installation = initialise(connection, options.chosen, system_clock())
            # Shown before it is made for good: secrets that nobody saw would be lost.
            print(describe(installation, settings) if installation.is_new else f"Mothlight is at {settings.address}")
            sys.stdout.flush()

    def examine_it() -> "list[Finding]":
        from mothlight.cli.doctor import examine

        return examine(settings)

    gc.enable()
    allow_most_open_files()
    return bootstrap.serve(settings, begin, examine_it)
