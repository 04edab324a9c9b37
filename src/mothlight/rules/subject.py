"""What rules see of an event (pipeline 6.3), and which of it a filter is about."""

from collections.abc import Callable, Sequence
from typing import Protocol

from mothlight.filters.property_filter import PropertyFilter
from mothlight.rules.kinds import Kind

Texts = Sequence[str | None]
"""The values of a property: one, or the elements of a list. None and empty ones are missing."""


class Subject(Protocol):
    """An event on its way through the pipeline."""

    def property_text(self, key: str) -> str | None:
        """A property of the event as text; None when it is absent or null."""

    @property
    def types(self) -> Sequence[str]:
        """`$exception_types`."""

    @property
    def messages(self) -> Sequence[str]:
        """`$exception_values`."""

    @property
    def sources(self) -> Sequence[str]:
        """`$exception_sources`."""

    @property
    def functions(self) -> Sequence[str]:
        """`$exception_functions`."""

    @property
    def exceptions(self) -> Sequence[str]:
        """`$exception_list` as JSON texts: the exceptions without their frames, and the frames."""

    @property
    def handled(self) -> bool:
        """`$exception_handled`."""

    @property
    def release(self) -> str:
        """`$exception_release` as JSON text, or empty."""

    def fingerprint_text(self, key: str) -> str | None:
        """What the chosen fingerprint says: a key of `FINGERPRINT_KEYS`."""

    @property
    def issue_id(self) -> str | None:
        """`$exception_issue_id`."""

    def issue_text(self, key: str) -> str | None:
        """`name`, `description` or `status` of the issue."""


FINGERPRINT_KEYS = frozenset(
    {"$exception_fingerprint", "$exception_fingerprint_version", "$exception_fingerprint_record"}
)
ISSUE_ID = "$exception_issue_id"
ISSUE_TEXTS = frozenset({"name", "description", "status"})

Getter = Callable[[Subject], Texts]

LISTS: dict[str, Getter] = {
    "$exception_types": lambda subject: subject.types,
    "$exception_values": lambda subject: subject.messages,
    "$exception_sources": lambda subject: subject.sources,
    "$exception_functions": lambda subject: subject.functions,
    "$exception_list": lambda subject: subject.exceptions,
    "$exception_handled": lambda subject: ("true" if subject.handled else "false",),
    "$exception_release": lambda subject: (subject.release,),
}
"""Properties that the pipeline makes itself."""


def getter_of(found: PropertyFilter, kind: Kind) -> Getter:
    """What a filter of a rule is about; nothing where the kind cannot see it."""
    key = found.key
    if found.type == "error_tracking_issue":
        is_seen = kind.sees_issue and key in ISSUE_TEXTS
        return (lambda subject: (subject.issue_text(key),)) if is_seen else _nothing
    if key in LISTS:
        return LISTS[key]
    if key in FINGERPRINT_KEYS:
        return (lambda subject: (subject.fingerprint_text(key),)) if kind.sees_fingerprint else _nothing
    if key == ISSUE_ID:
        return (lambda subject: (subject.issue_id,)) if kind.sees_issue_id else _nothing
    return lambda subject: (subject.property_text(key),)


def _nothing(_: Subject) -> Texts:
    return ()
