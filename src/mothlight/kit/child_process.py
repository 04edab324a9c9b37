"""Starts a program of ours that takes hostile data, apart from the server and without its secrets."""

import subprocess
import sys
from multiprocessing import Pipe
from multiprocessing.connection import Connection

_SAFE_PATH = "/usr/bin:/bin"


def launch(module: str, start: bytes) -> tuple[subprocess.Popen[bytes], Connection]:
    """Run a module as a process of its own; gives it, and the connection to it.

    Its arguments are the number of the file descriptor of its end, and `start`, a text in UTF-8.
    """
    ours, theirs = Pipe()
    with theirs:
        program = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-m", module, str(theirs.fileno()), start.decode()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            # Nothing of the server's environment: settings hold passwords, and a proxy would connect for it.
            env={"PATH": _SAFE_PATH, "LANG": "C.UTF-8"},
            pass_fds=[theirs.fileno()],
        )
    return program, ours
