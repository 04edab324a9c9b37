"""Reading `$exception_list` without the frames in it (pipeline 1.5, 2.1 to 2.4; ingest 13, 14)."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from mothlight.frames.decode import decode
from mothlight.frames.errors import EmptyList, Unprocessable
from mothlight.frames.sanitise import sanitise, sanitise_text
from mothlight.frames.stack import ReadStack
from mothlight.frames.truncate import TYPE_BYTES, VALUE_BYTES, truncate
from mothlight.frames.wire_order import EXCEPTIONS, WireOrder
from mothlight.model.stack import ExceptionEntry

MOST_EXCEPTIONS = 100
"""Exceptions kept of one event, counted from the root cause."""

LIST = "$exception_list"
_OWN_KEYS = ("id", "type", "value", "stacktrace")
_LEGACY_PLATFORM = "web:javascript"
_SMALL_BYTES = 256
_read_raw_list = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode


class SentException(msgspec.Struct, frozen=True):
    """One exception as it was sent, its texts sanitised and cut, its stack trace not looked at yet."""

    type: str
    value: str
    rest: dict[str, Any]
    """Every other key. Shared between events that sent the same: never change it."""
    stacktrace: object
    """Decoded, still `msgspec.Raw`, or None."""


def read_exceptions(sent: object, order: WireOrder) -> list[SentException]:
    """The exceptions in canonical order, at most 100 of them.

    `sent` is the value of `$exception_list`, decoded or as `msgspec.Raw`; the latter costs least, because no frame is
    decoded. Raises `Unprocessable`.
    """
    entries = _read_list(sent)
    if not entries:
        raise EmptyList
    exceptions = [_read_exception(entry) for entry in entries]
    if order.reversal == EXCEPTIONS:
        exceptions.reverse()
    return exceptions[-MOST_EXCEPTIONS:]


def legacy_exceptions(properties: Mapping[str, Any]) -> list[dict[str, Any]]:
    """An exception list of one from the properties that clients sent before there was a list.

    `properties` are those of the event, decoded or `msgspec.Raw`. Raises `Unprocessable` if they tell of no exception.
    """
    names = ("$exception_type", "$exception_message", "$exception_stack_trace_raw")
    type_, message, trace = (decode(properties.get(name)) for name in names)
    if not any(isinstance(each, str) for each in (type_, message)):
        raise Unprocessable(f"missing field `{LIST}`")
    entry: dict[str, Any] = {"type": type_ if isinstance(type_, str) else "Error", "value": message}
    if (frames := _legacy_frames(trace)) is not None:
        entry["stacktrace"] = {"type": "raw", "frames": frames}
    return [entry]


def make_entries(exceptions: Sequence[SentException], read: ReadStack) -> list[ExceptionEntry]:
    """The exceptions as the event keeps them."""
    return [
        ExceptionEntry(sent.type, sent.value, sent.rest)
        if trace is None
        else ExceptionEntry(sent.type, sent.value, sent.rest, trace.keys, trace.variables)
        for sent, trace in zip(exceptions, read.traces, strict=True)
    ]


# --- reading ---


def _read_list(sent: object) -> list[Any]:
    if type(sent) is msgspec.Raw:
        try:
            return _read_raw_list(sent)
        except (msgspec.DecodeError, RecursionError):
            # Some entry is no object, or the list is none: reading it whole says what is wrong.
            sent = decode(sent)
    if sent is None:
        raise Unprocessable(f"missing field `{LIST}`")
    if not isinstance(sent, list):
        raise Unprocessable(f"invalid type: {_kind(sent)}, expected a sequence")
    return sent


def _read_exception(entry: Any) -> SentException:
    if not isinstance(entry, dict):
        raise Unprocessable(f"invalid type: {_kind(entry)}, expected an exception")
    rest = {name: _small(value) for name, value in entry.items() if name not in _OWN_KEYS}
    return SentException(_read_type(entry), _read_value(entry.get("value")), rest, entry.get("stacktrace"))


def _read_type(entry: dict[str, Any]) -> str:
    if "type" not in entry:
        raise Unprocessable("missing field `type`")
    sent = _small(entry["type"])
    if not isinstance(sent, str):
        raise Unprocessable(f"invalid type: {_kind(sent)}, expected a string")
    return truncate(sent, TYPE_BYTES)


def _read_value(sent: object) -> str:
    value = decode(sent)
    if value is None:
        return ""
    text = sanitise_text(value) if type(value) is str else msgspec.json.encode(sanitise(value, 2)).decode()
    return truncate(text, VALUE_BYTES)


def _small(value: Any) -> Any:
    """A value inside an exception, decoded and sanitised. Small ones repeat, so they are remembered by their text."""
    if type(value) is not msgspec.Raw:
        return sanitise(value, 2)
    text = bytes(value)
    return _remembered(text) if len(text) <= _SMALL_BYTES else sanitise(decode(value), 2)


@lru_cache(maxsize=4096)
def _remembered(text: bytes) -> Any:
    return sanitise(decode(msgspec.Raw(text)), 2)


def _legacy_frames(trace: object) -> list[Any] | None:
    """The frames of `$exception_stack_trace_raw`: a list, or its JSON text. Browsers sent them without a platform."""
    if isinstance(trace, str):
        try:
            trace = decode(msgspec.Raw(trace.encode()))
        except Unprocessable:
            return None
    if not isinstance(trace, list):
        return None
    return [{"platform": _LEGACY_PLATFORM, **frame} for frame in trace if isinstance(frame, dict)]


def _kind(value: object) -> str:
    """What a value is, in the words of the error notes."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"boolean `{str(value).lower()}`"
    if isinstance(value, int):
        return f"integer `{value}`"
    if isinstance(value, float):
        return f"floating point `{value}`"
    if isinstance(value, str):
        return f"string {msgspec.json.encode(value[:100]).decode()}"
    return "map" if isinstance(value, dict) else "sequence"
