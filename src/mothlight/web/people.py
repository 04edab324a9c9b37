"""Who works on issues: users and roles of an organization, and how they are called."""

import sqlalchemy as sa

from mothlight.storage.metadata.repositories import access
from mothlight.web.parts import Work


def people_of(connection: sa.Connection, call: Work) -> dict[str, str]:
    """E-mail addresses of users and names of roles, by id as text: what summaries of changes name people by."""
    organization = call.project.organization_id
    members = {str(member.user.id): member.user.email for member in access.list_members(connection, organization)}
    return members | {str(role.id): role.name for role in access.list_roles(connection, organization)}
