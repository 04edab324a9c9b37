"""When a computation is too old (api.md 5.1).

Time is cut into windows, shifted for each project and type, so that not everything is computed at the same instant.
"""

from datetime import UTC, datetime, timedelta
from hashlib import blake2b

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def is_stale(
    project_id: int, type: str, interval: timedelta | None, computed_at: datetime | None, now: datetime
) -> bool:
    """Whether the row was computed in an earlier window, never, or has no interval."""
    if interval is None or computed_at is None:
        return True
    shift = window_shift(project_id, type, interval)
    return (computed_at - EPOCH + shift) // interval < (now - EPOCH + shift) // interval


def window_shift(project_id: int, type: str, interval: timedelta) -> timedelta:
    """A fixed part of the interval, in seconds, that follows from project and type alone."""
    digest = blake2b(f"{project_id}:{type}".encode(), digest_size=8).digest()
    return timedelta(seconds=int.from_bytes(digest, "big") % int(interval.total_seconds()))
