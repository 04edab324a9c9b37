"""What alerts can be about. To add one: a line in `TRIGGERS`, its row in `docs/alerts.md`.

An announced trigger comes from the outbox (`issues/announce.py`); a counted one is found in the stored events
(`alerts/counted.py`).
"""

from collections.abc import Mapping

import msgspec

from mothlight.issues import announce


class Trigger(msgspec.Struct, frozen=True):
    """One trigger."""

    event: str
    """The name of what happened, as receivers of webhooks read it (pipeline 5.8)."""
    words: str
    """What happened to the issue, behind its name."""
    announced_as: str | None = None
    """The kind of announcement that it follows; None: it is counted."""
    has_threshold: bool = False
    """It takes a threshold and a window."""


CREATED, REOPENED, SPIKING = "created", "reopened", "spiking"
OCCURRENCES, USERS, MILESTONE = "occurrences", "users", "milestone"

TRIGGERS: Mapping[str, Trigger] = {
    CREATED: Trigger("$error_tracking_issue_created", "is new", announce.CREATED),
    REOPENED: Trigger("$error_tracking_issue_reopened", "came back", announce.REOPENED),
    SPIKING: Trigger("$error_tracking_issue_spiking", "spikes", announce.SPIKING),
    OCCURRENCES: Trigger("$error_tracking_issue_occurrences", "happens often", has_threshold=True),
    USERS: Trigger("$error_tracking_issue_users", "hits many users", has_threshold=True),
    MILESTONE: Trigger("$error_tracking_issue_milestone", "reached a milestone"),
}

COUNTED = tuple(name for name, trigger in TRIGGERS.items() if trigger.announced_as is None)


def trigger_of_announcement(kind: str) -> str:
    """The trigger that follows an announcement of this kind."""
    return next(name for name, trigger in TRIGGERS.items() if trigger.announced_as == kind)
