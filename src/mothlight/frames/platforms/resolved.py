"""Frames of a trace that a server has processed before: they stay as they are (pipeline 2.1)."""

from mothlight.frames.fields import Sent
from mothlight.frames.unified import Resolved
from mothlight.model.stack import RawFrame

PLATFORM = "resolved"
"""Marks such a frame among the raw ones. No client can claim it: an unknown platform is kept as a custom frame."""

_TEXTS = ("raw_id", "mangled_name", "source", "module", "resolved_name", "lang", "resolve_failure")
_NUMBERS = ("line", "column")
_OURS = ("repo_path", "code_variables")


def read(sent: Sent) -> RawFrame:
    """The frame without the repository path, which is ours to say, and without local variables."""
    return {"platform": PLATFORM, "frame": {name: value for name, value in sent.items() if _is_kept(name, value)}}


def resolve(raw: RawFrame) -> list[Resolved]:
    """The frame itself."""
    return [Resolved(dict(raw["frame"]))]


def _is_kept(name: str, value: object) -> bool:
    if name in _TEXTS:
        return isinstance(value, str)
    if name in _NUMBERS:
        return type(value) is int and value >= 0
    return name not in _OURS
