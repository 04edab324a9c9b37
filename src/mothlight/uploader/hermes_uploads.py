"""Makes uploads of the maps of React Native's engine, which carry their id themselves."""

from pathlib import Path
from typing import NamedTuple

from mothlight.symbols.container import DataType, pack
from mothlight.uploader.failures import UploadFailed
from mothlight.uploader.inject import replace_file
from mothlight.uploader.scripts import Selection, find_files
from mothlight.uploader.source_map import CHUNK_ID, RELEASE_ID, SourceMap
from mothlight.uploader.uploads import Upload


class HermesUploads(NamedTuple):
    """What can be uploaded of a folder, and what not."""

    uploads: list[Upload]
    without_id: list[Path]


def hermes_uploads(folder: Path, release_id: str | None) -> HermesUploads:
    """The uploads of all maps below a folder. Raises `UploadFailed` where it does not exist."""
    made = HermesUploads([], [])
    for path in find_files(Selection([folder]), (".map",)):
        map_ = SourceMap(path.read_bytes(), str(path))
        if map_.is_empty:
            continue
        if map_.own_id is None:
            made.without_id.append(path)
        else:
            made.uploads.append(_upload(path, map_.own_id, release_id))
    return made


def copy_ids(minified: Path, composed: Path, release_id: str | None) -> str:
    """Give the composed map the ids of the one that Metro wrote; returns the chunk id. Raises `UploadFailed`."""
    source = SourceMap(minified.read_bytes(), str(minified))
    target = SourceMap(composed.read_bytes(), str(composed))
    if source.own_id is None:
        raise UploadFailed(f"{minified} has no chunk id: was the bundle made with the plugin for Metro?")
    for key, value in ((CHUNK_ID, source.own_id), (RELEASE_ID, release_id or source.text(RELEASE_ID))):
        target.set(key, value)
    replace_file(composed, target.encode())
    return source.own_id


def _upload(path: Path, chunk_id: str, release_id: str | None) -> Upload:
    def make() -> bytes:
        map_ = SourceMap(path.read_bytes(), str(path))
        map_.set(CHUNK_ID, chunk_id)
        if release_id is not None:
            map_.set(RELEASE_ID, release_id)
        return pack(DataType.HERMES_MAP, map_.encode())

    return Upload(chunk_id, path.name, make, release_id)
