"""Fingerprints: how events are told apart (pipeline 4).

To add one: a file `v<n>.py` like the newest, a line at the end of `VERSIONS`, golden values in
`tests/golden/fingerprints/`. Never edit an old version, nor what it uses: its values are in the databases of those who
run Mothlight, and a changed value is a data migration.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from mothlight.grouping import v1, v2, v3
from mothlight.grouping.hashing import Algorithm, Part, fingerprint, parts
from mothlight.model.stack import ExceptionEntry, Fingerprint, Frame, Stack, exception_id

MANUAL_BYTES = 64
"""A manual fingerprint longer than this is replaced by its SHA-512."""

RULE_PREFIX = "custom-rule:"

_NO_LEGACY = "none"
_FRAMES = "frames"
_EXCEPTIONS = "exceptions"


class Version(NamedTuple):
    """One way to compute fingerprints."""

    name: str
    algorithm: Algorithm
    is_legacy: bool
    """Computed over the order in which an SDK sent, or used to send, what it had backwards (pipeline 2.4)."""


VERSIONS = (
    Version("v1_legacy", v1, is_legacy=True),
    Version("v1", v1, is_legacy=False),
    Version("v2_legacy", v2, is_legacy=True),
    Version("v2", v2, is_legacy=False),
    Version("v3", v3, is_legacy=False),
)
"""Oldest to newest."""

NEWEST = VERSIONS[-1]
"""New issues are created under it."""


def candidates(entries: Sequence[ExceptionEntry], stack: Stack) -> list[Fingerprint]:
    """The automatic fingerprints of an event, oldest version first, the newest one last.

    Legacy versions are among them only when the stack has a legacy order.
    """
    versions = [version for version in VERSIONS if not version.is_legacy or stack.legacy != _NO_LEGACY]
    return [_compute(version, entries, stack) for version in versions]


def newest(entries: Sequence[ExceptionEntry], stack: Stack) -> Fingerprint:
    """The fingerprint under which a new issue is created."""
    return _compute(NEWEST, entries, stack)


def manual(value: str) -> Fingerprint:
    """The fingerprint that the application chose."""
    encoded = value.encode("utf-8", "replace")
    kept = value if len(encoded) <= MANUAL_BYTES else hashlib.sha512(encoded).hexdigest()
    return Fingerprint(kept, None, [{"type": "manual"}])


def with_ids(found: Fingerprint, event_uuid: UUID, legacy: str) -> Fingerprint:
    """The fingerprint with the ids of one event's exceptions in its record, which names none by itself.

    `legacy` is the stack's.
    """
    parts = sum(part["type"] == "exception" for part in found.record)
    is_backwards = legacy == _EXCEPTIONS and any(v.is_legacy for v in VERSIONS if v.name == found.version)
    ids = iter(exception_id(event_uuid, index) for index in (range(parts)[::-1] if is_backwards else range(parts)))
    record = [{**part, "id": next(ids)} if part["type"] == "exception" else part for part in found.record]
    return Fingerprint(found.value, found.version, record)


def explain(version: str, entries: Sequence[ExceptionEntry], stack: Stack) -> tuple[Fingerprint, list[Part]] | None:
    """The fingerprint of a version with every text that it is made of, in order; None for an unknown version."""
    for each in VERSIONS:
        if each.name == version:
            return _compute(each, entries, stack), list(parts(each.algorithm, _in_order(each, entries, stack)))
    return None


def _compute(version: Version, entries: Sequence[ExceptionEntry], stack: Stack) -> Fingerprint:
    return fingerprint(version.name, version.algorithm, _in_order(version, entries, stack))


def _in_order(
    version: Version, entries: Sequence[ExceptionEntry], stack: Stack
) -> list[tuple[ExceptionEntry, list[Frame] | None]]:
    """The exceptions with their frames, as the version takes them."""
    exceptions = list(zip(entries, stack.frames, strict=True))
    if version.is_legacy and stack.legacy == _EXCEPTIONS:
        exceptions.reverse()
    if version.is_legacy and stack.legacy == _FRAMES:
        exceptions = [(entry, _backwards(frames)) for entry, frames in exceptions]
    return exceptions


def _backwards(frames: list[Frame] | None) -> list[Frame] | None:
    return None if frames is None else frames[::-1]


def by_rule(rule_id: UUID) -> Fingerprint:
    """The fingerprint of the events that a grouping rule matches (pipeline 4.2)."""
    return Fingerprint(f"{RULE_PREFIX}{rule_id}", None, [{"type": "custom", "rule_id": str(rule_id)}])
