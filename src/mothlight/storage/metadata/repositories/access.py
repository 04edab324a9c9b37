"""Organizations, users, memberships, roles, projects and keys in the database.

Nothing here decides whether someone may; `mothlight.access` does. Moments come in as arguments.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from mothlight.model.access import ApiKey, Caller, Member, MemberRole, Organization, Project, Role, User
from mothlight.storage.metadata.tables import (
    api_keys,
    deleted_projects,
    memberships,
    organizations,
    projects,
    role_members,
    roles,
    users,
)

# Organizations


def add_organization(connection: sa.Connection, name: str, now: datetime) -> Organization:
    """Store a new organization."""
    organization = Organization(uuid4(), name)
    connection.execute(sa.insert(organizations).values(id=organization.id, name=name, created_at=now))
    return organization


def find_organization(connection: sa.Connection, organization_id: UUID) -> Organization | None:
    """Find one by id."""
    rows = _organizations(connection, organizations.c.id == organization_id)
    return rows[0] if rows else None


def find_first_organization(connection: sa.Connection) -> Organization | None:
    """Find the one that `init` made; None before it."""
    rows = _organizations(connection, sa.true())
    return rows[0] if rows else None


def lock_organizations(connection: sa.Connection) -> None:
    """Let no other transaction add an organization before this one ends."""
    # SQLite has one writer at a time anyway.
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE organizations IN SHARE ROW EXCLUSIVE MODE")


def list_organizations_of(connection: sa.Connection, user_id: int) -> list[Organization]:
    """List those that the user is a member of, oldest first."""
    mine = sa.select(memberships.c.organization_id).where(memberships.c.user_id == user_id)
    return _organizations(connection, organizations.c.id.in_(mine))


def list_organizations_managed_by(connection: sa.Connection, user_id: int) -> list[Organization]:
    """List those that the user is an admin of, oldest first."""
    mine = (memberships.c.user_id == user_id) & (memberships.c.role == "admin")
    return _organizations(connection, organizations.c.id.in_(sa.select(memberships.c.organization_id).where(mine)))


def _organizations(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> list[Organization]:
    query = sa.select(organizations.c.id, organizations.c.name).where(condition)
    return [
        Organization(*row) for row in connection.execute(query.order_by(organizations.c.created_at, organizations.c.id))
    ]


# Users and memberships

_USER = (users.c.id, users.c.email, users.c.first_name, users.c.is_active, users.c.current_project_id)


def add_user(connection: sa.Connection, email: str, first_name: str, password_hash: str | None, now: datetime) -> User:
    """Store a new, active user. The address must be in lower case and not taken."""
    user_id = connection.execute(
        sa.insert(users)
        .values(email=email, first_name=first_name, password_hash=password_hash, is_active=True, created_at=now)
        .returning(users.c.id)
    ).scalar_one()
    return User(user_id, email, first_name, is_active=True, current_project_id=None)


def find_user(connection: sa.Connection, user_id: int) -> User | None:
    """Find one by id."""
    row = connection.execute(sa.select(*_USER).where(users.c.id == user_id)).one_or_none()
    return User(*row) if row else None


def find_user_by_email(connection: sa.Connection, email: str) -> User | None:
    """Find one by address, which must be in lower case."""
    row = connection.execute(sa.select(*_USER).where(users.c.email == email)).one_or_none()
    return User(*row) if row else None


def find_users(connection: sa.Connection, user_ids: Iterable[int]) -> dict[int, User]:
    """Find several by id."""
    rows = connection.execute(sa.select(*_USER).where(users.c.id.in_(list(user_ids))))
    return {row[0]: User(*row) for row in rows}


def find_password_hash(connection: sa.Connection, user_id: int) -> str | None:
    """Find what a user's password is verified against; None if the user has none."""
    password_hash: str | None = connection.scalar(sa.select(users.c.password_hash).where(users.c.id == user_id))
    return password_hash


def set_password_hash(connection: sa.Connection, user_id: int, password_hash: str) -> None:
    """Change what a user's password is verified against."""
    connection.execute(sa.update(users).where(users.c.id == user_id).values(password_hash=password_hash))


def set_current_project(connection: sa.Connection, user_id: int, project_id: int) -> None:
    """Note which project a user opened last."""
    connection.execute(sa.update(users).where(users.c.id == user_id).values(current_project_id=project_id))


def add_member(connection: sa.Connection, organization_id: UUID, user_id: int, role: MemberRole, now: datetime) -> None:
    """Make a user a member of an organization."""
    connection.execute(
        sa.insert(memberships).values(
            id=uuid4(), organization_id=organization_id, user_id=user_id, role=role, created_at=now
        )
    )


def set_role(connection: sa.Connection, organization_id: UUID, user_id: int, role: MemberRole) -> None:
    """Change what a member is."""
    connection.execute(sa.update(memberships).where(*_of(organization_id, user_id)).values(role=role))


def remove_member(connection: sa.Connection, organization_id: UUID, user_id: int) -> None:
    """Let a user be a member no longer, nor of the organization's roles."""
    its_roles = sa.select(roles.c.id).where(roles.c.organization_id == organization_id)
    connection.execute(
        sa.delete(role_members).where(role_members.c.user_id == user_id, role_members.c.role_id.in_(its_roles))
    )
    connection.execute(sa.delete(memberships).where(*_of(organization_id, user_id)))


def set_active(connection: sa.Connection, user_id: int, *, is_active: bool) -> None:
    """Let a user sign in and use keys, or no longer."""
    connection.execute(sa.update(users).where(users.c.id == user_id).values(is_active=is_active))


def _of(organization_id: UUID, user_id: int) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return memberships.c.organization_id == organization_id, memberships.c.user_id == user_id


def list_members(connection: sa.Connection, organization_id: UUID) -> list[Member]:
    """List an organization's members by user id."""
    query = (
        sa.select(memberships.c.id, memberships.c.role, *_USER)
        .join(users, users.c.id == memberships.c.user_id)
        .where(memberships.c.organization_id == organization_id)
        .order_by(users.c.id)
    )
    return [Member(row[0], User(*row[2:]), row[1]) for row in connection.execute(query)]


def find_membership_role(connection: sa.Connection, user_id: int, organization_id: UUID) -> MemberRole | None:
    """Find what the user is in the organization; None for a stranger."""
    role: MemberRole | None = connection.scalar(
        sa.select(memberships.c.role).where(
            memberships.c.user_id == user_id, memberships.c.organization_id == organization_id
        )
    )
    return role


# Roles


def add_role(
    connection: sa.Connection, organization_id: UUID, name: str, user_ids: Iterable[int], now: datetime
) -> Role:
    """Store a new role with its members. The name must be free in the organization."""
    role = Role(uuid4(), organization_id, name)
    connection.execute(sa.insert(roles).values(id=role.id, organization_id=organization_id, name=name, created_at=now))
    if rows := [{"role_id": role.id, "user_id": user_id} for user_id in user_ids]:
        connection.execute(sa.insert(role_members), rows)
    return role


def list_roles(connection: sa.Connection, organization_id: UUID) -> list[Role]:
    """List an organization's roles by name."""
    query = sa.select(roles.c.id, roles.c.organization_id, roles.c.name)
    query = query.where(roles.c.organization_id == organization_id).order_by(roles.c.name, roles.c.id)
    return [Role(*row) for row in connection.execute(query)]


def list_role_members(connection: sa.Connection, organization_id: UUID) -> dict[UUID, list[str]]:
    """List the addresses of each role's members, by address."""
    query = (
        sa.select(role_members.c.role_id, users.c.email)
        .join(users, users.c.id == role_members.c.user_id)
        .join(roles, roles.c.id == role_members.c.role_id)
        .where(roles.c.organization_id == organization_id)
        .order_by(users.c.email)
    )
    found: dict[UUID, list[str]] = {}
    for role_id, email in connection.execute(query):
        found.setdefault(role_id, []).append(email)
    return found


# Projects

_PROJECT = (
    projects.c.id,
    projects.c.organization_id,
    projects.c.name,
    projects.c.api_token,
    projects.c.test_account_filters,
    projects.c.created_at,
    projects.c.allowed_origins,
)


def add_project(
    connection: sa.Connection,
    organization_id: UUID,
    name: str,
    api_token: str,
    test_account_filters: Sequence[Mapping[str, Any]],
    now: datetime,
) -> Project:
    """Store a new project. The token must not be taken."""
    filters = [dict(each) for each in test_account_filters]
    values = {
        "organization_id": organization_id,
        "name": name,
        "api_token": api_token,
        "test_account_filters": filters,
        "created_at": now,
    }
    project_id = connection.execute(sa.insert(projects).values(values).returning(projects.c.id)).scalar_one()
    return Project(project_id, organization_id, name, api_token, filters, now)


def find_project(connection: sa.Connection, project_id: int) -> Project | None:
    """Find one by id."""
    return _first_project(connection, projects.c.id == project_id)


def find_project_by_token(connection: sa.Connection, api_token: str) -> Project | None:
    """Find the one that a token belongs to."""
    return _first_project(connection, projects.c.api_token == api_token)


def list_projects(connection: sa.Connection, organization_ids: Iterable[UUID]) -> list[Project]:
    """List the projects of some organizations by id."""
    query = sa.select(*_PROJECT).where(projects.c.organization_id.in_(list(organization_ids))).order_by(projects.c.id)
    return [_project(*row) for row in connection.execute(query)]


def update_project(connection: sa.Connection, project_id: int, values: Mapping[str, Any]) -> None:
    """Change some of a project's columns."""
    connection.execute(sa.update(projects).where(projects.c.id == project_id).values(dict(values)))


def delete_project(connection: sa.Connection, project_id: int, now: datetime) -> None:
    """Remove a project with all that the database knows about it, and note that its events have to go."""
    connection.execute(sa.insert(deleted_projects).values(project_id=project_id, deleted_at=now))
    connection.execute(sa.delete(projects).where(projects.c.id == project_id))


def _first_project(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> Project | None:
    row = connection.execute(sa.select(*_PROJECT).where(condition)).one_or_none()
    return _project(*row) if row else None


def _project(
    id: int,
    organization_id: UUID,
    name: str,
    api_token: str,
    filters: list[dict[str, Any]],
    created_at: datetime,
    allowed_origins: list[str] | None,
) -> Project:
    return Project(id, organization_id, name, api_token, filters, created_at, tuple(allowed_origins or ()))


# Keys


def add_key(connection: sa.Connection, key: ApiKey, key_hash: str) -> None:
    """Store a new key. The hash must not be taken."""
    connection.execute(
        sa.insert(api_keys).values(
            id=key.id,
            user_id=key.user_id,
            label=key.label,
            hash=key_hash,
            mask=key.mask,
            scopes=list(key.scopes),
            scoped_projects=list(key.scoped_projects),
            scoped_organizations=[str(each) for each in key.scoped_organizations],
            created_at=key.created_at,
        )
    )


def key_exists(connection: sa.Connection, key_hash: str) -> bool:
    """Tell whether a key of that hash is stored."""
    return connection.scalar(sa.select(api_keys.c.id).where(api_keys.c.hash == key_hash)) is not None


def find_key(connection: sa.Connection, key_id: UUID) -> ApiKey | None:
    """Find one by id."""
    rows = _keys(connection, api_keys.c.id == key_id)
    return rows[0] if rows else None


def list_keys_of(connection: sa.Connection, user_id: int) -> list[ApiKey]:
    """List a user's keys, oldest first."""
    return _keys(connection, api_keys.c.user_id == user_id)


def list_keys(connection: sa.Connection, organization_id: UUID) -> list[ApiKey]:
    """List the keys of an organization's members, oldest first."""
    theirs = sa.select(memberships.c.user_id).where(memberships.c.organization_id == organization_id)
    return _keys(connection, api_keys.c.user_id.in_(theirs))


def delete_key(connection: sa.Connection, key_id: UUID) -> None:
    """Forget a key; it stops working."""
    connection.execute(sa.delete(api_keys).where(api_keys.c.id == key_id))


def find_caller(connection: sa.Connection, key_hash: str) -> tuple[Caller, datetime | None] | None:
    """Find whom a key stands for, and when it was used last; None for an unknown key and for a deactivated user's."""
    rows = _keys(connection, sa.and_(api_keys.c.hash == key_hash, users.c.is_active))
    if not rows:
        return None
    key = rows[0]
    return Caller(key.id, key.user_id, key.scopes, key.scoped_projects, key.scoped_organizations), key.last_used_at


def find_newest_moment(connection: sa.Connection) -> datetime | None:
    """Find when a key was made or used last."""
    moments = connection.execute(
        sa.select(sa.func.max(api_keys.c.created_at), sa.func.max(api_keys.c.last_used_at))
    ).one()
    return max((moment for moment in moments if moment is not None), default=None)


def record_key_use(connection: sa.Connection, key_id: UUID, now: datetime) -> None:
    """Note that a key was used."""
    connection.execute(sa.update(api_keys).where(api_keys.c.id == key_id).values(last_used_at=now))


def _keys(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> list[ApiKey]:
    query = (
        sa.select(
            api_keys.c.id,
            api_keys.c.user_id,
            api_keys.c.label,
            api_keys.c.mask,
            api_keys.c.scopes,
            api_keys.c.scoped_projects,
            api_keys.c.scoped_organizations,
            api_keys.c.created_at,
            api_keys.c.last_used_at,
        )
        .join(users, users.c.id == api_keys.c.user_id)
        .where(condition)
        .order_by(api_keys.c.created_at, api_keys.c.id)
    )
    return [_key(*row) for row in connection.execute(query)]


def _key(
    id: UUID,
    user_id: int,
    label: str,
    mask: str,
    scopes: list[str] | None,
    scoped_projects: list[int] | None,
    scoped_organizations: list[str] | None,
    *moments: datetime,
) -> ApiKey:
    pinned = tuple(UUID(each) for each in scoped_organizations or ())
    return ApiKey(id, user_id, label, mask, tuple(scopes or ()), tuple(scoped_projects or ()), pinned, *moments)
