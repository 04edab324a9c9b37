"""How much of an event's exceptions an answer shows (api 2.3)."""

from collections.abc import Mapping, Sequence
from typing import Any

from mothlight.queries.questions import Verbosity

LONGEST_TEXT = 1000
SUMMARY_KEYS = ("type", "value", "module", "mechanism")
OWN_KEYS = ("junk_drawer", "raw_id")
"""What the server noted for itself; shown at `raw` only."""

FALLBACKS = {
    "mangled_name": ("mangled_name", "function", "name"),
    "source": ("source", "filename", "abs_path"),
    "line": ("line", "lineno"),
    "column": ("column", "colno"),
}
"""Normalised keys of a frame, and the keys that they are taken from, first non-empty one."""

NUMBERS = frozenset({"line", "column", "lineno", "colno"})


def shaped_exceptions(
    entries: Sequence[Mapping[str, Any]], verbosity: Verbosity, *, only_app_frames: bool
) -> list[dict[str, Any]]:
    """The entries of `$exception_list` at a verbosity, without empty keys."""
    return [_shaped(entry, verbosity, only_app_frames=only_app_frames) for entry in entries]


def cut_text(text: str) -> str:
    """A text of at most 1000 characters; a longer one is cut, with a note at its end of how long it was."""
    if len(text) <= LONGEST_TEXT:
        return text
    note = f"… [truncated from {len(text)} chars]"
    return text[: LONGEST_TEXT - len(note)] + note


def first_filled(values: Mapping[str, Any], keys: Sequence[str]) -> Any:
    """The first value among the keys that is not empty (a number also not zero), else None."""
    for key in keys:
        value = values.get(key)
        if not is_empty(value) and not (key in NUMBERS and value == 0):
            return value
    return None


def is_empty(value: Any) -> bool:
    """Whether a value is null, `""`, `[]` or `{}`. 0 and false are not empty."""
    return value is None or value in ("", [], {})


def filled(values: Mapping[str, Any]) -> dict[str, Any]:
    """The keys whose values are not empty."""
    return {key: value for key, value in values.items() if not is_empty(value)}


def _shaped(entry: Mapping[str, Any], verbosity: Verbosity, *, only_app_frames: bool) -> dict[str, Any]:
    shown = dict(entry) if verbosity == "raw" else _summary(entry)
    trace = entry.get("stacktrace")
    if verbosity != "summary" and isinstance(trace, Mapping):
        shown["stacktrace"] = _trace(trace, raw=verbosity == "raw", only_app_frames=only_app_frames)
    return filled(shown)


def _summary(entry: Mapping[str, Any]) -> dict[str, Any]:
    value = first_filled(entry, ("value", "message", "exception_message"))
    texts = {
        "type": first_filled(entry, ("type", "exception_type")),
        "value": cut_text(value) if isinstance(value, str) else value,
    }
    return texts | {key: entry.get(key) for key in SUMMARY_KEYS if key not in texts}


def _trace(trace: Mapping[str, Any], *, raw: bool, only_app_frames: bool) -> dict[str, Any]:
    hidden = () if raw else OWN_KEYS
    frames = trace.get("frames")
    shown = [
        _frame(frame, hidden)
        for frame in (frames if isinstance(frames, list) else [])
        if isinstance(frame, Mapping) and (frame.get("in_app") is True or not only_app_frames)
    ]
    rest = {key: value for key, value in trace.items() if key != "frames" and key not in hidden}
    return filled({**rest, "frames": shown})


def _frame(frame: Mapping[str, Any], hidden: Sequence[str]) -> dict[str, Any]:
    normalised = {key: first_filled(frame, sources) for key, sources in FALLBACKS.items()}
    return filled({key: value for key, value in {**frame, **normalised}.items() if key not in hidden})
