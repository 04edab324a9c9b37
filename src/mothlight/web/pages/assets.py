"""Stylesheet, scripts and pictures of the pages.

Each address holds a hash of all their content, so that a browser may keep them for ever: another content has another
address. To add one: a line in `ASSETS`, or a file in a folder that is already there.
"""

import hashlib
import mimetypes
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from mothlight.web.pages.compress import SMALLEST, best_encoding, compress

FOLDER = Path(__file__).parent / "static"
BASE = "/assets"

STYLES = "tokens base shell controls menus signs panels charts issue_list issue settings start narrow".split()
"""Parts of the stylesheet, in this order: a later one wins."""

ASSETS: Mapping[str, tuple[str, ...]] = {
    "mothlight.css": tuple(f"styles/{name}.css" for name in STYLES),
    "mothlight.js": ("scripts/*.js",),
    "htmx.js": ("npm/htmx.js",),
    "moth.svg": ("moth.svg",),
    "chevron.svg": ("chevron.svg",),
}
"""Name in the address -> the files that it is made of. Files that a build left out make no asset."""


@dataclass(frozen=True)
class Asset:
    """Something a page loads."""

    content: bytes
    media_type: str
    _encoded: dict[str, bytes] = field(default_factory=dict)

    def encoded(self, accepted: str) -> tuple[bytes, str | None]:
        """The content, and how it is encoded, for a browser that accepts this."""
        encoding = best_encoding(accepted)
        if encoding is None or len(self.content) < SMALLEST:
            return self.content, None
        if encoding not in self._encoded:
            self._encoded[encoding] = compress(self.content, encoding, once=True)
        return self._encoded[encoding], encoding


class Assets:
    """All of them, read once."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._assets = {
            name: Asset(content, _media_type(name))
            for name, patterns in ASSETS.items()
            if (content := _join(folder, patterns))
        }

    @cached_property
    def hash(self) -> str:
        """A hash of everything."""
        digest = hashlib.blake2b(digest_size=8)
        for name, asset in self._assets.items():
            digest.update(name.encode() + b"\x00" + asset.content + b"\x00")
        return digest.hexdigest()

    def find(self, name: str) -> Asset | None:
        """One by its name."""
        return self._assets.get(name)

    def path(self, name: str) -> str:
        """Where one is found. Raises `KeyError` for one that is not there."""
        if name not in ASSETS:
            raise KeyError(name)
        return f"{BASE}/{self.hash}/{name}"

    def names(self) -> Iterable[str]:
        """What there is."""
        return self._assets.keys()


def _join(folder: Path, patterns: Iterable[str]) -> bytes:
    files = [file for pattern in patterns for file in sorted(folder.glob(pattern))]
    return b"\n".join(file.read_bytes() for file in files)


def _media_type(name: str) -> str:
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    is_text = guessed.startswith("text/") or guessed.endswith(("javascript", "xml"))
    return f"{guessed}; charset=utf-8" if is_text else guessed
