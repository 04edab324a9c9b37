"""Reads exceptions: order, texts, and which stack they have (pipeline 2)."""

from collections.abc import Callable
from functools import lru_cache

import msgspec

from mothlight.frames.decode import decode
from mothlight.frames.errors import Unprocessable
from mothlight.frames.exceptions import legacy_exceptions, make_entries, read_exceptions
from mothlight.frames.stack import ReadStack, ReadTrace, read_stack, wire_key
from mothlight.frames.truncate import NAME_BYTES, truncate
from mothlight.frames.wire_order import wire_order
from mothlight.issues.severity import read_severity
from mothlight.kit.recent import Recent
from mothlight.model.event import ReceivedEvent
from mothlight.model.outcome import DropReason
from mothlight.pipeline.states import Batch, Normalised, SentStack, Unreadable

LIST = "$exception_list"
IMAGES = "$debug_images"
ERRORS = "$cymbal_errors"

NOT_KEPT = frozenset(
    {
        LIST,
        ERRORS,
        "$exception_fingerprint",
        "$exception_sources",
        "$exception_types",
        "$exception_values",
        "$exception_functions",
        "$exception_release",
        "$exception_handled",
        "$exception_fingerprint_version",
        "$exception_proposed_fingerprint",
        "$exception_fingerprint_record",
        "$exception_issue_id",
    }
)
"""Properties that the pipeline computes or stores elsewhere; what a client sends under these names is not kept."""

KNOWN_STACKS = 20_000
"""Stacks whose wire form is remembered, so that they are not decoded again."""

SMALL_BYTES = 256
"""What is larger is not remembered: a client must not be able to fill our memory."""

_NULL = b"null"
_NO_IMAGES = (b"[]", _NULL)


class Normalise:
    """Remembers the stacks it has read by the bytes they came in."""

    def __init__(self) -> None:
        self._read: Recent[int, ReadStack] = Recent(KNOWN_STACKS)

    def __call__(self, batch: Batch[ReceivedEvent]) -> Batch[Normalised]:
        """Keep the exceptions that can be read; the others are stored with a note."""
        items = []
        for event in batch.items:
            try:
                items.append(self._normalise(event))
            except Unprocessable as error:
                batch.unreadable.append(Unreadable(event, error.note(event.uuid)))
        batch.drop(DropReason.UNPROCESSABLE, len(batch.unreadable))
        return batch.hand_on(items)

    def _normalise(self, event: ReceivedEvent) -> Normalised:
        properties = event.properties
        order = wire_order(read_text(properties.get("$lib")), read_text(properties.get("$lib_version")))
        sent = properties.get(LIST)
        is_missing = sent is None or bytes(sent) == _NULL
        exceptions = read_exceptions(legacy_exceptions(properties) if is_missing else sent, order)
        stack = SentStack([exception.stacktrace for exception in exceptions], properties.get(IMAGES), order)
        read = self._read_stack(stack)
        return Normalised(
            event,
            _kept(properties),
            make_entries(exceptions, read),
            read.hash,
            any(read.traces),
            stack,
        )

    def _read_stack(self, stack: SentStack) -> ReadStack:
        key = wire_key(stack.traces, stack.images, stack.order)
        read = None if key is None else self._read.get(key)
        if read is not None:
            return read
        read = read_sent(stack)
        if key is not None and all(trace is None or _is_worth_remembering(trace) for trace in read.traces):
            self._read.put(key, _without_frames(read))
        return read


def read_sent(stack: SentStack) -> ReadStack:
    """Decode a stack. Raises `Unprocessable`."""
    return read_stack(stack.traces, stack.images, stack.order)


def read_text(value: msgspec.Raw | None) -> str | None:
    """A property that is a text; None for anything else."""
    if value is None:
        return None
    sent = bytes(value)
    return _remembered_text(sent) if len(sent) <= SMALL_BYTES else _decode_text(sent)


def _decode_text(value: bytes) -> str | None:
    decoded = decode(msgspec.Raw(value)) if value.startswith(b'"') else None
    return decoded if isinstance(decoded, str) else None


_remembered_text = lru_cache(maxsize=4096)(_decode_text)


def _kept(properties: dict[str, msgspec.Raw]) -> dict[str, msgspec.Raw]:
    """The properties that are stored as such, in the form in which they are echoed (pipeline 2.3, 2.5)."""
    kept = properties.copy()
    for name in NOT_KEPT:
        kept.pop(name, None)
    for name, rewrite in REWRITTEN.items():
        if name in kept:
            rewrite(kept, name)
    return kept


def _truncate(kept: dict[str, msgspec.Raw], name: str) -> None:
    text = decode(kept[name])
    if isinstance(text, str):
        kept[name] = msgspec.Raw(msgspec.json.encode(truncate(text, NAME_BYTES)))


def _lower_severity(kept: dict[str, msgspec.Raw], name: str) -> None:
    severity = read_severity(decode(kept[name]))
    if severity is not None:
        kept[name] = msgspec.Raw(msgspec.json.encode(severity))


def _drop_empty(kept: dict[str, msgspec.Raw], name: str) -> None:
    if bytes(kept[name]) in _NO_IMAGES:
        del kept[name]


REWRITTEN: dict[str, Callable[[dict[str, msgspec.Raw], str], None]] = {
    "$issue_name": _truncate,
    "$issue_description": _truncate,
    "$issue_severity": _lower_severity,
    IMAGES: _drop_empty,
}


def _is_worth_remembering(trace: ReadTrace) -> bool:
    """Whether the trace may come again, and is small without its frames. Local variables hardly ever come again."""
    return not trace.variables and len(msgspec.json.encode(trace.keys)) <= SMALL_BYTES


def _without_frames(read: ReadStack) -> ReadStack:
    traces = [None if trace is None else ReadTrace(trace.keys, [], {}) for trace in read.traces]
    return ReadStack(read.hash, traces, read.legacy)
