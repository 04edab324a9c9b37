"""What an event's exceptions say as a whole, and the list put together again for answers (pipeline 2.5)."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from mothlight.model.stack import ExceptionEntry, Frame, Stack, exception_id


def exception_types(entries: Sequence[ExceptionEntry]) -> list[str]:
    """`$exception_types`: distinct, in the order of the list."""
    return list(dict.fromkeys(entry.type for entry in entries))


def exception_values(entries: Sequence[ExceptionEntry]) -> list[str]:
    """`$exception_values`: distinct messages, in the order of the list."""
    return list(dict.fromkeys(entry.value for entry in entries))


def is_handled(entries: Sequence[ExceptionEntry]) -> bool:
    """`$exception_handled`: whether the outermost exception was caught; false where nothing says so."""
    mechanism = entries[0].rest.get("mechanism")
    return isinstance(mechanism, dict) and mechanism.get("handled") is True


def other_texts(entries: Sequence[ExceptionEntry]) -> list[str]:
    """The distinct texts of the entries beside type, message and frames, as module and mechanism: for searching."""
    found: dict[str, None] = {}
    for entry in entries:
        _gather_texts(entry.rest.values(), found)
    return list(found)


def _gather_texts(values: Iterable[Any], found: dict[str, None]) -> None:
    for value in values:
        if isinstance(value, str):
            found[value] = None
        elif isinstance(value, dict):
            _gather_texts(value.values(), found)
        elif isinstance(value, list):
            _gather_texts(value, found)


def exception_list(entries: Sequence[ExceptionEntry], stack: Stack, event_uuid: UUID) -> list[dict[str, Any]]:
    """The normalised `$exception_list`, with each frame's local variables in their place."""
    return [
        _put_together(exception_id(event_uuid, index), entry, frames)
        for index, (entry, frames) in enumerate(zip(entries, stack.frames, strict=True))
    ]


def _put_together(id_: str, entry: ExceptionEntry, frames: list[Frame] | None) -> dict[str, Any]:
    whole: dict[str, Any] = {"id": id_, "type": entry.type, "value": entry.value, **entry.rest}
    if entry.trace is not None:
        whole["stacktrace"] = {**entry.trace, "frames": _with_variables(frames or [], entry.variables)}
    return whole


def _with_variables(frames: list[Frame], variables: dict[int, Any]) -> list[Frame]:
    if not variables:
        return frames
    return [
        {**frame, "code_variables": variables[index]} if index in variables else frame
        for index, frame in enumerate(frames)
    ]
