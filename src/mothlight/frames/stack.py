"""Reading the frames of an event, naming them by their content, and resolving them (pipeline 2.4, 2.5, 3).

The stack hash covers every known field of each frame but local variables, with addresses relative to their image, the
debug ids of the images that frames lie in, and the wire order. So it can be computed before anything is resolved, and a
stack that was seen before is a dictionary look-up.
"""

import hashlib
import os
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import msgspec

from mothlight.frames.context import Context
from mothlight.frames.decode import decode
from mothlight.frames.images import IMAGE, Image, place_in_image, read_images, without_load_address
from mothlight.frames.platforms import apple, native, python, read_frame, resolve_frame
from mothlight.frames.sanitise import sanitise
from mothlight.frames.unified import Resolved
from mothlight.frames.variables import mask_variables
from mothlight.frames.wire_order import FRAMES, WireOrder
from mothlight.model.stack import Frame, RawFrame, Stack

MOST_FRAMES = 1_000
"""Frames kept of one exception, counted from the crash site."""

_HASH_BYTES = 16
_PROCESS_SECRET = os.urandom(16)
"""So that nobody can make texts whose keys are equal, not even where the interpreter was told not to vary its hash."""
_TRACE_LEVEL = 2
_ADDRESSED = (apple.PLATFORM, native.PLATFORM)
_encode = msgspec.json.Encoder().encode


class ReadTrace(msgspec.Struct, frozen=True):
    """What one exception's stack trace says."""

    keys: dict[str, Any]
    """The keys of the trace but `frames`, with `type` = `resolved`."""
    frames: list[RawFrame]
    """In canonical order, without local variables."""
    variables: dict[int, Any]
    """Masked local variables by index in `frames`."""


class ReadStack(msgspec.Struct, frozen=True):
    """The frames of all exceptions of an event before resolving."""

    hash: str
    """32 hex digits."""
    traces: list[ReadTrace | None]
    """One for each exception, None where it has no stack trace."""
    legacy: str
    """As `Stack.legacy`."""


def wire_key(traces: Iterable[object], images: object, order: WireOrder) -> int | None:
    """A key for what `read_stack` answers, from undecoded JSON alone; None when something was decoded already.

    Equal texts have equal keys within this process, so a caller may remember an answer by its key and not decode the
    same stack again. Stacks with local variables are not worth remembering: they hardly ever repeat to the byte.
    """
    parts = [_PROCESS_SECRET, repr(order).encode()]
    for part in (*traces, images):
        if part is None:
            parts.append(b"\0")
        elif type(part) is msgspec.Raw:
            parts.append(bytes(part))
        else:
            return None
    # The interpreter's hash is keyed, 64 bits long, and, unlike the module `hashlib`, keeps the interpreter's lock:
    # for a text of this size, getting that back costs more than hashing. No JSON text holds the byte between the parts.
    return hash(b"\1".join(parts))


def read_stack(traces: Sequence[object], images: object, order: WireOrder) -> ReadStack:
    """Reads the `stacktrace` of each exception, in canonical order of the list, and the event's `$debug_images`.

    All may be decoded JSON or still `msgspec.Raw`; odd shapes are read as far as they go. Raises `Unprocessable`.
    """
    known = read_images(decode(images))
    read = [_read_trace(decode(trace), known, is_reversed=order.reversal == FRAMES) for trace in traces]
    return ReadStack(_stack_hash(read, order), read, order.legacy)


def resolve_stack(read: ReadStack) -> Stack:
    """The unified frames of a stack with all that depends on nothing else."""
    return make_stack(read, [None if trace is None else _resolve_frames(trace.frames) for trace in read.traces])


def make_stack(read: ReadStack, answers: Sequence[Sequence[Resolved] | None]) -> Stack:
    """The stack whose frames are `answers`: a list for each exception, None where it has no stack trace."""
    frames = [None if each is None else [answer.frame for answer in each] for each in answers]
    own = [frame for each in frames if each is not None for frame in each if frame.get("in_app") is True]
    contexts = {
        answer.frame["raw_id"]: answer.context
        for each in answers
        for answer in each or ()
        if answer.context is not None
    }
    return Stack(
        hash=read.hash,
        raw=[None if trace is None else trace.frames for trace in read.traces],
        frames=frames,
        legacy=read.legacy,
        contexts=contexts,
        sources=_distinct(own, "source"),
        functions=_distinct(own, "resolved_name"),
        texts="\n".join(dict.fromkeys(chain(_texts(frames), _lines(contexts.values())))),
    )


# --- reading ---


def _read_trace(sent: Any, images: list[Image], *, is_reversed: bool) -> ReadTrace | None:
    if not isinstance(sent, dict):
        return None
    trace = sanitise(sent, _TRACE_LEVEL)
    is_resolved = trace.get("type") == "resolved"
    frames = _canonical_frames(trace.get("frames"), is_reversed=is_reversed)
    return ReadTrace(
        keys={"type": "resolved", **{name: value for name, value in trace.items() if name not in ("type", "frames")}},
        frames=[_read_frame(frame, images, is_resolved=is_resolved) for frame in frames],
        variables=dict(_variables(frames, is_resolved=is_resolved)),
    )


def _canonical_frames(sent: Any, *, is_reversed: bool) -> list[dict[str, Any]]:
    frames = [frame for frame in sent if type(frame) is dict] if isinstance(sent, list) else []
    if is_reversed:
        frames.reverse()
    return frames[-MOST_FRAMES:]


def _read_frame(sent: dict[str, Any], images: list[Image], *, is_resolved: bool) -> RawFrame:
    raw = read_frame(sent, is_resolved=is_resolved)
    if images and raw["platform"] in _ADDRESSED:
        place_in_image(raw, images)
    return raw


def _variables(frames: list[dict[str, Any]], *, is_resolved: bool) -> Iterable[tuple[int, Any]]:
    for index, frame in enumerate(frames):
        value = frame.get("code_variables")
        if value is not None and (is_resolved or frame.get("platform") == python.PLATFORM):
            yield index, mask_variables(value)


def _stack_hash(traces: list[ReadTrace | None], order: WireOrder) -> str:
    steady = [None if trace is None else [_steady(frame) for frame in trace.frames] for trace in traces]
    return hashlib.blake2b(_encode([order, steady]), digest_size=_HASH_BYTES).hexdigest()


def _steady(raw: RawFrame) -> RawFrame:
    return without_load_address(raw) if IMAGE in raw else raw


# --- resolving ---


def _resolve_frames(raw: list[RawFrame]) -> list[Resolved]:
    return [answer for frame in raw for answer in resolve_frame(frame)]


def _distinct(frames: list[Frame], name: str) -> list[str]:
    return list(dict.fromkeys(frame[name] for frame in frames if name in frame))


def _lines(contexts: Iterable[Context]) -> Iterable[str]:
    """The source lines; they are most of a stack's texts, so they are not looked for."""
    for context in contexts:
        for line in (*context["before"], context["line"], *context["after"]):
            yield line["line"]


def _texts(value: Any) -> Iterable[str]:
    """All texts inside, ids left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            if name != "raw_id":
                yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
