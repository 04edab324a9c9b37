"""One process at a time works on a directory, and the others learn which."""

import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from mothlight.kit.lock import DirectoryLock, LockHeld, find_holder

NOW = datetime(2026, 4, 24, 12, tzinfo=UTC)

HOLD = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from mothlight.kit.lock import DirectoryLock
lock = DirectoryLock(Path(sys.argv[1]), lambda: datetime(2026, 4, 24, 12, tzinfo=UTC))
print("held", flush=True)
time.sleep(60)
"""


def _clock():
    return NOW


@pytest.fixture
def other(tmp_path):
    """Another process, which holds the directory."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_process_learns_who_holds_the_directory_and_since_when(tmp_path, other):
    with pytest.raises(LockHeld) as held:
        DirectoryLock(tmp_path, _clock)

    assert (held.value.pid, held.value.since) == (other.pid, NOW)
    assert (
        str(held.value)
        == f"{tmp_path} is in use by another server (process {other.pid}, since 2026-04-24 12:00:00 UTC)"
    )


def test_looking_finds_the_holder_and_takes_nothing(tmp_path, other):
    assert find_holder(tmp_path).pid == other.pid
    other.kill()
    other.wait()

    assert find_holder(tmp_path) is None
    assert find_holder(tmp_path) is None


def test_a_killed_holder_does_not_block(tmp_path, other):
    other.kill()
    other.wait()

    with DirectoryLock(tmp_path, _clock):
        assert find_holder(tmp_path).pid == os.getpid()


def test_it_is_held_once_within_a_process_too(tmp_path):
    with DirectoryLock(tmp_path, _clock), pytest.raises(LockHeld):
        DirectoryLock(tmp_path, _clock)


def test_a_released_directory_can_be_taken_again(tmp_path):
    lock = DirectoryLock(tmp_path, _clock)
    lock.release()
    lock.release()

    with DirectoryLock(tmp_path, _clock):
        pass
    assert find_holder(tmp_path) is None


def test_a_holder_that_has_not_written_yet_is_nameless(tmp_path):
    with DirectoryLock(tmp_path, _clock):
        (tmp_path / "mothlight.lock").write_bytes(b"")

        with pytest.raises(LockHeld, match="a process that left no name"):
            DirectoryLock(tmp_path, _clock)


def test_a_directory_nobody_ever_held_is_free(tmp_path):
    assert find_holder(tmp_path) is None


def test_a_missing_directory_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        DirectoryLock(tmp_path / "missing", _clock)


def test_only_its_owner_may_read_the_lock(tmp_path):
    with DirectoryLock(tmp_path, _clock):
        assert (tmp_path / "mothlight.lock").stat().st_mode & 0o777 == 0o600
