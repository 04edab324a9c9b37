"""What one type of recommendation is: how it is computed, how often, and when nothing is left to do."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from mothlight.storage.events.interface import EventStore

Meta = dict[str, Any]
"""What was computed, as it is answered."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What a computation may look at."""

    project_id: int
    database: sa.Engine
    events: EventStore
    now: datetime


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of recommendation."""

    interval: timedelta | None
    """How long a computation holds; None: it is done again for every list."""
    compute: Callable[[Sources], Meta]
    """May raise anything; the row then keeps what it had."""
    is_completed: Callable[[Meta], bool]
    """Of a row that was computed at least once."""
    lists_issues: bool = False
    """`meta["issues"]` holds issues, whose `status` is replaced by the present one when the row is read."""


def all_enabled(entries: list[dict[str, Any]]) -> bool:
    """Whether there are switches and all of them are on."""
    return bool(entries) and all(entry["enabled"] for entry in entries)
