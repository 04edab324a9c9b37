"""Rows that tests need in the metadata."""

from uuid import uuid4

import sqlalchemy as sa

from mothlight.storage.metadata import tables
from mothlight.storage.metadata.engine import writing
from tests.support.event_stores import new_project
from tests.support.received import NOW


def add_project(engine: sa.Engine, project_id: int | None = None) -> int:
    """A project, with an organization of its own; its id is used once in the run, also in the shared event stores."""
    chosen = new_project() if project_id is None else project_id
    with writing(engine) as connection:
        organization = uuid4()
        connection.execute(sa.insert(tables.organizations).values(id=organization, name="Shop", created_at=NOW))
        connection.execute(
            sa.insert(tables.projects).values(
                id=chosen,
                organization_id=organization,
                name="Shop",
                api_token=f"phc_{uuid4().hex}",
                test_account_filters=[],
                created_at=NOW,
            )
        )
    return chosen


def add_user(connection: sa.Connection, project_id: int | None) -> int:
    """A user, and a member of the organization of a project if one is given."""
    user = sa.insert(tables.users).values(
        email=f"{uuid4().hex}@shop.test", first_name="", is_active=True, created_at=NOW
    )
    user_id: int = connection.execute(user.returning(tables.users.c.id)).scalar_one()
    if project_id is not None:
        organization = sa.select(tables.projects.c.organization_id).where(tables.projects.c.id == project_id)
        connection.execute(
            sa.insert(tables.memberships).values(
                id=uuid4(),
                user_id=user_id,
                organization_id=connection.execute(organization).scalar_one(),
                role="member",
                created_at=NOW,
            )
        )
    return user_id
