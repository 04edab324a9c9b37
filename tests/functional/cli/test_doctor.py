"""`mothlight doctor` finds what is wrong, and says what to do."""

import json
import shutil
import socket
import threading
from collections import namedtuple
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import sqlalchemy as sa

from mothlight.cli import doctor as module
from mothlight.kit.clock import system_clock
from mothlight.kit.lock import DirectoryLock
from mothlight.storage.metadata import tables
from mothlight.storage.metadata.engine import open_database, writing


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def examine(mothlight, monkeypatch):
    """Runs the doctor; gives its exit code and the findings by check."""
    monkeypatch.setenv("MOTHLIGHT_PORT", str(_free_port()))

    def call(*arguments):
        done = mothlight("doctor", "--json", *arguments)
        return done.code, {each["check"]: each for each in json.loads(done.out)}

    return call


@pytest.fixture
def serving(monkeypatch):
    """Lets a server answer `/_readyz` as it is told."""
    servers = []

    def start(status, body):
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status if self.path == "/_readyz" else 404)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = HTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        servers.append(server)
        monkeypatch.setenv("MOTHLIGHT_PORT", str(server.server_port))

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_sound_installation_has_nothing_wrong(examine):
    code, found = examine()

    assert code == 0
    assert set(found) >= {
        "settings",
        "data directory",
        "database",
        "events",
        "clock",
        "server",
        "browser scripts",
        "retention",
    }
    assert {each["state"] for each in found.values()} <= {"ok", "note"}


def test_people_get_a_line_for_each_check(mothlight, monkeypatch):
    monkeypatch.setenv("MOTHLIGHT_PORT", str(_free_port()))
    done = mothlight("doctor")

    assert done.code == 0
    assert "ok    retention: events are kept for 90 days" in done.out.splitlines()


def test_before_init_it_says_what_to_run(command, monkeypatch):
    monkeypatch.setenv("MOTHLIGHT_PORT", str(_free_port()))
    done = command("doctor")

    assert done.code == 1
    assert f"wrong data directory: {command.data_dir} is not there" in done.out
    assert "Run `mothlight init` or `mothlight serve`." in done.out
    assert not command.data_dir.exists()


def test_a_misspelt_variable_is_noted(examine, monkeypatch):
    monkeypatch.setenv("MOTHLIGHT_RETENTION_DAY", "3")
    monkeypatch.setenv("MOTHLIGHT_ADMIN_EMAIL", "known@moths.test")
    code, found = examine()

    assert (code, found["settings"]["state"]) == (0, "note")
    assert found["settings"]["text"] == "nothing reads MOTHLIGHT_RETENTION_DAY"


def test_little_space_is_wrong(examine, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12, 10**9))
    code, found = examine()

    assert (code, found["data directory"]["state"]) == (1, "wrong")
    assert "0.9 GiB free" in found["data directory"]["text"]


def test_a_database_that_does_not_answer_is_wrong(examine, monkeypatch):
    monkeypatch.setenv("MOTHLIGHT_DATABASE_URL", "postgresql://u@127.0.0.1:9/d")
    code, found = examine()

    assert (code, found["database"]["state"]) == (1, "wrong")
    assert "\n" not in found["database"]["text"]
    assert "MOTHLIGHT_DATABASE_URL" in found["database"]["advice"]


@pytest.mark.parametrize(
    ("revision", "state", "text"),
    [("0000", "note", "it has schema 0000"), ("9999", "wrong", "a newer version wrote it (schema 9999)")],
)
def test_another_schema_is_named(examine, monkeypatch, database_url, revision, state, text):
    monkeypatch.setattr(module, "current_revision", lambda _: revision)
    _, found = examine()

    assert (found["database"]["state"], found["database"]["text"]) == (state, text)


def test_a_database_where_nobody_is_set_up_is_wrong(command, database_url, monkeypatch):
    monkeypatch.setenv("MOTHLIGHT_DATABASE_URL", database_url)
    command.data_dir.mkdir()
    done = command("doctor")

    assert done.code == 1
    assert "wrong database: nobody is set up in it" in done.out


def test_an_embedded_event_store_that_was_not_made_yet_is_no_trouble(examine):
    assert examine()[1]["events"]["text"] == "there are none yet; `mothlight serve` makes the store"


def test_an_event_store_that_answers_is_ok(examine, monkeypatch, clickhouse_listener):
    monkeypatch.setenv("MOTHLIGHT_EVENTS_URL", clickhouse_listener.url)

    assert examine()[1]["events"]["text"] == "the event store answers"


@pytest.mark.parametrize("url", ["clickhouse://127.0.0.1:9/events", "clickhouse://127.0.0.1:port/events"])
def test_an_event_store_that_does_not_answer_is_wrong(examine, monkeypatch, url):
    monkeypatch.setenv("MOTHLIGHT_EVENTS_URL", url)
    code, found = examine()

    assert (code, found["events"]["state"]) == (1, "wrong")
    assert "MOTHLIGHT_EVENTS_URL" in found["events"]["advice"]


def test_a_clock_that_went_back_is_wrong(examine, database_url):
    engine = open_database(database_url)
    with writing(engine) as connection:
        connection.execute(sa.update(tables.api_keys).values(last_used_at=system_clock() + timedelta(days=400)))
    engine.dispose()
    code, found = examine()

    assert (code, found["clock"]["state"]) == (1, "wrong")
    assert "but keys were used at" in found["clock"]["text"]


def test_a_taken_port_is_wrong(examine):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, found = examine("--port", str(taken.getsockname()[1]))

    assert (code, found["server"]["state"]) == (1, "wrong")
    assert "cannot listen on 127.0.0.1" in found["server"]["text"]


@pytest.mark.parametrize(
    ("status", "body", "state", "text"),
    [
        (200, b"", "ok", "is ready at http://127.0.0.1:"),
        (503, b'{"reason": "disk full"}', "wrong", 'is not ready: {"reason": "disk full"}'),
        (500, b"oops", "wrong", "is not ready: HTTP 500"),
    ],
)
def test_a_running_server_is_asked(mothlight, examine, serving, status, body, state, text):
    serving(status, body)
    with DirectoryLock(mothlight.data_dir, system_clock):
        _, found = examine()

    assert found["server"]["state"] == state
    assert text in found["server"]["text"]


def test_a_running_server_that_does_not_answer_is_wrong(mothlight, examine):
    with DirectoryLock(mothlight.data_dir, system_clock):
        code, found = examine()

    assert (code, found["server"]["state"]) == (1, "wrong")
    assert "holds the data directory, but" in found["server"]["text"]


def test_keeping_everything_is_noted(examine, monkeypatch):
    monkeypatch.setenv("MOTHLIGHT_RETENTION_DAYS", "0")
    code, found = examine()

    assert (code, found["retention"]["state"]) == (0, "note")
