"""Kills at a chosen moment of a server's work: a process of its own, because a busy test would look too seldom.

`python -m tests.faults.sniper AIM DATA_DIR PID DELAY` waits for a line on standard input, then looks for the moment,
waits for the delay in seconds, and kills the process (or its whole group, for a negative PID, as `kill` does).
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOOKS_EVERY_SECONDS = 0.0002
GIVES_UP_AFTER_SECONDS = 20.0


def _bytes_of_journal(data_dir: Path) -> int:
    return sum(path.stat().st_size for path in (data_dir / "journal").glob("*.segment"))


def _journal_grows(data_dir: Path) -> Callable[[], bool]:
    before = _bytes_of_journal(data_dir)
    return lambda: _bytes_of_journal(data_dir) > before


def _part_is_written(data_dir: Path) -> Callable[[], bool]:
    # The engine writes what it inserts into a folder of that name, and renames it when it is whole.
    tables = [path for path in (data_dir / "events" / "store").glob("*/*") if path.is_dir()]
    return lambda: any(entry.name.startswith("tmp_insert_") for table in tables for entry in os.scandir(table))


def _file_appears(name: str) -> Callable[[Path], Callable[[], bool]]:
    return lambda data_dir: (data_dir / name).exists


def _at_once(_data_dir: Path) -> Callable[[], bool]:
    return lambda: True


AIMS: dict[str, Callable[[Path], Callable[[], bool]]] = {
    # To add one: how to see from outside that the moment has come.
    "random": _at_once,
    "journal commit": _journal_grows,
    "store insert": _part_is_written,
    "metadata migration": _file_appears("mothlight.db"),
    "event store migration": _file_appears("events/store"),
    "journal opening": _file_appears("journal"),
}


class Sniper:
    """One shot, prepared before the moment comes near."""

    def __init__(self, aim: str, data_dir: Path, pid: int, delay: float = 0.0) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.sniper", aim, str(data_dir), str(pid), str(delay)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def fire(self) -> None:
        """Look for the moment from now on; returns when the shot has fallen."""
        told, _ = self._process.communicate("now\n", timeout=2 * GIVES_UP_AFTER_SECONDS)
        assert told == "hit\n", "the process had ended before"


def main() -> None:
    aim, data_dir, pid, delay = sys.argv[1:]
    sys.stdin.readline()
    deadline = time.monotonic() + GIVES_UP_AFTER_SECONDS
    has_come = AIMS[aim](Path(data_dir))
    while time.monotonic() < deadline and not _looks(has_come):
        time.sleep(LOOKS_EVERY_SECONDS)
    time.sleep(float(delay))
    try:
        os.kill(int(pid), signal.SIGKILL)
    except ProcessLookupError:
        sys.stdout.write("gone\n")
    else:
        sys.stdout.write("hit\n")


def _looks(has_come: Callable[[], bool]) -> bool:
    try:
        return has_come()
    except FileNotFoundError:
        # What it looked at was renamed or deleted under its eyes.
        return False


if __name__ == "__main__":
    main()
