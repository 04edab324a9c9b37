"""Which of the matching events a suppression rule drops (pipeline 6.5): for each event the same each time."""

import math
from uuid import UUID

PARTS = 10_000


def dropped_parts(rate: float) -> int:
    """How many of 10,000 events are dropped."""
    return min(PARTS, max(0, math.floor(rate * PARTS)))


def is_dropped(rate: float | None, event_uuid: UUID) -> bool:
    """Whether a matching event is dropped. A rule without a rate drops all."""
    if rate is None or rate >= 1:
        return True
    return event_uuid.int % PARTS < dropped_parts(rate)
