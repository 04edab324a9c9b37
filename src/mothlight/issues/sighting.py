"""What a batch of events shows of one grouping key, in one environment and one release.

Issues are found and changed once for each of these, not for each event.
"""

from datetime import datetime

import msgspec

from mothlight.model.event import ReceivedEvent
from mothlight.model.issue_states import NOWHERE
from mothlight.model.stack import Fingerprint


class Newcomer(msgspec.Struct, frozen=True):
    """What a grouping key never seen before brings along, from its first event."""

    fingerprints: list[Fingerprint]
    """Oldest version first. The newest that maps to an issue is taken; if none does, the last."""
    stack: str
    """Hash of the stack, or empty."""
    name: str
    description: str
    severity: str | None
    stack_version: int = 1
    """The version of the stack that the fingerprints were computed from."""
    exceptions: str | None = None
    """What they follow from beside the stack (`grouping.kept`), as it was sent; None where they do not follow from it.
    """


class Sighting(msgspec.Struct):
    """The events of one grouping key, environment and release in one batch."""

    project_id: int
    grouping_key: int
    first: ReceivedEvent
    """The first in order of receipt."""
    earliest: datetime
    latest: ReceivedEvent
    """The one with the latest time of its own."""
    received_at: datetime
    """The last receipt."""
    environment: str = NOWHERE
    release: str = ""
    """The version that the events name; empty where they name none."""
    newcomer: Newcomer | None = None
    """None when the key was known."""

    @classmethod
    def of(cls, grouping_key: int, event: ReceivedEvent, environment: str = NOWHERE, release: str = "") -> "Sighting":
        """The sighting of one event."""
        return cls(
            event.project_id,
            grouping_key,
            event,
            event.timestamp,
            event,
            event.received_at,
            environment,
            release,
        )

    def add(self, event: ReceivedEvent) -> None:
        """One more event, received later."""
        if event.timestamp < self.earliest:
            self.earliest = event.timestamp
        elif event.timestamp > self.latest.timestamp:
            self.latest = event
        self.received_at = max(self.received_at, event.received_at)
