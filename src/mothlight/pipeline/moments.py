"""Times as the event store reads them."""

from datetime import datetime


def moment_text(moment: datetime) -> str:
    """ISO 8601 with microseconds, of a moment in UTC: `2026-04-24T11:52:40.250000Z`."""
    return moment.isoformat(timespec="microseconds")[:26] + "Z"
