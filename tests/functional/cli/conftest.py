"""Runs commands in this process, on a data directory of their own, with the metadata on both databases."""

import json
import logging
import os
from dataclasses import dataclass
from functools import partial

import argon2
import pytest
import structlog

from mothlight.cli.app import run


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        """What it printed for programs: one line."""
        assert self.code == 0, self.err
        assert self.out.count("\n") == 1
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def _quick_passwords(monkeypatch):
    """Nearly every test makes an installation; hashing its password properly would take most of the time."""
    monkeypatch.setattr(argon2, "PasswordHasher", partial(argon2.PasswordHasher, 1, 8, 1))


@pytest.fixture(autouse=True)
def _logs_as_before():
    """A server that is started here sends the logs of the whole process to the test's own standard error."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Runs one command on `command.data_dir`, with no variable of the surroundings."""
    for name in [name for name in os.environ if name.startswith("MOTHLIGHT_")]:
        monkeypatch.delenv(name)
    data_dir = tmp_path / "data"
    monkeypatch.setenv("MOTHLIGHT_DATA_DIR", str(data_dir))

    def call(*arguments):
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Done(code, printed.out, printed.err)

    call.data_dir = data_dir
    return call


@pytest.fixture
def mothlight(command, database_url, monkeypatch):
    """The same with an installation behind it."""
    monkeypatch.setenv("MOTHLIGHT_DATABASE_URL", database_url)
    command.installed = command("init", "--json", "--admin-email", "ada@moths.test").json
    return command
