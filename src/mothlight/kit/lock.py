"""A lock on a directory that names who holds it. It ends with its process, however that ends."""

import fcntl
import json
import os
from datetime import datetime
from pathlib import Path
from types import TracebackType

from mothlight.kit.clock import Clock

FILE_NAME = "mothlight.lock"


class LockHeld(Exception):
    """Another process works on the directory. `pid` and `since` are None if it did not say who it is."""

    def __init__(self, directory: Path, pid: int | None, since: datetime | None) -> None:
        who = f"process {pid}, since {since:%Y-%m-%d %H:%M:%S} UTC" if pid and since else "a process that left no name"
        super().__init__(f"{directory} is in use by another server ({who})")
        self.pid = pid
        self.since = since


class DirectoryLock:
    """Holds a directory from its making until `release`, or to the end of a `with` block."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        """Take the lock at once.

        Raises:
            LockHeld: another process has it.
            OSError: the directory is missing or not writable.
        """
        # The system drops the lock with the process, after a kill too; what the file says counts only while it is held.
        self._file = os.open(directory / FILE_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid, since = _read_holder(self._file)
            os.close(self._file)
            raise LockHeld(directory, pid, since) from None
        os.ftruncate(self._file, 0)
        os.write(self._file, json.dumps({"pid": os.getpid(), "since": clock().isoformat()}).encode())

    def release(self) -> None:
        """Let others have the directory. A second call does nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> "DirectoryLock":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def find_holder(directory: Path) -> LockHeld | None:
    """Find who holds the directory, without taking it; None if nobody does.

    Raises:
        OSError: the lock file cannot be opened.
    """
    try:
        file = os.open(directory / FILE_NAME, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return LockHeld(directory, *_read_holder(file))
    else:
        return None
    finally:
        os.close(file)


def _read_holder(file: int) -> tuple[int | None, datetime | None]:
    try:
        told = json.loads(os.pread(file, 1000, 0))
        return int(told["pid"]), datetime.fromisoformat(told["since"])
    except (ValueError, KeyError, TypeError):
        # It was taken a moment ago, and its holder has not written yet.
        return None, None
