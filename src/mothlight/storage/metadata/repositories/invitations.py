"""Invitations in the database. What is stored of a link's secret is its hash."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from mothlight.model.access import Invitation
from mothlight.storage.metadata.tables import invitations

_COLUMNS = (
    invitations.c.id,
    invitations.c.organization_id,
    invitations.c.role,
    invitations.c.user_id,
    invitations.c.made_by,
    invitations.c.created_at,
    invitations.c.ends_at,
)


def add_invitation(connection: sa.Connection, invitation: Invitation, secret_hash: str) -> None:
    """Store a new one."""
    connection.execute(
        sa.insert(invitations).values(
            id=invitation.id,
            organization_id=invitation.organization_id,
            hash=secret_hash,
            role=invitation.role,
            user_id=invitation.user_id,
            made_by=invitation.made_by,
            created_at=invitation.created_at,
            ends_at=invitation.ends_at,
        )
    )


def find_invitation(connection: sa.Connection, secret_hash: str, now: datetime) -> Invitation | None:
    """Find one that still works."""
    query = sa.select(*_COLUMNS).where(invitations.c.hash == secret_hash, invitations.c.ends_at > now)
    row = connection.execute(query).one_or_none()
    return None if row is None else Invitation(*row)


def list_invitations(connection: sa.Connection, organization_id: UUID, now: datetime) -> list[Invitation]:
    """List an organization's that still work, oldest first."""
    query = sa.select(*_COLUMNS).where(invitations.c.organization_id == organization_id, invitations.c.ends_at > now)
    return [Invitation(*row) for row in connection.execute(query.order_by(invitations.c.created_at, invitations.c.id))]


def delete_invitation(connection: sa.Connection, organization_id: UUID, invitation_id: UUID) -> bool:
    """Forget one of an organization's; whether it was there. Of several at once only one finds it."""
    deleted = connection.execute(
        sa.delete(invitations).where(
            invitations.c.id == invitation_id, invitations.c.organization_id == organization_id
        )
    )
    return deleted.rowcount > 0


def delete_ended(connection: sa.Connection, now: datetime) -> None:
    """Forget those whose time is over."""
    connection.execute(sa.delete(invitations).where(invitations.c.ends_at <= now))
