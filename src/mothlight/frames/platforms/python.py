"""Python frames."""

import re

from mothlight.frames.context import sent_context
from mothlight.frames.fields import UNKNOWN_FUNCTION, Sent, read_fields
from mothlight.frames.platforms.python_modules import STANDARD_MODULES
from mothlight.frames.raw_id import raw_id, source_pieces
from mothlight.frames.unified import Resolved, unified_frame
from mothlight.model.stack import RawFrame

PLATFORM = "python"

_TEXTS = ("abs_path", "filename", "function", "module", "context_line")
_LINES = ("pre_context", "post_context")
_PACKAGES = re.compile(r"[/\\](dist|site)-packages[/\\]|[/\\][Ll]ib[/\\]python\d+(\.\d+)?[/\\]")


def read(sent: Sent) -> RawFrame:
    """The known fields but `code_variables`, which stay with the event."""
    raw = read_fields(PLATFORM, sent, texts=_TEXTS, numbers=("lineno",), lines=_LINES)
    raw.setdefault("function", UNKNOWN_FUNCTION)
    return raw


def resolve(raw: RawFrame) -> list[Resolved]:
    """The frame as the SDK describes it; frames of libraries are not the application's."""
    frame = unified_frame(
        raw,
        raw_id(source_pieces(raw, raw.get("module"))),
        "python",
        resolved=True,
        in_app=raw["in_app"] and not _is_library(raw),
        source=raw.get("filename"),
        resolved_name=raw["function"],
        line=raw.get("lineno"),
        module=raw.get("module"),
    )
    return [Resolved(frame, sent_context(raw))]


def _is_library(raw: RawFrame) -> bool:
    filename, path = raw.get("filename", ""), raw.get("abs_path")
    is_standard = raw.get("module", "").partition(".")[0] in STANDARD_MODULES
    if is_standard and _names_no_file(filename, path):
        return True
    if path is not None:
        return _PACKAGES.search(path) is not None
    return is_standard or _PACKAGES.search(filename) is not None


def _names_no_file(filename: str, path: str | None) -> bool:
    """Frozen modules and the like: `<frozen importlib._bootstrap>`."""
    last = "" if path is None else re.split(r"[/\\]", path)[-1]
    return any(name.startswith("<") and name.endswith(">") for name in (filename, last))
