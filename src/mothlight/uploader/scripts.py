"""Finds scripts and the source maps that belong to them."""

import os
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from mothlight.symbols.scripts import find_chunk_id, find_map_url
from mothlight.uploader.failures import UploadFailed
from mothlight.uploader.source_map import SourceMap

SUFFIXES = (".js", ".mjs", ".cjs")


class Selection(NamedTuple):
    """Which files are meant."""

    roots: Sequence[Path]
    """Files, and folders with all that is below them."""
    include: Sequence[str] = ()
    """Patterns of which one must fit a path, where there are any."""
    exclude: Sequence[str] = ()
    """Patterns of which none may fit."""
    public_prefix: str = ""
    """What the build puts in front of maps' addresses."""


class Pair(NamedTuple):
    """A script and its map, as they lie on the disk."""

    script: Path
    map: Path

    def read_script(self) -> str:
        """The script's text. Raises `UploadFailed`."""
        try:
            return self.script.read_bytes().decode("utf-8")
        except UnicodeDecodeError as problem:
            raise UploadFailed(f"{self.script} is no UTF-8") from problem

    def read_map(self) -> SourceMap:
        """The map. Raises `UploadFailed`."""
        return SourceMap(self.map.read_bytes(), str(self.map))


class Found(NamedTuple):
    """What a selection holds."""

    pairs: list[Pair]
    without_map: list[Path]


def find_pairs(selection: Selection) -> Found:
    """The scripts of a selection, in order of their paths. Raises `UploadFailed` for a root that does not exist."""
    found = Found([], [])
    for script in find_files(selection, SUFFIXES):
        map_ = _map_of(script, selection.public_prefix)
        if map_ is None:
            found.without_map.append(script)
        else:
            found.pairs.append(Pair(script, map_))
    return found


def find_files(selection: Selection, suffixes: tuple[str, ...] = ("",)) -> list[Path]:
    """The files of a selection that end so, each once, in order of their paths."""
    for root in selection.roots:
        if not root.exists():
            raise UploadFailed(f"{root} does not exist")
    files = {path.absolute() for root in selection.roots for path in _below(root) if path.name.endswith(suffixes)}
    return sorted(path for path in files if _is_selected(path, selection))


def chunk_id_of(script: str, map_: SourceMap) -> str | None:
    """The id by which the frames of a script ask for its map."""
    return find_chunk_id(script) or map_.own_id


def _below(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
        return
    for folder, _, names in os.walk(root):
        yield from (Path(folder, name) for name in names)


def _is_selected(path: Path, selection: Selection) -> bool:
    if _fits(path, selection.exclude):
        return False
    return not selection.include or _fits(path, selection.include)


def _fits(path: Path, patterns: Iterable[str]) -> bool:
    return any(fnmatch(str(path), pattern) or fnmatch(str(path), f"*/{pattern}") for pattern in patterns)


def _map_of(script: Path, public_prefix: str) -> Path | None:
    """The file that the script names as its map, else the one beside it."""
    named = find_map_url(script.read_bytes().decode("utf-8", "replace"))
    candidates = [script.with_name(script.name + ".map")]
    if named is not None and not named.startswith("data:"):
        path = unquote(urlsplit(named.removeprefix(public_prefix)).path)
        candidates[:0] = [script.parent / path.lstrip("/"), script.parent / path.rpartition("/")[2]]
    return next((path for path in candidates if path.is_file() and path != script), None)
