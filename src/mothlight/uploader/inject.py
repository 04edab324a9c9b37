"""Writes chunk ids into scripts and their maps, so that frames say which map they need (ingest.md 18)."""

import json
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid5

from mothlight.symbols.scripts import find_chunk_id
from mothlight.uploader.scripts import Pair
from mothlight.uploader.source_map import CHUNK_ID, RELEASE_ID, SourceMap

NAMESPACE = UUID("0e9b3c7a-5d1f-42a8-b6c4-e2d0f8a17593")

_BLANK = r"(?:\s|//[^\n]*(?:\n|\Z)|/\*.*?\*/)*"
_DIRECTIVE = r"""(?:"[^"\\\n]*"|'[^'\\\n]*')(?:[^\S\n]*;|[^\S\n]*\n(?=\s*(?:[\w$"'{]|!(?!=))))"""
_PROLOGUE = re.compile(rf"(?:#![^\n]*\n)?(?:{_BLANK}{_DIRECTIVE})*", re.DOTALL)
_COMMENT = "//# chunkId="


class Injected(NamedTuple):
    """What was done to a script."""

    chunk_id: str
    is_new: bool
    """Whether files were changed."""


def stable_id(code: str) -> str:
    """The id that equal code always gets."""
    return str(uuid5(NAMESPACE, code))


def inject(pair: Pair, make_id: Callable[[str], str], *, release_id: str | None, bound_release: str | None) -> Injected:
    """Give a script its id, unless it has one, and the map the same.

    `make_id`: gives the id for a code. `release_id`: what the script says at run time. `bound_release`: what the map
    says. Raises `UploadFailed` where they cannot be read.
    """
    code, map_ = pair.read_script(), pair.read_map()
    present = find_chunk_id(code)
    if present is not None:
        return Injected(present, is_new=_note(pair, map_, present, bound_release))
    # A map that has an id already was written by a run that did not come to the script.
    earlier = map_.text(CHUNK_ID)
    chunk_id = earlier or make_id(code)
    snippet = make_snippet(chunk_id, release_id)
    at = place_of(code)
    if earlier is None:
        before = code[:at]
        line = before.count("\n")
        column = len(before[before.rfind("\n") + 1 :].encode("utf-16-le")) // 2
        map_.shift(line, column, len(snippet))
        map_.set(CHUNK_ID, chunk_id)
        map_.set(RELEASE_ID, bound_release)
        replace_file(pair.map, map_.encode())
    text = f"{code[:at]}{snippet}{code[at:].rstrip()}\n{_COMMENT}{chunk_id}\n"
    replace_file(pair.script, text.encode())
    return Injected(chunk_id, is_new=True)


def place_of(code: str) -> int:
    """Where the first statement begins: after a hash-bang line and directives."""
    found = _PROLOGUE.match(code)
    return found.end() if found is not None else 0


def make_snippet(chunk_id: str, release_id: str | None) -> str:
    """The statement that tells the SDK about the script it stands in. Has no line break and is ASCII."""
    release = "" if release_id is None else f"g._posthogReleaseId=g._posthogReleaseId||{json.dumps(release_id)};"
    return (
        "!function(){try{"
        'var g=typeof globalThis=="object"?globalThis:typeof self=="object"?self:typeof window=="object"?window:global,'
        "s=new Error().stack;"
        f"{release}"
        f"if(s)(g._posthogChunkIds=g._posthogChunkIds||{{}})[s]={json.dumps(chunk_id)}"
        "}catch(e){}}();"
    )


def replace_file(path: Path, content: bytes) -> None:
    """Write a file all or nothing; it keeps its mode."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(path.stat().st_mode & 0o7777)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _note(pair: Pair, map_: SourceMap, chunk_id: str, bound_release: str | None) -> bool:
    """Write ids into the map of a script that has one; whether anything changed."""
    if map_.text(CHUNK_ID) == chunk_id and (bound_release is None or map_.text(RELEASE_ID) == bound_release):
        return False
    map_.set(CHUNK_ID, chunk_id)
    if bound_release is not None:
        map_.set(RELEASE_ID, bound_release)
    replace_file(pair.map, map_.encode())
    return True
