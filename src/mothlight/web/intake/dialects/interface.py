"""What a wire format does: bytes to events, and back to an answer."""

from collections import Counter
from enum import StrEnum
from typing import Protocol, TypeVar

import msgspec

from mothlight.journal.entry import JournalEntry
from mothlight.model.errors import Refused, Unavailable
from mothlight.model.event import ReceivedEvent
from mothlight.web.intake.answers import Answer
from mothlight.web.intake.limits import Budget

Wire = TypeVar("Wire")
"""A request as a dialect reads it off the wire, before it is known whose it is."""


class BadEvent(StrEnum):
    """Why an event of a batch was dropped at receipt. The value is the key in `/_stats`."""

    INVALID = "invalid_event"
    """No object, or its properties are none."""
    NAME = "missing_event_name"
    DISTINCT_ID = "missing_distinct_id"
    UUID = "invalid_uuid"
    TIMESTAMP = "invalid_timestamp"
    NAME_LENGTH = "event_name_too_long"
    DISTINCT_ID_LENGTH = "distinct_id_too_long"
    NONSENSE_ID = "nonsense_distinct_id"


class Decoded(msgspec.Struct):
    """The events of a request."""

    events: list[ReceivedEvent]
    bad: Counter[str]
    """How many others were dropped, by reason."""
    fates: dict[str, BadEvent | None]
    """What became of each event that the client gave a uuid, by its text; None = taken. Only v1 fills it."""

    @property
    def total(self) -> int:
        """All events of the request."""
        return len(self.events) + self.bad.total()


class Dialect(Protocol[Wire]):
    """One wire format. Its methods are pure: equal entries give equal events, at receipt and after a restart."""

    def check_headers(self, headers: dict[bytes, bytes]) -> None:
        """Refuse a request by its headers alone. Raises a `Refused` 400 or 401."""

    def read(self, entry: JournalEntry, budget: Budget) -> Wire:
        """The request as the wire has it. Raises `Refused` when nothing in it can be used; `Unavailable`."""

    def size(self, wire: Wire) -> int:
        """Bytes of decoded text that the events of a request keep in memory."""

    def token(self, wire: Wire, headers: dict[bytes, bytes]) -> str:
        """The project token of a request. Raises a `Refused` 401."""

    def decode(self, entry: JournalEntry, wire: Wire) -> Decoded:
        """The events of what `read` gave, for the project of the entry."""

    def kept_headers(self, headers: dict[bytes, bytes]) -> dict[str, str]:
        """The headers that `decode` looks at."""

    def accept(self, decoded: Decoded, headers: dict[bytes, bytes]) -> Answer:
        """The answer to a request whose events are safe. Raises a `Refused` 400 when none could be used."""

    def refuse(self, error: Refused | Unavailable, headers: dict[bytes, bytes]) -> Answer:
        """The answer to a request that was not accepted."""
