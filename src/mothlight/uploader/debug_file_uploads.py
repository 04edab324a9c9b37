"""Makes uploads of debug files of Apple's platforms and of Linux, and of mappings of ProGuard and R8."""

import io
import plistlib
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from symbolic.debuginfo import Archive
from symbolic.exceptions import SymbolicError

from mothlight.symbols.container import DataType, pack
from mothlight.uploader.failures import UploadFailed
from mothlight.uploader.releases import ReleaseName
from mothlight.uploader.scripts import Selection, find_files
from mothlight.uploader.uploads import Upload

_DWARF = "dwarf"
_FAT = 0xCAFEBABE
_HEAD = struct.Struct(">II")
_SLICE = struct.Struct(">IIIII")
_ELF = b"\x7fELF"
_MOST_SLICES = 64


class DsymFile(NamedTuple):
    """The debug file of one bundle."""

    bundle: Path
    path: Path


def find_dsyms(folder: Path) -> list[DsymFile]:
    """The debug files of all dSYM bundles below a folder. Raises `UploadFailed` where it does not exist."""
    files = (path for path in find_files(Selection([folder])) if path.parent.name == "DWARF")
    return [DsymFile(path.parents[3], path) for path in files if path.parents[3].suffix == ".dSYM"]


def release_of(bundles: list[Path], main: str | None) -> ReleaseName:
    """What the main bundle says about its version. `main`: its name, where it was given."""
    apps = [path for path in bundles if path.name.endswith(".app.dSYM")]
    named = [path for path in bundles if path.name == main]
    for bundle in (named if main else apps or bundles)[:1]:
        try:
            told = plistlib.loads((bundle / "Contents" / "Info.plist").read_bytes())
        except (OSError, plistlib.InvalidFileException, ValueError):
            break
        identifier = str(told.get("CFBundleIdentifier", "")).removeprefix("com.apple.xcode.dsym.")
        version, build = (str(told.get(key, "")) for key in ("CFBundleShortVersionString", "CFBundleVersion"))
        return ReleaseName(identifier or None, version or None, build or None)
    return ReleaseName()


def dsym_uploads(files: list[DsymFile], release_id: str | None) -> list[Upload]:
    """An upload for each architecture. Raises `UploadFailed` for a file that is none."""
    return [
        _debug_upload(DataType.APPLE_DSYM, f"{file.path.name} ({arch})", _apple_id(debug_id), content, release_id)
        for file in files
        for content in _slices(file.path.read_bytes())
        for arch, debug_id in _objects(file.path, content)
    ]


def elf_uploads(folder: Path, release_id: str | None) -> list[Upload]:
    """An upload for each file below a folder that has debug information. Raises `UploadFailed`."""
    uploads = []
    for path in find_files(Selection([folder])):
        with path.open("rb") as file:
            if file.read(len(_ELF)) != _ELF:
                continue
        content = path.read_bytes()
        uploads += [
            _debug_upload(DataType.ELF, path.name, debug_id, content, release_id)
            for _, debug_id in _objects(path, content)
        ]
    return uploads


def mapping_upload(path: Path, map_id: str, release_id: str | None) -> Upload:
    """The upload of a mapping of ProGuard or R8. Raises `UploadFailed`."""
    if not path.is_file():
        raise UploadFailed(f"{path} does not exist")
    return Upload(map_id, path.name, lambda: pack(DataType.MAPPING, path.read_bytes()), release_id)


def _debug_upload(type: DataType, name: str, debug_id: str, content: bytes, release_id: str | None) -> Upload:
    def make() -> bytes:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            # Without a time of its own, so that equal files are equal uploads.
            archive.writestr(zipfile.ZipInfo(_DWARF), content, zipfile.ZIP_DEFLATED)
        return pack(type, stream.getvalue())

    return Upload(debug_id, name, make, release_id)


def _objects(path: Path, content: bytes) -> Iterator[tuple[str, str]]:
    """Architecture and debug id of what has debug information or names in a file."""
    try:
        objects = list(Archive.from_bytes(content).iter_objects())
    except SymbolicError as problem:
        raise UploadFailed(f"{path} cannot be read: {problem}") from problem
    for each in objects:
        if "debug" in each.features:
            yield each.arch, each.debug_id


def _slices(content: bytes) -> Iterator[bytes]:
    """The files in one of several architectures; any other is one itself."""
    if len(content) < _HEAD.size or _HEAD.unpack_from(content)[0] != _FAT:
        yield content
        return
    count = min(_HEAD.unpack_from(content)[1], _MOST_SLICES)
    for index in range(count):
        at = _HEAD.size + index * _SLICE.size
        if at + _SLICE.size > len(content):
            raise UploadFailed("a debug file is cut off")
        _, _, offset, size, _ = _SLICE.unpack_from(content, at)
        yield content[offset : offset + size]


def _apple_id(debug_id: str) -> str:
    """The UUID of a binary, as frames of Apple's platforms name it."""
    return debug_id[:36].upper()
