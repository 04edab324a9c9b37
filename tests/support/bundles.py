"""Debug files with their sources, in the ZIP archives that are uploaded."""

import io
import json
import zipfile
from collections.abc import Mapping


def bundle(debug_file: bytes, sources: Mapping[str, str] | None = None, name: str = "dwarf") -> bytes:
    """An archive; `sources` are texts by the paths that the debug information has."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, debug_file)
        if sources is not None:
            files = {path: f"__source/{index}" for index, path in enumerate(sources)}
            archive.writestr("__source/manifest.json", json.dumps({"version": 1, "files": files}))
            for path, entry in files.items():
                archive.writestr(entry, sources[path])
    return stream.getvalue()
