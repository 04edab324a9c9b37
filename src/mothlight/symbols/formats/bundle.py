"""Bundles of a debug file with its sources: ZIP archives, read within bounds (pipeline 10.8)."""

import io
import lzma
import posixpath
import zipfile
import zlib

import msgspec

from mothlight.kit.recent import Recent
from mothlight.symbols.container import Bad, too_large
from mothlight.symbols.formats.bounds import Bounds

_DWARF = "dwarf"
_DSYM_FOLDER = "/Contents/Resources/DWARF/"
_MANIFEST = "__source/manifest.json"
_REMEMBERED_FILES = 8
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    RuntimeError,  # encrypted
    NotImplementedError,  # a compression that Python does not know
    ValueError,
)


class _Manifest(msgspec.Struct):
    files: dict[str, str] = {}


class Bundle:
    """An opened archive."""

    def __init__(self, data: bytes, bounds: Bounds) -> None:
        """Raises `Bad`."""
        self._bounds = bounds
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        except _DAMAGED as error:
            raise _damaged(error) from error
        self._check_size()
        self._sources = self._read_manifest()
        self._by_name = _unique_names(self._sources)
        self._lines: Recent[str, list[str]] = Recent(_REMEMBERED_FILES)

    @property
    def has_sources(self) -> bool:
        """Whether any source lies beside the debug file."""
        return bool(self._sources)

    def debug_file(self) -> bytes:
        """The file that has the debug information. Raises `Bad`."""
        names = self._archive.namelist()
        if _DWARF in names:
            return self._read(_DWARF, self._bounds.decoded_bytes)
        for name in names:
            if _DSYM_FOLDER in name and not name.endswith("/"):
                return self._read(name, self._bounds.decoded_bytes)
        raise Bad("the bundle has no debug file")

    def find_source(self, path: str, *, exact: bool) -> str | None:
        """The path of a source file in the manifest: this one, or else the only one of that name."""
        if path in self._sources:
            return path
        return None if exact else self._by_name.get(posixpath.basename(path.replace("\\", "/")))

    def source_lines(self, path: str) -> list[str]:
        """The lines of a source file that `find_source` gave; none if it cannot be read."""
        lines = self._lines.get(path)
        if lines is None:
            lines = self._read_lines(path)
            self._lines.put(path, lines)
        return lines

    def _read_lines(self, path: str) -> list[str]:
        try:
            text = self._read(self._sources[path], self._bounds.source_bytes)
        except Bad:
            return []
        return text.decode("utf-8", "replace").split("\n")

    def _check_size(self) -> None:
        entries = self._archive.infolist()
        if len(entries) > self._bounds.archive_entries:
            raise Bad(f"the bundle has {len(entries)} entries, more than {self._bounds.archive_entries}")
        if sum(entry.file_size for entry in entries) > self._bounds.decoded_bytes:
            raise too_large(self._bounds.decoded_bytes)

    def _read_manifest(self) -> dict[str, str]:
        if _MANIFEST not in self._archive.NameToInfo:
            return {}
        try:
            files = msgspec.json.decode(self._read(_MANIFEST, self._bounds.source_bytes), type=_Manifest).files
        except (msgspec.DecodeError, RecursionError) as error:
            raise Bad(f"the bundle's list of sources is damaged: {error}") from error
        return {path: name for path, name in files.items() if name in self._archive.NameToInfo}

    def _read(self, name: str, most_bytes: int) -> bytes:
        try:
            with self._archive.open(name) as file:
                # An entry never gives more than its header announces.
                content = file.read(most_bytes + 1)
        except (*_DAMAGED, KeyError) as error:
            raise _damaged(error) from error
        if len(content) > most_bytes:
            raise too_large(most_bytes)
        return content


def _unique_names(paths: dict[str, str]) -> dict[str, str]:
    """The paths by their last part, where that is the only one."""
    found: dict[str, str | None] = {}
    for path in paths:
        name = posixpath.basename(path.replace("\\", "/"))
        found[name] = path if name not in found else None
    return {name: path for name, path in found.items() if path is not None}


def _damaged(error: Exception) -> Bad:
    return Bad(f"the bundle is damaged: {error}")
