"""What is installed is what is locked, and every lock is by content, not by place."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ENTRY = re.compile(r"^([a-z0-9-]+)==([^\s;\\]+)[^\n]*\n((?:    --hash=sha256:[0-9a-f]{64}[ \\]*\n)+)", re.MULTILINE)
LOCKS = {
    "run.lock": PROJECT["project"]["dependencies"],
    "develop.lock": PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"],
    "fuzz.lock": PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["fuzz"],
}


def _read(name):
    text = (ROOT / "requirements" / name).read_text()
    entries = ENTRY.findall(text)
    return text, entries


@pytest.mark.parametrize("name", LOCKS)
def test_every_dependency_is_locked_at_a_version_that_is_asked_for(name):
    locked = {package: version for package, version, _ in _read(name)[1]}

    for wanted in map(Requirement, LOCKS[name]):
        assert wanted.specifier.contains(locked[wanted.name.lower()]), wanted


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_hashes_and_none_a_place(name):
    text, entries = _read(name)

    assert len(entries) == len(re.findall(r"^[a-z0-9-]+==", text, re.MULTILINE)) > 0
    assert "://" not in text
    assert "--index" not in text


def test_tests_run_on_the_versions_that_the_server_runs_on():
    running, developing, fuzzing = ({(package, version) for package, version, _ in _read(name)[1]} for name in LOCKS)

    assert running <= developing
    assert running <= fuzzing
