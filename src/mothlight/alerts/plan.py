"""How many messages become of what alerts have to tell: the snooze time, and digests. Nothing here reads a clock.

What goes on and what a preview says are decided by this same code.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

MOST_SINGLES = 5
"""Messages of one alert about a single issue each, within `BURST`."""
BURST = timedelta(minutes=10)
DIGEST_EVERY = timedelta(minutes=5)
"""How long what comes beyond that is gathered before it is told in one message."""

T = TypeVar("T")


class Snooze:
    """Lets an alert tell about an issue at most once in its snooze time."""

    def __init__(self, minutes: int, told: dict[UUID, datetime] | None = None) -> None:
        """Build it. `told`: when the alert told last about issues."""
        self._time = timedelta(minutes=minutes)
        self._told = dict(told or {})

    def admits(self, issue_id: UUID, moment: datetime) -> bool:
        """Whether it may tell at the moment; if so, it has.

        Moments of one issue come in order: an earlier one is late and stays quiet.
        """
        last = self._told.get(issue_id)
        if last is not None and moment <= last + self._time:
            return False
        self._told[issue_id] = moment
        return True


def next_messages(waiting: Sequence[T], sent: Sequence[datetime], now: datetime) -> list[Sequence[T]]:
    """What to send of an alert now, a message each.

    `waiting`: what it has to tell, oldest first; `sent`: when it sent messages lately, oldest first. Some may go on
    waiting: at most `MOST_SINGLES` messages come in any `BURST`, then one in `DIGEST_EVERY` with all that came since.
    """
    if not waiting:
        return []
    recent = [moment for moment in sent if moment > now - BURST]
    if len(recent) + len(waiting) <= MOST_SINGLES:
        return [[each] for each in waiting]
    if len(recent) < MOST_SINGLES:
        return [list(waiting)]
    return [list(waiting)] if now >= recent[-1] + DIGEST_EVERY else []


class Rehearsal(Generic[T]):
    """Says when the messages of an alert would have gone out, had it been there."""

    def __init__(self) -> None:
        self.messages: list[tuple[datetime, Sequence[T]]] = []
        self._waiting: list[T] = []

    def tell(self, moment: datetime, told: Sequence[T]) -> None:
        """The alert has this to tell at the moment; moments come in order."""
        if self._waiting and (due := self._due()) < moment:
            self._send(due)
        self._waiting += told
        self._send(moment)

    def finish(self) -> None:
        """Nothing more happens: what waits is sent in its time."""
        if self._waiting:
            self._send(self._due())

    def _due(self) -> datetime:
        """When what waits may be sent: when enough time has passed, or one of the last messages is long ago."""
        recent = [sent for sent, _ in self.messages[-MOST_SINGLES:]]
        return min(recent[-1] + DIGEST_EVERY, recent[0] + BURST)

    def _send(self, moment: datetime) -> None:
        messages = next_messages(self._waiting, [sent for sent, _ in self.messages[-MOST_SINGLES:]], moment)
        if messages:
            self.messages += [(moment, message) for message in messages]
            self._waiting = []
