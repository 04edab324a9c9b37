"""What a fingerprint follows from beside the stack, in a form that is kept with the grouping key.

So it can be computed again when the stack is read otherwise, also where no event is left.
"""

from collections.abc import Sequence

import msgspec

from mothlight.model.stack import ExceptionEntry

MODULE = "module"

_decode = msgspec.json.Decoder(list[ExceptionEntry]).decode


def keep_entries(entries: Sequence[ExceptionEntry]) -> str:
    """The exceptions as JSON text, without what is not hashed: of those with a stack trace not even the message."""
    return msgspec.json.encode([_bare(entry) for entry in entries]).decode()


def read_entries(kept: str) -> list[ExceptionEntry]:
    """What `keep_entries` has written, or the exceptions of an event's row."""
    return _decode(kept)


def _bare(entry: ExceptionEntry) -> ExceptionEntry:
    module = entry.rest.get(MODULE)
    return ExceptionEntry(
        type=entry.type,
        value=entry.value if entry.trace is None else "",
        rest={MODULE: module} if isinstance(module, str) else {},
        trace=None if entry.trace is None else {},
    )
