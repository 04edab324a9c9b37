"""Who may do what, as values: organizations, users, projects, keys, and the caller that a key stands for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

MemberRole = Literal["admin", "member"]
"""Admins alone manage projects, members and others' keys; members do the rest."""


@dataclass(frozen=True, slots=True)
class Organization:
    """Whom projects and members belong to."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Project:
    """Where events go: found by its token from outside, by its id in the API."""

    id: int
    organization_id: UUID
    name: str
    api_token: str
    test_account_filters: list[dict[str, Any]]
    created_at: datetime
    allowed_origins: tuple[str, ...] = ()
    """Of browsers that may report. Empty: all."""


@dataclass(frozen=True, slots=True)
class User:
    """A person who signs in and owns keys."""

    id: int
    email: str
    first_name: str
    is_active: bool
    current_project_id: int | None


@dataclass(frozen=True, slots=True)
class Member:
    """A user's place in an organization. `id` is the membership's own."""

    id: UUID
    user: User
    role: MemberRole


@dataclass(frozen=True, slots=True)
class Role:
    """A group of members that issues can be assigned to."""

    id: UUID
    organization_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A personal API key without its secret. Empty pinning means every project and organization of its user."""

    id: UUID
    user_id: int
    label: str
    mask: str
    scopes: tuple[str, ...]
    scoped_projects: tuple[int, ...]
    scoped_organizations: tuple[UUID, ...]
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, by which key, and how far that key reaches. Who signed in has no key, and reaches all of theirs."""

    key_id: UUID | None
    user_id: int
    scopes: tuple[str, ...]
    scoped_projects: tuple[int, ...]
    scoped_organizations: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in on the pages, in one browser."""

    id: UUID
    user_id: int
    stays: bool
    """Whether it outlives the browser."""
    device: str
    """What the browser says it is."""
    address: str
    created_at: datetime
    last_used_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that makes a member, or lets one choose another password."""

    id: UUID
    organization_id: UUID
    role: MemberRole
    user_id: int | None
    """Whose password it is about. None: it makes a member."""
    made_by: int | None
    created_at: datetime
    ends_at: datetime
