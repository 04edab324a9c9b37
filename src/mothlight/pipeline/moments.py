"""Times as the event store reads them."""

from datetime import datetime

import msgspec

_encode = msgspec.json.Encoder().encode


def moment_text(moment: datetime) -> str:
    """ISO 8601 with microseconds, of a moment in UTC: `2026-04-24T11:52:40.250000Z`."""
    # Much faster than the standard library's, and this is done for every event.
    text = _encode(moment)[1:-1].decode()
    return text if moment.microsecond else f"{text[:-1]}.000000Z"
