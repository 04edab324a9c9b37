"""Whatever is wrong at a start ends in one clear line on standard error and an exit code, never in a traceback."""

import os
import socket
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from mothlight import __version__
from mothlight.kit.lock import DirectoryLock


def _is_one_line(done, code, text):
    assert (done.code, done.out, done.err.count("\n")) == (code, "", 1), done
    assert done.err.startswith("mothlight: ")
    assert text in done.err


@pytest.fixture
def taken_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["nope"], 'Unknown command "nope"'),
        (["projects", "nope"], 'Unknown command "nope"'),
        (["projects", "create"], "NAME"),
        (["projects", "create", "a", "b"], "b"),
        (["projects", "create", "a", "--nope"], "--nope"),
        (["projects", "create", "a", "--token"], "--token"),
        (["projects", "delete", "one", "--yes"], '"one"'),
        (["keys", "create", "--project", "one"], '"one"'),
        (["keys", "revoke", "one"], '"one"'),
        (["users", "create", "bob@moths.test", "--role", "boss"], '"boss"'),
        (["serve", "--port", "http"], '"http"'),
        (["init", "--nope"], "--nope"),
    ],
)
def test_a_command_that_is_called_wrongly_says_how_and_ends_with_2(command, arguments, text):
    _is_one_line(command(*arguments), 2, text)


@pytest.mark.parametrize("arguments", ["projects list", "projects create Shop", "keys create", "roles list"])
def test_nothing_works_before_init_and_nothing_is_made(command, arguments):
    _is_one_line(command(*arguments.split()), 1, "there is nothing in")

    assert not command.data_dir.exists()


def test_an_empty_server_database_is_no_installation(mothlight, monkeypatch, tmp_path):
    monkeypatch.setenv("MOTHLIGHT_DATABASE_URL", f"sqlite:///{tmp_path}/other.db")
    (tmp_path / "other.db").touch()

    _is_one_line(mothlight("projects", "list"), 1, "there is nothing in")


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("mysql://h/d", "MOTHLIGHT_DATABASE_URL must start with sqlite:// or postgresql://"),
        ("postgresql://u@127.0.0.1:port/d", "MOTHLIGHT_DATABASE_URL cannot be used"),
        ("postgresql://u@127.0.0.1:9/d", "the metadata database does not answer"),
        ("sqlite:////nowhere/at/all/x.db", "the metadata database does not answer: unable to open"),
    ],
)
@pytest.mark.parametrize("arguments", [["init"], ["serve"]])
def test_a_database_that_is_not_there_is_said_so(command, monkeypatch, arguments, url, text):
    monkeypatch.setenv("MOTHLIGHT_DATABASE_URL", url)
    monkeypatch.setenv("MOTHLIGHT_PORT", "8099")

    _is_one_line(command(*arguments), 1, text)


def test_a_file_that_is_no_database_is_said_so(command):
    command.data_dir.mkdir()
    (command.data_dir / "mothlight.db").write_text("words " * 1000)

    _is_one_line(command("init"), 1, "file is not a database")


def test_a_database_of_a_newer_version_is_said_so(mothlight, database_url):
    import sqlalchemy as sa

    from mothlight.storage.metadata.engine import open_database
    from mothlight.storage.metadata.migrate import LATEST_REVISION

    engine = open_database(database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    _is_one_line(mothlight("projects", "list"), 1, "run the newer one")

    with engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE alembic_version SET version_num = '{LATEST_REVISION}'"))
    engine.dispose()


def test_a_data_directory_that_cannot_be_made_is_said_so(command, tmp_path):
    (tmp_path / "file").touch()

    _is_one_line(command("init", "--data-dir", tmp_path / "file"), 1, "cannot create the data directory")
    _is_one_line(command("init", "--data-dir", tmp_path / "file" / "below"), 1, "cannot create the data directory")


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_data_directory_that_is_not_writable_is_said_so(command):
    command.data_dir.mkdir(mode=0o500)

    _is_one_line(command("init"), 1, "is not writable")


def test_a_taken_port_is_said_so_before_anything_is_made(command, taken_port):
    _is_one_line(command("serve", "--port", taken_port), 1, f"cannot listen on 127.0.0.1 port {taken_port}")

    assert not (command.data_dir / "mothlight.db").exists()


def test_an_address_of_another_machine_is_said_so(command):
    _is_one_line(command("serve", "--host", "192.0.2.1"), 1, "cannot listen on 192.0.2.1 port 8080")
    _is_one_line(command("serve", "--host", "no.such.host.invalid"), 1, "cannot listen on no.such.host.invalid")


def test_a_directory_in_use_names_the_other_process(command):
    command.data_dir.mkdir()
    with DirectoryLock(command.data_dir, lambda: datetime(2026, 4, 24, 12, tzinfo=UTC)):
        done = command("serve")

    _is_one_line(done, 1, f"is in use by another server (process {os.getpid()}, since 2026-04-24 12:00:00 UTC)")


def test_a_bad_setting_is_said_so(command, monkeypatch):
    monkeypatch.setenv("MOTHLIGHT_RETENTION_DAYS", "ninety")

    _is_one_line(command("serve"), 1, "MOTHLIGHT_RETENTION_DAYS must be a whole number from 0 on, not 'ninety'")


def test_help_and_version_are_for_everyone(command):
    assert command("--version").out == f"{__version__}\n"
    for name in ("serve", "init", "projects", "keys", "users", "roles", "doctor"):
        assert name in command("--help").out
        assert command(name, "--help").code == 0


def test_the_program_itself_ends_so_too(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "mothlight", "projects", "list", "--data-dir", tmp_path / "none"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)


def test_a_command_loads_nothing_that_it_does_not_need(mothlight, database_url):
    """A command takes a fraction of a second; what the server needs would take several times as long to load."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "mothlight", "projects", "create", "Shop"],
        env={**os.environ, "MOTHLIGHT_DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}

    assert "sqlalchemy" in loaded
    assert loaded.isdisjoint({"alembic", "argon2", "chdb", "clickhouse_connect", "pydantic", "rich"})
    assert loaded.isdisjoint({"starlette", "structlog", "uvicorn"})


def test_a_reader_that_went_away_is_no_traceback(mothlight, database_url):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "mothlight", "projects", "list"],
        env={**os.environ, "MOTHLIGHT_DATABASE_URL": database_url},
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)

    assert done.stderr == ""
