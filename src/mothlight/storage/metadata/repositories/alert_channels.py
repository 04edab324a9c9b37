"""Where messages of alerts go. Addresses hold secrets of other services."""

from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.storage.metadata.tables import alert_channels


class Channel(msgspec.Struct, frozen=True):
    """A row. Not to be answered or logged as it is."""

    id: UUID
    project_id: int
    kind: str
    """`webhook` or `service`."""
    name: str
    service: str
    shown_address: str
    address: str
    signing_secret: str | None
    created_at: datetime

    def __repr__(self) -> str:
        return f"Channel({self.id})"


_COLUMNS = tuple(alert_channels.c[name] for name in Channel.__struct_fields__)


def list_channels(connection: sa.Connection, project_id: int) -> list[Channel]:
    """All of a project, oldest first."""
    query = sa.select(*_COLUMNS).where(alert_channels.c.project_id == project_id)
    ordered = query.order_by(alert_channels.c.created_at, alert_channels.c.id)
    return [Channel(*row) for row in connection.execute(ordered)]


def find_channel(connection: sa.Connection, project_id: int, channel_id: UUID) -> Channel | None:
    """One of a project."""
    query = sa.select(*_COLUMNS).where(alert_channels.c.project_id == project_id, alert_channels.c.id == channel_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else Channel(*row)


def insert_channel(connection: sa.Connection, channel: Channel) -> None:
    """Keep a new one."""
    connection.execute(sa.insert(alert_channels).values(msgspec.structs.asdict(channel)))


def update_channel(connection: sa.Connection, channel: Channel) -> None:
    """Keep it as it is now."""
    mine = sa.and_(alert_channels.c.project_id == channel.project_id, alert_channels.c.id == channel.id)
    connection.execute(sa.update(alert_channels).where(mine).values(msgspec.structs.asdict(channel)))


def delete_channel(connection: sa.Connection, project_id: int, channel_id: UUID) -> bool:
    """Remove it with its secrets; whether it was there."""
    mine = sa.and_(alert_channels.c.project_id == project_id, alert_channels.c.id == channel_id)
    return connection.execute(sa.delete(alert_channels).where(mine)).rowcount == 1
