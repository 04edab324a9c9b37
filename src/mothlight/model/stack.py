"""Stacks, exceptions and fingerprints: what an event's `$exception_list` becomes.

A *stack* is what all exceptions of one event hold as frames, in canonical order (outermost exception first, entry
point first), without what differs from event to event. It is content-addressed: equal stacks have equal hashes, are
stored once, resolved once and fingerprinted once. The event keeps the rest of its exceptions (`ExceptionEntry`).
"""

from typing import Any
from uuid import UUID, uuid5

import msgspec

Frame = dict[str, Any]
"""A unified frame (pipeline 3.2): the keys of that table, absent ones omitted."""

RawFrame = dict[str, Any]
"""A frame as the SDK sent it: the known fields of its platform (pipeline 3.1), without local variables."""


class Stack(msgspec.Struct, frozen=True):
    """The frames of all exceptions of an event. The lists have one entry for each, None where it has no stack trace."""

    hash: str
    """32 hex digits; content address, see `frames.stack`."""
    raw: list[list[RawFrame] | None]
    frames: list[list[Frame] | None]
    legacy: str
    """Which reversal gives the order that older fingerprint versions hashed: `none`, `frames`, `exceptions` (4.6)."""
    contexts: dict[str, Any]
    """Source lines by `raw_id` (pipeline 3.5): `{"before": [{"number", "line"}], "line": {…}, "after": […]}`."""
    sources: list[str]
    functions: list[str]
    """`$exception_sources` and `$exception_functions` (pipeline 2.5)."""
    texts: str
    """All texts of frames and source lines, one a line, for searching."""
    version: int = 1
    """Grows with each resolution of the same raw frames."""


class StackSymbols(msgspec.Struct, frozen=True, omit_defaults=True):
    """What symbol sets had to do with a stack. References are `symbol_sets.ref`."""

    offered: dict[str, str] = {}
    """Storage keys of the symbol sets that were there when the stack was resolved, by reference."""
    used: list[str] = []
    """References of those that answered for at least one frame."""
    frames: dict[str, str] = {}
    """By `raw_id`: the reference that the frame was looked up with, whether it was found there or not."""
    waits: dict[str, str] = {}
    """By `raw_id`: the reference that a frame which is not readable waits for."""


class ExceptionEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One exception without its frames. Its id is not kept: it follows from the event's uuid and its place."""

    type: str
    value: str = ""
    rest: dict[str, Any] = {}
    """Every other key of the entry as sent (`mechanism`, `module`, `thread_id`, …), without `stacktrace`."""
    trace: dict[str, Any] | None = None
    """The keys of `stacktrace` but `frames`, with `type` = `resolved`; None when the exception has no stack trace."""
    variables: dict[int, Any] = {}
    """Local variables by frame index, masked (pipeline 3.7)."""


def exception_id(event_uuid: UUID, index: int) -> str:
    """The id of an event's exception: the UUIDv5 of the event's uuid and the place in the list, as text."""
    return str(uuid5(event_uuid, str(index)))


class Fingerprint(msgspec.Struct, frozen=True):
    """One way to name the group that an event belongs to."""

    value: str
    version: str | None
    """`v1` … `v3`, `v1_legacy`, `v2_legacy`; None for manual and rule fingerprints."""
    record: list[dict[str, Any]]
    """`$exception_fingerprint_record` (pipeline 4.7)."""
