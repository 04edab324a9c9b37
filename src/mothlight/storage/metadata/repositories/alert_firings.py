"""Each time that an alert has something to tell about an issue; of one cause an alert fires once."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.storage.metadata.repositories.statements import in_slices, insert_missing
from mothlight.storage.metadata.tables import alert_firings


class Firing(msgspec.Struct, frozen=True):
    """A row."""

    id: UUID
    project_id: int
    alert_id: UUID
    issue_id: UUID
    cause: str
    told: dict[str, Any]
    fired_at: datetime
    message_id: UUID | None = None


_COLUMNS = tuple(alert_firings.c[name] for name in Firing.__struct_fields__)
_WAITS = alert_firings.c.message_id.is_(None)


def insert_firings(connection: sa.Connection, firings: Sequence[Firing]) -> None:
    """Keep those whose alert has not fired of their cause."""
    insert_missing(connection, alert_firings, [msgspec.structs.asdict(each) for each in firings])


def known_causes(
    connection: sa.Connection, alert_ids: Collection[UUID], causes: Iterable[str]
) -> set[tuple[UUID, str]]:
    """Alerts and causes that they have fired of."""
    known: set[tuple[UUID, str]] = set()
    for some in in_slices(sorted(set(causes))):
        query = sa.select(alert_firings.c.alert_id, alert_firings.c.cause)
        rows = connection.execute(query.where(alert_firings.c.alert_id.in_(alert_ids), alert_firings.c.cause.in_(some)))
        known.update((alert_id, cause) for alert_id, cause in rows)
    return known


def waiting_firings(connection: sa.Connection, most: int) -> list[Firing]:
    """Those of all projects that no message tells yet, oldest first."""
    query = sa.select(*_COLUMNS).where(_WAITS).order_by(alert_firings.c.fired_at, alert_firings.c.id).limit(most)
    return [Firing(*row) for row in connection.execute(query)]


def put_into_message(connection: sa.Connection, ids: Collection[UUID], message_id: UUID) -> None:
    """They are told by this message."""
    for some in in_slices(sorted(ids)):
        connection.execute(sa.update(alert_firings).where(alert_firings.c.id.in_(some)).values(message_id=message_id))


def delete_firings(connection: sa.Connection, ids: Collection[UUID]) -> None:
    """Nobody is to hear of them."""
    for some in in_slices(sorted(ids)):
        connection.execute(sa.delete(alert_firings).where(alert_firings.c.id.in_(some)))


def firings_of_messages(connection: sa.Connection, message_ids: Collection[UUID]) -> dict[UUID, list[Firing]]:
    """What messages tell, oldest first; messages without any are left out."""
    found: dict[UUID, list[Firing]] = {}
    for some in in_slices(sorted(message_ids)):
        query = sa.select(*_COLUMNS).where(alert_firings.c.message_id.in_(some))
        for row in connection.execute(query.order_by(alert_firings.c.fired_at, alert_firings.c.id)):
            firing = Firing(*row)
            if firing.message_id is not None:
                found.setdefault(firing.message_id, []).append(firing)
    return found


def delete_firings_before(connection: sa.Connection, moment: datetime) -> None:
    """Forget old ones that were told."""
    old = sa.and_(alert_firings.c.fired_at < moment, alert_firings.c.message_id.is_not(None))
    connection.execute(sa.delete(alert_firings).where(old))
