"""Changes to organizations, users, roles, projects and keys: who may make them, and what they need.

Each function works in the transaction of its connection, so that several make one change. `by` is the user who asks;
`OPERATOR` is whoever runs commands on the machine itself, and may everything.

All raise `Refused`: 403 when `by` is no admin where one is needed, 400 when a value is wrong or taken, 404 when
what should change is not there.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID, uuid4

import sqlalchemy as sa

from mothlight.access.emails import read_email
from mothlight.access.keys import check_given_key, hash_key, make_key, mask_key
from mothlight.access.origins import read_origins
from mothlight.access.passwords import hash_password
from mothlight.access.scopes import check_scopes
from mothlight.access.test_accounts import default_test_account_filters
from mothlight.access.tokens import check_given_token, make_token
from mothlight.model.access import ApiKey, MemberRole, Organization, Project, Role, User
from mothlight.model.errors import Refused, invalid, not_found
from mothlight.storage.metadata.repositories import access as repository

OPERATOR: Final = "operator"
Actor = int | Literal["operator"]
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key with its secret, which nobody can know later."""

    key: ApiKey
    value: str


# Organizations and people


def create_organization(connection: sa.Connection, name: str, now: datetime) -> Organization:
    """Make an organization without members."""
    return repository.add_organization(connection, _read_name(name), now)


def create_user(
    connection: sa.Connection,
    by: Actor,
    organization_id: UUID,
    email: str,
    now: datetime,
    *,
    first_name: str = "",
    password: str | None = None,
    role: MemberRole = "member",
) -> User:
    """Make a user and member of an organization. Without a password the user cannot sign in, but can own keys."""
    check_admin(connection, by, organization_id)
    address = read_email(email)
    password_hash = hash_password(password) if password is not None else None
    with unless_taken(f"There is a user {address} already.", "email"):
        user = repository.add_user(connection, address, first_name.strip()[:LONGEST_NAME], password_hash, now)
    repository.add_member(connection, organization_id, user.id, role, now)
    return user


def create_role(
    connection: sa.Connection, by: Actor, organization_id: UUID, name: str, member_emails: Iterable[str], now: datetime
) -> Role:
    """Make a role of members of the organization."""
    check_admin(connection, by, organization_id)
    wanted = _read_name(name)
    known = {member.user.email: member.user.id for member in repository.list_members(connection, organization_id)}
    user_ids = [_find_in(known, read_email(email)) for email in dict.fromkeys(member_emails)]
    with unless_taken(f"There is a role {wanted!r} already.", "name"):
        return repository.add_role(connection, organization_id, wanted, dict.fromkeys(user_ids), now)


# Projects


def create_project(
    connection: sa.Connection, by: Actor, organization_id: UUID, name: str, now: datetime, *, token: str | None = None
) -> Project:
    """Make a project with its own token, or the one given, and the test-account filters of a new project."""
    check_admin(connection, by, organization_id)
    wanted = _read_name(name)
    api_token = check_given_token(token) if token is not None else make_token()
    emails = [member.user.email for member in repository.list_members(connection, organization_id)]
    filters = default_test_account_filters(emails)
    with unless_taken("This token belongs to another project.", "token"):
        return repository.add_project(connection, organization_id, wanted, api_token, filters, now)


def check_project_change(
    connection: sa.Connection,
    by: Actor,
    project_id: int,
    *,
    name: str | None = None,
    test_account_filters: Sequence[Mapping[str, Any]] | None = None,
    allowed_origins: Iterable[str] | None = None,
) -> dict[str, Any]:
    """The values that a project would get; whoever writes them enters them in the change journal too.

    The filters must have been checked. None leaves things as they are.
    """
    _find_managed_project(connection, by, project_id)
    values: dict[str, Any] = {}
    if name is not None:
        values["name"] = _read_name(name)
    if test_account_filters is not None:
        values["test_account_filters"] = [dict(each) for each in test_account_filters]
    if allowed_origins is not None:
        values["allowed_origins"] = read_origins(allowed_origins)
    return values


def renew_token(connection: sa.Connection, by: Actor, project_id: int) -> Project:
    """Give a project another token. What comes with the old one is refused on every node within a second."""
    project = _find_managed_project(connection, by, project_id)
    repository.update_project(connection, project_id, {"api_token": make_token()})
    return repository.find_project(connection, project_id) or project


def delete_project(connection: sa.Connection, by: Actor, project_id: int, now: datetime) -> Project:
    """Remove a project with its issues, at once; upkeep removes its events later."""
    project = _find_managed_project(connection, by, project_id)
    repository.delete_project(connection, project_id, now)
    return project


# Keys


def create_key(
    connection: sa.Connection,
    by: Actor,
    user_id: int,
    now: datetime,
    *,
    label: str = "",
    scopes: Iterable[str] = (),
    scoped_projects: Iterable[int] = (),
    value: str | None = None,
) -> NewKey:
    """Make a key of a user, pinned to some of the user's projects or to none. Without scopes it grants nothing."""
    _check_key_owner(connection, by, user_id)
    secret = check_given_key(value) if value is not None else make_key()
    key = ApiKey(
        id=uuid4(),
        user_id=user_id,
        label=label.strip()[:LONGEST_NAME],
        mask=mask_key(secret),
        scopes=check_scopes(scopes),
        scoped_projects=_check_pinned(connection, user_id, scoped_projects),
        scoped_organizations=(),
        created_at=now,
        last_used_at=None,
    )
    with unless_taken("This key exists already.", "personal_api_key"):
        repository.add_key(connection, key, hash_key(secret))
    return NewKey(key, secret)


def revoke_key(connection: sa.Connection, by: Actor, key_id: UUID) -> ApiKey:
    """Remove a key; it stops working on every node within a second."""
    key = repository.find_key(connection, key_id)
    if key is None:
        raise not_found(f"There is no key {key_id}.")
    _check_key_owner(connection, by, key.user_id)
    repository.delete_key(connection, key_id)
    return key


# Who may


def check_admin(connection: sa.Connection, by: Actor, organization_id: UUID) -> None:
    """Let an admin of the organization through; raises `Refused` (403) for others."""
    if not _is_admin(connection, by, organization_id):
        raise _denied()


def _find_managed_project(connection: sa.Connection, by: Actor, project_id: int) -> Project:
    project = repository.find_project(connection, project_id)
    if project is None:
        raise not_found("Project not found.")
    check_admin(connection, by, project.organization_id)
    return project


def _check_key_owner(connection: sa.Connection, by: Actor, user_id: int) -> None:
    if by in (OPERATOR, user_id):
        return
    theirs = repository.list_organizations_of(connection, user_id)
    if not any(_is_admin(connection, by, each.id) for each in theirs):
        raise _denied()


def _is_admin(connection: sa.Connection, by: Actor, organization_id: UUID) -> bool:
    if not isinstance(by, int):
        return by == OPERATOR
    return repository.find_membership_role(connection, by, organization_id) == "admin"


def _denied() -> Refused:
    detail = "You do not have permission to perform this action."
    return Refused(403, "authentication_error", "permission_denied", detail)


# What they need


@contextmanager
def unless_taken(detail: str, attr: str) -> Iterator[None]:
    """Refuse (400) what the database has already."""
    # Asking first would miss what another node adds at the same moment; the database does not.
    try:
        yield
    except sa.exc.IntegrityError as problem:
        raise invalid(detail, attr) from problem


def _read_name(name: str) -> str:
    wanted = name.strip()
    if not wanted:
        raise invalid("A name may not be blank.", "name")
    if len(wanted) > LONGEST_NAME:
        raise invalid(f"A name has at most {LONGEST_NAME} characters.", "name")
    if "\x00" in wanted:
        raise invalid("A name has no null characters.", "name")
    return wanted


def _find_in(known: Mapping[str, int], email: str) -> int:
    if email not in known:
        raise invalid(f"There is no member {email}.", "member")
    return known[email]


def _check_pinned(connection: sa.Connection, user_id: int, project_ids: Iterable[int]) -> tuple[int, ...]:
    wanted = tuple(dict.fromkeys(project_ids))
    theirs = repository.list_organizations_of(connection, user_id) if wanted else []
    reachable = {project.id for project in repository.list_projects(connection, [each.id for each in theirs])}
    for project_id in wanted:
        if project_id not in reachable:
            raise invalid(f"There is no project {project_id}.", "project")
    return wanted
