"""Links that an admin makes: whoever opens one becomes a member, or chooses another password. No mail is needed.

A link works once, for three days. Its secret is shown once, and only its hash is kept.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import sqlalchemy as sa

from mothlight.access.changes import OPERATOR, Actor, check_admin, create_user
from mothlight.access.keys import hash_key, random_text
from mothlight.access.passwords import hash_password
from mothlight.access.sessions import end_sessions
from mothlight.model.access import Invitation, MemberRole, User
from mothlight.model.errors import not_found
from mothlight.storage.metadata.engine import writing
from mothlight.storage.metadata.repositories import access as people
from mothlight.storage.metadata.repositories import invitations as repository

WORKS_FOR = timedelta(days=3)
SECRET_BYTES = 32
GONE = "This link does not work: it was used, withdrawn, or is older than three days. Ask an admin for another."


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """An invitation with the secret of its link, which nobody can know later."""

    invitation: Invitation
    secret: str


def invite(
    connection: sa.Connection, by: Actor, organization_id: UUID, role: MemberRole, now: datetime
) -> NewInvitation:
    """Make a link that makes a member. Raises `Refused` (403) when `by` is no admin."""
    return _make(connection, by, organization_id, role, None, now)


def invite_back(
    connection: sa.Connection, by: Actor, organization_id: UUID, user_id: int, now: datetime
) -> NewInvitation:
    """Make a link by which a member chooses another password.

    Raises:
        Refused: `by` is no admin (403), or the user no member (404).
    """
    check_admin(connection, by, organization_id)
    role = people.find_membership_role(connection, user_id, organization_id)
    if role is None:
        raise not_found("There is no such member.")
    return _make(connection, by, organization_id, role, user_id, now)


def withdraw(connection: sa.Connection, by: Actor, organization_id: UUID, invitation_id: UUID) -> None:
    """Let a link no longer work. Raises `Refused`: `by` is no admin (403), or there is no such link (404)."""
    check_admin(connection, by, organization_id)
    if not repository.delete_invitation(connection, organization_id, invitation_id):
        raise not_found("This link does not work any more.")


def list_invitations(connection: sa.Connection, organization_id: UUID, now: datetime) -> list[Invitation]:
    """List the links that still work, oldest first."""
    return repository.list_invitations(connection, organization_id, now)


def find_invitation(connection: sa.Connection, secret: str, now: datetime) -> Invitation:
    """Find what a link is for.

    Raises:
        Refused: it does not work (404).
    """
    found = repository.find_invitation(connection, hash_key(secret), now)
    if found is None:
        raise not_found(GONE)
    return found


def join(database: sa.Engine, secret: str, email: str, name: str, password: str, now: datetime) -> User:
    """Become a member by a link.

    Raises:
        Refused: the link does not work, or a value cannot be used; the link still works then.
    """
    with writing(database) as connection:
        invitation = _use(connection, secret, now)
        return create_user(
            connection,
            OPERATOR,
            invitation.organization_id,
            email,
            now,
            first_name=name,
            password=password,
            role=invitation.role,
        )


def choose_password(database: sa.Engine, secret: str, password: str, now: datetime) -> int:
    """Choose another password by a link; all sessions end. Returns whose it is.

    Raises:
        Refused: the link does not work, or the password cannot be used; the link still works then.
    """
    password_hash = hash_password(password)
    with writing(database) as connection:
        invitation = _use(connection, secret, now)
        if invitation.user_id is None:
            raise not_found(GONE)
        people.set_password_hash(connection, invitation.user_id, password_hash)
        end_sessions(connection, invitation.user_id)
        return invitation.user_id


def _make(
    connection: sa.Connection,
    by: Actor,
    organization_id: UUID,
    role: MemberRole,
    user_id: int | None,
    now: datetime,
) -> NewInvitation:
    check_admin(connection, by, organization_id)
    secret = random_text(SECRET_BYTES)
    made_by = by if isinstance(by, int) else None
    invitation = Invitation(uuid4(), organization_id, role, user_id, made_by, now, now + WORKS_FOR)
    repository.delete_ended(connection, now)
    repository.add_invitation(connection, invitation, hash_key(secret))
    return NewInvitation(invitation, secret)


def _use(connection: sa.Connection, secret: str, now: datetime) -> Invitation:
    invitation = find_invitation(connection, secret, now)
    if not repository.delete_invitation(connection, invitation.organization_id, invitation.id):
        raise not_found(GONE)
    return invitation
