"""What an alert would have sent, had it been there: decided by the code that decides on what happens now."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.alerts import counted
from mothlight.alerts.conditions import meeting
from mothlight.alerts.fire import admit
from mothlight.alerts.firing import Candidate, announced
from mothlight.alerts.plan import Rehearsal
from mothlight.alerts.triggers import TRIGGERS
from mothlight.storage.events.interface import EventStore
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.alerts import StoredAlert
from mothlight.storage.metadata.repositories.announcements import announcements_since
from mothlight.storage.metadata.repositories.issues import load_issues

MOST_ANNOUNCEMENTS = 20_000
REMEMBERED = timedelta(days=90)
"""How long announcements, messages and deliveries are known."""


class SentMessage(msgspec.Struct, frozen=True):
    """One message."""

    at: datetime
    told: Sequence[Candidate]
    """What it would have told, oldest first."""


class Preview(msgspec.Struct, frozen=True):
    """What would have been sent in a time."""

    start: datetime
    end: datetime
    messages: list[SentMessage]
    """Oldest first."""
    is_complete: bool
    """Whether all was looked at; else there would have been more."""
    names: dict[UUID, str | None]
    """Of the issues that messages tell of and that exist."""


def preview(
    engine: sa.Engine, store: EventStore, alert: StoredAlert, start: datetime, end: datetime, now: datetime
) -> Preview:
    """Rehearse an alert over the past. Events that are not stored count as if they met no conditions.

    Raises:
        Unavailable: a store is away, or the question takes too long.
    """
    begin = max(start, now - REMEMBERED)
    candidates, is_complete = _candidates(engine, store, alert, begin, now)
    rehearsal: Rehearsal[Candidate] = Rehearsal()
    # What comes within a second is decided on together.
    for _, some in groupby(admit(candidates, {}), key=lambda each: int(each.moment.timestamp())):
        together = [each for each in some if each.moment <= end]
        if together:
            rehearsal.tell(together[-1].moment, together)
    rehearsal.finish()
    issues = {each.issue_id for _, told in rehearsal.messages for each in told}
    with reading(engine) as connection:
        names = {key: issue.name for key, issue in load_issues(connection, alert.project_id, sorted(issues)).items()}
    return Preview(begin, end, [SentMessage(at, told) for at, told in rehearsal.messages], is_complete, names)


def _candidates(
    engine: sa.Engine, store: EventStore, alert: StoredAlert, start: datetime, now: datetime
) -> tuple[list[Candidate], bool]:
    kind = TRIGGERS[alert.trigger].announced_as
    if kind is None:
        return counted.candidates(store, alert, start, now), True
    with reading(engine) as connection:
        found = announcements_since(connection, alert.project_id, kind, start, MOST_ANNOUNCEMENTS)
    met = meeting(store, alert, found, now, waits=False).met
    return [announced(alert, each) for each in met], len(found) < MOST_ANNOUNCEMENTS
