"""What a project's rules say of a new issue, or of one that comes back (pipeline 6.7, 6.8)."""

from typing import Protocol

from mothlight.model.event import ReceivedEvent
from mothlight.storage.metadata.repositories.issues import Assignee, StoredIssue


class Rulings(Protocol):
    """Answers about the events of one batch."""

    def severity(self, event: ReceivedEvent, issue: StoredIssue) -> str | None:
        """How bad an issue is that begins with an event; None where no rule says so, or the event says it itself."""

    def assignee(self, event: ReceivedEvent, issue: StoredIssue) -> Assignee | None:
        """Who has to look after an issue that begins or comes back with an event."""
