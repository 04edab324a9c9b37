"""Changes to who is a member of an organization, and what they may."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from mothlight.access.changes import Actor, check_admin
from mothlight.access.sessions import end_sessions
from mothlight.model.access import Member, MemberRole
from mothlight.model.errors import invalid, not_found
from mothlight.storage.metadata.repositories import access as repository

LAST_ADMIN = "An organization needs an admin. Make somebody else one first."


def set_role(connection: sa.Connection, by: Actor, organization_id: UUID, user_id: int, role: MemberRole) -> Member:
    """Change what a member is.

    Raises:
        Refused: `by` is no admin (403), the user no member (404), or the last admin (400).
    """
    member = _find(connection, by, organization_id, user_id)
    if role != "admin":
        _check_other_admin(connection, organization_id, user_id)
    repository.set_role(connection, organization_id, user_id, role)
    return member


def remove_member(connection: sa.Connection, by: Actor, organization_id: UUID, user_id: int) -> Member:
    """Let somebody be a member no longer. Who is a member nowhere else is signed out, and their keys stop working.

    Raises:
        Refused: `by` is no admin (403), the user no member (404), or the last admin (400).
    """
    member = _find(connection, by, organization_id, user_id)
    _check_other_admin(connection, organization_id, user_id)
    repository.remove_member(connection, organization_id, user_id)
    if not repository.list_organizations_of(connection, user_id):
        repository.set_active(connection, user_id, is_active=False)
        end_sessions(connection, user_id)
    return member


def sign_out_member(connection: sa.Connection, by: Actor, organization_id: UUID, user_id: int) -> Member:
    """End all sessions of a member. Raises `Refused`: `by` is no admin (403), or the user no member (404)."""
    member = _find(connection, by, organization_id, user_id)
    end_sessions(connection, user_id)
    return member


def _find(connection: sa.Connection, by: Actor, organization_id: UUID, user_id: int) -> Member:
    check_admin(connection, by, organization_id)
    # Of two admins who take each other's role away at once, the second must see what the first did.
    repository.lock_organizations(connection)
    for member in _members(connection, organization_id):
        if member.user.id == user_id:
            return member
    raise not_found("There is no such member.")


def _check_other_admin(connection: sa.Connection, organization_id: UUID, user_id: int) -> None:
    admins = [
        each.user.id for each in _members(connection, organization_id) if each.role == "admin" and each.user.is_active
    ]
    if admins == [user_id]:
        raise invalid(LAST_ADMIN, "role")


def _members(connection: sa.Connection, organization_id: UUID) -> Sequence[Member]:
    return repository.list_members(connection, organization_id)
