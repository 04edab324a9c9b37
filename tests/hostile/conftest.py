"""Whole servers on the embedded event store, one for each metadata database."""

import itertools
import json
from pathlib import Path

import pytest

from mothlight.access.first_run import FirstRun, initialise
from mothlight.bootstrap.server import build_server
from mothlight.kit.clock import system_clock
from mothlight.settings import read_settings
from mothlight.storage.metadata.engine import writing
from tests.hostile.harness import Hall
from tests.support.databases import ENGINES, drop_postgres_database, make_postgres_database
from tests.support.hostile.capture import exceptions
from tests.support.hostile.questions import Known

_first_projects = itertools.count(3_000_000, 1_000)


def open_hall(folder: Path, events: Path, database_url: str | None = None) -> Hall:
    """A server that runs, on the embedded engine of this process."""
    environment = {"MOTHLIGHT_EVENTS_URL": f"chdb://{events}", "MOTHLIGHT_SYMBOL_FETCH": "off"}
    if database_url is not None:
        environment["MOTHLIGHT_DATABASE_URL"] = database_url
    folder.mkdir(exist_ok=True)
    server = build_server(read_settings(data_dir=folder, environment=environment))
    first = next(_first_projects)
    with writing(server.stores.database) as connection:
        # All servers of a process share one event store, so their projects have ids of their own.
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"ALTER SEQUENCE projects_id_seq RESTART WITH {first}")
        else:
            connection.exec_driver_sql(f"INSERT INTO sqlite_sequence (name, seq) VALUES ('projects', {first - 1})")
        installation = initialise(connection, FirstRun(admin_password="correct horse battery"), system_clock())
    server.start()
    return Hall(server, installation)


@pytest.fixture(scope="session", params=ENGINES)
def hall(request, tmp_path_factory, embedded_directory):
    """A running server on each metadata database."""
    url = make_postgres_database() if request.param == "postgresql" else None
    opened = open_hall(tmp_path_factory.mktemp("hall"), embedded_directory, url)
    with opened.closing():
        yield opened
    if url is not None:
        drop_postgres_database(url)


@pytest.fixture(scope="session")
def known(hall: Hall) -> Known:
    """A project with issues, a release and changes."""
    batch = [{"event": "$exception", "distinct_id": "ada", "properties": properties} for properties in exceptions()]
    assert hall.call("POST", "/batch/", json.dumps({"api_key": hall.token, "batch": batch}).encode()).status == 200
    hall.settle()
    release = {"version": "1.2", "project": "shop", "hash_id": "first"}
    assert hall.ask("POST", "releases/", json.dumps(release).encode()).status == 201
    return hall.known()
