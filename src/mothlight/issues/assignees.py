"""Who can look after the issues of a project: users and roles of its organization."""

import sqlalchemy as sa

from mothlight.storage.metadata.repositories import access
from mothlight.storage.metadata.repositories.issues import Assignee


def is_in_organization(connection: sa.Connection, project_id: int, assignee: Assignee) -> bool:
    """Whether the project's organization has this user or role now."""
    project = access.find_project(connection, project_id)
    if project is None:
        return False
    if assignee.user_id is not None:
        return access.find_membership_role(connection, assignee.user_id, project.organization_id) is not None
    return assignee.role_id in {role.id for role in access.list_roles(connection, project.organization_id)}


def present_assignee(connection: sa.Connection, project_id: int, assignee: Assignee | None) -> Assignee | None:
    """The assignee, or nobody where it is no longer one of the organization's."""
    if assignee is None or not is_in_organization(connection, project_id, assignee):
        return None
    return assignee
