"""Events that a project has collected over some days, in the order in which they happened.

The stacks and properties are those that `traffic` sends of the same plan. Sessions are as long as they are with people:
a user has some events within minutes, and is gone.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

from bench.traffic import (
    EVENTS_PER_SESSION,
    HEAD,
    PROPERTY_SETS,
    USERS,
    ZIPF_EXPONENT,
    Plan,
    dashed,
    make_properties,
    make_stack,
)

SESSIONS_AT_ONCE = 1_000
DRAWN_AT_ONCE = 10_000


class Happening(NamedTuple):
    """What is new in one event."""

    stack: int
    """Which of the plan's stacks."""
    properties: int
    """Which of the plan's sets of properties."""
    uuid: str
    moment: str
    """ISO 8601 in UTC with microseconds."""
    user: str
    session: str
    insert_id: str
    order_id: int
    suffix: str
    """The end of the message."""


class History:
    """So many events, evenly over the days before a moment. Two objects of one plan make the same events."""

    def __init__(self, plan: Plan, events: int, until: datetime) -> None:
        self.plan = plan
        self.events = events
        self._begin = until - timedelta(days=plan.days)
        self._step = timedelta(days=plan.days) / (events + 1)
        chance = random.Random(plan.seed)
        self.stacks = [make_stack(chance, number) for number in range(plan.stacks)]
        self.properties = [make_properties(chance) for _ in range(PROPERTY_SETS)]
        self._shares = list(accumulate(1 / rank**ZIPF_EXPONENT for rank in range(1, plan.stacks + 1)))

    def __iter__(self) -> Iterator[Happening]:
        chance = random.Random(self.plan.seed)
        sessions = [_new_session(chance) for _ in range(SESSIONS_AT_ONCE)]
        for first in range(0, self.events, DRAWN_AT_ONCE):
            count = min(DRAWN_AT_ONCE, self.events - first)
            stacks = chance.choices(range(len(self.stacks)), cum_weights=self._shares, k=count)
            for number, stack in enumerate(stacks, start=first):
                yield self._happening(chance, sessions, number, stack)

    def text(self, happening: Happening) -> str:
        """The event as a client sends it: one element of the list of a batch."""
        stack = self.stacks[happening.stack]
        head = HEAD % (
            happening.uuid,
            happening.moment,
            happening.user,
            happening.user,
            happening.session,
            happening.session,
            happening.insert_id,
            happening.user,
            happening.order_id,
            stack.type,
            stack.message,
            happening.suffix,
        )
        return head + stack.text.decode() + self.properties[happening.properties].decode()

    def message(self, happening: Happening) -> str:
        """The message of the event's exception."""
        return f"{self.stacks[happening.stack].message} {happening.suffix}"

    def _happening(self, chance: random.Random, sessions: list[tuple[str, str]], number: int, stack: int) -> Happening:
        moment = self._begin + (number + 1) * self._step
        digits = chance.randbytes(30).hex()
        place = int(chance.random() * SESSIONS_AT_ONCE)
        user, session = sessions[place]
        if chance.random() * EVENTS_PER_SESSION < 1:
            sessions[place] = _new_session(chance)
        return Happening(
            stack,
            int(chance.random() * PROPERTY_SETS),
            dashed(digits[:32]),
            moment.isoformat(timespec="microseconds")[:26] + "Z",
            user,
            session,
            digits[32:48],
            int(digits[48:54], 16),
            digits[54:56],
        )


def _new_session(chance: random.Random) -> tuple[str, str]:
    return f"user-{int(chance.random() * USERS):06d}", dashed(chance.randbytes(16).hex())
