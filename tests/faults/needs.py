"""What a fault takes beyond Python."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

FAKETIME = (
    Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"),
    Path("/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1"),
    Path("/usr/lib64/faketime/libfaketimeMT.so.1"),
)
POSTGRES = Path("/usr/lib/postgresql")


def missing(reason: str) -> NoReturn:
    """End the test: skipped with the reason, on CI failed."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def faketime_library() -> Path:
    """The library that lets a process see another time."""
    found = next((path for path in FAKETIME if path.exists()), None)
    return found or missing("libfaketime is not installed (on Debian: apt-get install libfaketime)")


def postgres_programs() -> Path:
    """The folder of `initdb` and `pg_ctl`."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).parent] if on_path else sorted(POSTGRES.glob("*/bin"))
    found = next((folder for folder in reversed(folders) if (folder / "initdb").exists()), None)
    return found or missing("initdb is not installed (on Debian: apt-get install postgresql)")


@contextmanager
def small_disk(at: Path, mebibytes: int) -> Iterator[Path]:
    """A file system of that size.

    Skips the test where the machine does not let us mount one, on CI too: nothing can be installed against that.
    """
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    at.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=700", "tmpfs", str(at)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    try:
        yield at
    finally:
        subprocess.run(["umount", "--lazy", str(at)], check=True)
