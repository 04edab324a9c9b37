"""What a new installation starts with: an organization, its administrator, a project and a key for everything."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from mothlight.access import changes
from mothlight.access.changes import OPERATOR
from mothlight.access.first_run_choices import ADMIN_EMAIL, PROJECT_NAME, FirstRun
from mothlight.access.keys import check_given_key, hash_key
from mothlight.access.passwords import make_password, verify_password
from mothlight.access.scopes import ALL
from mothlight.model.access import Member, Organization, Project
from mothlight.storage.metadata.repositories import access as repository

ORGANIZATION_NAME = "Mothlight"


@dataclass(frozen=True, slots=True)
class Installation:
    """What there is. Secrets are known on the run that made them; later only a chosen one that is the stored one."""

    project: Project | None
    admin_email: str | None
    admin_password: str | None
    personal_api_key: str | None
    is_new: bool


def initialise(connection: sa.Connection, chosen: FirstRun, now: datetime) -> Installation:
    """Make what an installation starts with, or find that it is there. Two at once make it once.

    Raises:
        Refused: a chosen value cannot be used.
    """
    repository.lock_organizations(connection)
    organization = repository.find_first_organization(connection)
    if organization is not None:
        return _describe(connection, organization, chosen)
    # Looked at first, because a project that is taken back would still have used up its id.
    if chosen.personal_api_key is not None:
        check_given_key(chosen.personal_api_key)
    organization = changes.create_organization(connection, ORGANIZATION_NAME, now)
    email = ADMIN_EMAIL if chosen.admin_email is None else chosen.admin_email
    password = make_password() if chosen.admin_password is None else chosen.admin_password
    admin = changes.create_user(connection, OPERATOR, organization.id, email, now, password=password, role="admin")
    name = PROJECT_NAME if chosen.project_name is None else chosen.project_name
    project = changes.create_project(connection, OPERATOR, organization.id, name, now, token=chosen.project_token)
    made = changes.create_key(
        connection, OPERATOR, admin.id, now, label="First key", scopes=[ALL], value=chosen.personal_api_key
    )
    return Installation(project, admin.email, password, made.value, is_new=True)


def _describe(connection: sa.Connection, organization: Organization, chosen: FirstRun) -> Installation:
    projects = repository.list_projects(connection, [organization.id])
    members = repository.list_members(connection, organization.id)
    admin = next((member for member in members if member.role == "admin"), None)
    return Installation(
        project=projects[0] if projects else None,
        admin_email=admin.user.email if admin else None,
        admin_password=_known_password(connection, admin, chosen.admin_password),
        personal_api_key=_known_key(connection, chosen.personal_api_key),
        is_new=False,
    )


def _known_key(connection: sa.Connection, value: str | None) -> str | None:
    return value if value is not None and repository.key_exists(connection, hash_key(value)) else None


def _known_password(connection: sa.Connection, admin: Member | None, password: str | None) -> str | None:
    if admin is None or password is None:
        return None
    return password if verify_password(repository.find_password_hash(connection, admin.user.id), password) else None
