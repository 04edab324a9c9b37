"""What stages hand on. Progress is a type: a stage that is called out of order does not type-check."""

from collections import Counter
from typing import Generic, TypeVar
from uuid import UUID

import msgspec

from mothlight.frames.wire_order import WireOrder
from mothlight.model.event import ReceivedEvent
from mothlight.model.outcome import DropReason
from mothlight.model.stack import ExceptionEntry
from mothlight.persons.apply import PersonsOfBatch
from mothlight.storage.events.rows import DropRow, EventRow
from mothlight.storage.metadata.repositories.rules import StoredRule

T = TypeVar("T")
U = TypeVar("U")


class SentStack(msgspec.Struct, frozen=True, gc=False):
    """The stack of an event as it was sent, to be read by those who find that it is new."""

    traces: list[object]
    """The `stacktrace` of each exception, in canonical order; undecoded where possible."""
    images: object
    """`$debug_images`."""
    order: WireOrder


class Normalised(msgspec.Struct, frozen=True, gc=False):
    """An exception that could be read."""

    event: ReceivedEvent
    properties: dict[str, msgspec.Raw]
    """What is stored as properties: without what the pipeline owns. Each event's own, later stages may add to it."""
    entries: list[ExceptionEntry]
    stack: str
    """Hash of the stack, also where no exception has a stack trace."""
    has_stack: bool
    sent: SentStack


class EventSymbols(msgspec.Struct, frozen=True):
    """What symbol sets say about an event."""

    stack_version: int = 1
    """The version of the stack that is stored."""
    release_ids: tuple[UUID, ...] = ()
    """Releases of the sets that resolved its frames."""
    entries: list[ExceptionEntry] | None = None
    """The exceptions with their original types; None where they were sent with them."""


NO_SYMBOLS = EventSymbols()


class Resolved(msgspec.Struct, frozen=True, gc=False):
    """An exception whose stack is stored, with its frames resolved."""

    normalised: Normalised
    symbols: EventSymbols = NO_SYMBOLS


class EventRelease(msgspec.Struct, frozen=True):
    """What an event's release says about it."""

    text: str
    """`$exception_release` as JSON text, or empty."""
    names: list[str]
    """Texts that the `release` criterion matches."""
    filled: dict[str, msgspec.Raw]
    """Values for properties that the event lacks."""
    version: str = ""
    """What `issues.regressions` compares; empty where there is none."""


class Released(msgspec.Struct, frozen=True, gc=False):
    """An exception that knows its release, or that it has none."""

    normalised: Normalised
    release: EventRelease
    symbols: EventSymbols = NO_SYMBOLS


class Fingerprinted(msgspec.Struct, frozen=True, gc=False):
    """An exception that knows what it is grouped by."""

    normalised: Normalised
    release: EventRelease
    grouping_key: int
    manual: str | None
    """The fingerprint that the application chose."""
    sent: list[ExceptionEntry]
    """The exceptions as they were sent, before symbol sets gave them their original types."""
    stack_version: int = 1
    """The version of the stack that is stored."""
    rule: StoredRule | None = None
    """The grouping rule that matches it."""


class Linked(msgspec.Struct, frozen=True, gc=False):
    """An exception that belongs to an issue and is wanted there."""

    normalised: Normalised
    release: EventRelease
    grouping_key: int
    environment: str = ""
    stack_version: int = 1
    issue_id: UUID | None = None
    """Its issue at this moment; None: it waits for the new-issue budget."""


class Limited(msgspec.Struct, frozen=True, gc=False):
    """An exception that is only counted: the project has enough of them."""

    linked: Linked
    reason: DropReason


class Parked(msgspec.Struct, frozen=True):
    """An exception that waits for a source map, and what was known of it before."""

    item: Normalised
    person: str
    """As of its receipt."""
    sequence: int
    """Of its journal entry."""
    writer: str

    @property
    def size(self) -> int:
        """Bytes that it holds in memory, about."""
        return sum(map(len, self.item.event.properties.values()))


class Unreadable(msgspec.Struct, frozen=True, gc=False):
    """An exception that could not be read: stored with a note, in no issue (pipeline 1.5)."""

    event: ReceivedEvent
    note: str


class Batch(msgspec.Struct, Generic[T], frozen=True):
    """Events on their way together."""

    items: list[T]
    persons: PersonsOfBatch
    dropped: Counter[DropReason]
    """The fates of those that are no longer among the items. Grows from stage to stage."""
    unreadable: list[Unreadable]

    def hand_on(self, items: list[U]) -> "Batch[U]":
        """The batch in its next state."""
        return Batch(items, self.persons, self.dropped, self.unreadable)

    def drop(self, reason: DropReason, events: int) -> None:
        """Count events that end here."""
        if events:
            self.dropped[reason] += events


class Admitted(msgspec.Struct, frozen=True):
    """A batch that the limits of its projects have looked at."""

    kept: Batch[Linked]
    limited: list[Limited]
    """Those that are only counted; among the dropped."""


class Prepared(msgspec.Struct, frozen=True):
    """A batch of which nothing is left to do but to store its rows."""

    rows: list[EventRow]
    dropped: Counter[DropReason]
    events: list[ReceivedEvent]
    """Those that the rows, and the drops after the duplicates, are about."""
    drops: list[DropRow] = []
    """Events that are only counted."""
    parked: list[Parked] = msgspec.field(default_factory=list)
    """Those that wait, about which nothing here is; they come back with a later batch."""
    attempts: list[set[tuple[int, str]]] = msgspec.field(default_factory=list)
    """Of each attempt to store it: project and uuid of the rows that another node was found to have stored before."""


class Refused(msgspec.Struct, frozen=True):
    """An event whose row the event store does not take, and why."""

    event: ReceivedEvent
    reason: str


class Outcome(msgspec.Struct, frozen=True):
    """What became of a batch."""

    stored: int
    dropped: dict[str, int]
    """By reason; none is zero."""
    refused: list[Refused] = []
    """To be kept aside; counted among the dropped."""
