"""Makes uploads of scripts with their source maps, and tidies up after them."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mothlight.symbols.container import pack_script
from mothlight.uploader.inject import replace_file
from mothlight.uploader.scripts import Pair, chunk_id_of
from mothlight.uploader.source_map import CHUNK_ID, RELEASE_ID
from mothlight.uploader.uploads import Upload

_MAP_COMMENTS = ("//# sourceMappingURL=", "//@ sourceMappingURL=")


class ScriptUploads(NamedTuple):
    """What can be uploaded of some pairs, and what not."""

    uploads: list[Upload]
    without_id: list[Path]
    empty: list[Path]


def script_uploads(pairs: Sequence[Pair], release_id: str | None) -> ScriptUploads:
    """The uploads of pairs. `release_id`: the release that their symbol sets are bound to. Raises `UploadFailed`."""
    made = ScriptUploads([], [], [])
    for pair in pairs:
        map_ = pair.read_map()
        chunk_id = chunk_id_of(pair.read_script(), map_)
        if chunk_id is None:
            made.without_id.append(pair.script)
        elif map_.is_empty:
            made.empty.append(pair.script)
        else:
            made.uploads.append(_upload(pair, chunk_id, release_id))
    return made


def delete_maps(pairs: Sequence[Pair]) -> None:
    """Remove maps that are uploaded, and what scripts say of them."""
    for pair in pairs:
        lines = pair.read_script().split("\n")
        kept = [line for line in lines if not line.startswith(_MAP_COMMENTS)]
        if len(kept) < len(lines):
            replace_file(pair.script, "\n".join(kept).encode())
    for map_ in {pair.map for pair in pairs}:
        map_.unlink(missing_ok=True)


def _upload(pair: Pair, chunk_id: str, release_id: str | None) -> Upload:
    def make() -> bytes:
        map_ = pair.read_map()
        map_.set(CHUNK_ID, chunk_id)
        if release_id is not None:
            map_.set(RELEASE_ID, release_id)
        return pack_script(pair.read_script().encode(), map_.encode())

    return Upload(chunk_id, pair.script.name, make, release_id)
