"""The grouping key: what a fingerprint is computed from, as a number that is on the event's row (design 3)."""

import hashlib
from collections.abc import Sequence

import msgspec

from mothlight.grouping import v3
from mothlight.model.stack import ExceptionEntry

_BYTES = 8
_encode = msgspec.json.Encoder().encode


def grouping_key(entries: Sequence[ExceptionEntry], stack_hash: str, manual: str | None) -> int:
    """64 bits, unsigned. Events with equal keys have equal fingerprints of the newest version.

    Of an exception without a stack trace the message counts as the newest version normalises it. Its module counts
    only with a stack trace, where mappings may rename it.
    """
    if manual is not None:
        return _number(["manual", manual])
    parts = [stack_hash]
    for entry in entries:
        if entry.trace is None:
            parts += (entry.type, "message", v3.message(entry.value))
        else:
            module = entry.rest.get("module")
            parts += (entry.type, "module", module if isinstance(module, str) else "")
    return _number(parts)


def rule_key(rule: str, key: int) -> int:
    """64 bits, unsigned: the key of events with a key that a grouping rule matches, named by its id."""
    return _number(["rule", rule, str(key)])


def moved_key(move: str, key: int) -> int:
    """63 bits, not 0: the key that a move, named by its id, gives to events with a key."""
    return _number(["moved", move, str(key)]) >> 1 or 1


def _number(parts: list[str]) -> int:
    # As JSON, because plain joining would let a text run over into its neighbour.
    return int.from_bytes(hashlib.blake2b(_encode(parts), digest_size=_BYTES).digest(), "big")
