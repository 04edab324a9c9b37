"""The cast of every access test: an owner, a member and a stranger, with their organizations, projects and keys.

    def test_strangers_see_nothing(cast):
        answer = ask(cast.project, key=cast.stranger.key)

`cast` stands in the database of `engine`. More comes from `cast.add_project`, `cast.add_key`, `cast.add_user`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest
import sqlalchemy as sa

from mothlight.access import changes
from mothlight.access.changes import OPERATOR
from mothlight.model.access import MemberRole, Organization, Project, User
from mothlight.storage.metadata.engine import writing

NOW = datetime(2026, 4, 24, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Person:
    """Somebody with a key for everything."""

    user: User
    key: str
    key_id: UUID


@dataclass
class Cast:
    """Who is there.

    The owner is admin of the organization of `project`, the member its member; the stranger has an organization and
    `other_project` of their own.
    """

    engine: sa.Engine
    organization: Organization
    project: Project
    owner: Person
    member: Person
    other_organization: Organization
    other_project: Project
    stranger: Person

    def add_project(self, name: str = "Another", *, token: str | None = None) -> Project:
        """Make one more project of the owner's organization."""
        with writing(self.engine) as connection:
            return changes.create_project(connection, OPERATOR, self.organization.id, name, NOW, token=token)

    def add_key(
        self, scopes: Iterable[str] = (), *, of: Person | None = None, projects: Iterable[int] = (), label: str = "test"
    ) -> str:
        """Make one more key, of the owner unless told otherwise. Gives its value."""
        user_id = (of or self.owner).user.id
        with writing(self.engine) as connection:
            made = changes.create_key(
                connection, OPERATOR, user_id, NOW, label=label, scopes=scopes, scoped_projects=projects
            )
        return made.value

    def add_user(self, email: str, role: MemberRole = "member") -> Person:
        """Make one more person of the owner's organization."""
        return _add_person(self.engine, self.organization, email, role)


def _add_person(engine: sa.Engine, organization: Organization, email: str, role: MemberRole) -> Person:
    with writing(engine) as connection:
        user = changes.create_user(connection, OPERATOR, organization.id, email, NOW, role=role)
        made = changes.create_key(connection, OPERATOR, user.id, NOW, label=email, scopes=["*"])
    return Person(user, made.value, made.key.id)


def _add_organization(engine: sa.Engine, name: str) -> tuple[Organization, Project]:
    with writing(engine) as connection:
        organization = changes.create_organization(connection, name, NOW)
        return organization, changes.create_project(connection, OPERATOR, organization.id, f"{name}'s project", NOW)


def assemble(engine: sa.Engine) -> Cast:
    """Fill an empty database with the cast."""
    organization, project = _add_organization(engine, "Moths")
    other_organization, other_project = _add_organization(engine, "Strangers")
    return Cast(
        engine=engine,
        organization=organization,
        project=project,
        owner=_add_person(engine, organization, "owner@moths.test", "admin"),
        member=_add_person(engine, organization, "member@moths.test", "member"),
        other_organization=other_organization,
        other_project=other_project,
        stranger=_add_person(engine, other_organization, "stranger@elsewhere.test", "admin"),
    )


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    """The cast, in the database of `engine`."""
    return assemble(engine)


class Hands:
    """A clock that tests turn by hand: `now()` for moments, `seconds` for what has elapsed."""

    def __init__(self) -> None:
        self.moment = NOW
        self.seconds = 0.0

    def now(self) -> datetime:
        return self.moment

    def elapsed(self) -> float:
        return self.seconds


@pytest.fixture
def hands() -> Hands:
    """A clock turned by hand."""
    return Hands()
