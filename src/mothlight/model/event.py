"""An event as it came from a client, before the pipeline has looked at it."""

from datetime import datetime
from uuid import UUID

import msgspec

EXCEPTION = "$exception"


class ReceivedEvent(msgspec.Struct, frozen=True, gc=False):
    """One accepted event of any name.

    `properties` maps each property to the JSON text of its value, as sent, so that what nobody looks at is never
    decoded. `$set`, `$set_once` and `$unset` of the event's root are found there too. Texts hold no lone surrogates;
    U+0000 is replaced everywhere but inside `$exception_list`, where the pipeline does it (pipeline 2.2).
    """

    project_id: int
    uuid: UUID
    name: str
    distinct_id: str
    timestamp: datetime
    """Corrected by the client's clock, aware, in UTC (ingest 5)."""
    received_at: datetime
    """When the server took the request, aware, in UTC. All decisions that depend on time use it, never the present."""
    properties: dict[str, msgspec.Raw]
    historical: bool = False
    """Part of an import: no alerts, no limits, no spikes."""
