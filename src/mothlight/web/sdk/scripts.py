"""The browser client's own scripts, as the build put them beside this module (ingest 11)."""

import hashlib
import re
from functools import lru_cache
from pathlib import Path

import msgspec

FOLDER = Path(__file__).parent / "static"
"""Filled when the package is built; without it there are no scripts, and everything else works."""

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*\.js")


class Script(msgspec.Struct, frozen=True):
    """A script and the tag of its content."""

    body: bytes
    etag: str


def find_script(name: str, folder: Path = FOLDER) -> Script | None:
    """The script of this file name; None when there is none, or the name is not a plain one."""
    if _PLAIN_NAME.fullmatch(name) is None:
        return None
    path = folder / name
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return None


@lru_cache(maxsize=64)
def _read(path: Path, changed: int) -> Script:  # a changed file is another entry of the cache
    body = path.read_bytes()
    return Script(body, etag_of(body))


def etag_of(body: bytes) -> str:
    """A strong entity tag of some content."""
    return f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'
