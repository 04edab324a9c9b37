"""From a request to a caller and the project or organization they may see (api.md 1.3, 1.4).

The order is fixed: who (401), does the project exist (404), may this key see it (403), may this user (403), may the key
do this (403). What the body holds and whether the object exists comes after.
"""

import re
from dataclasses import dataclass
from uuid import UUID

from mothlight.access.directory import Directory
from mothlight.access.scopes import covers
from mothlight.model.access import Caller, Organization, Project
from mothlight.model.errors import not_found
from mothlight.web.errors import Forbidden, Unauthenticated

BEARER = re.compile(r"Bearer\s+(\S.*)", re.DOTALL)
PROJECT_ID = re.compile(r"[0-9]{1,10}", re.ASCII)
CURRENT = "@current"
LARGEST_ID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Candidate:
    """A key that came with a request, and where it stood, in the words of the answer."""

    value: str
    source: str


def find_candidate(authorization: str | None, in_body: object, in_query: str | None) -> Candidate | None:
    """The first place that holds a key. A header with another word than `Bearer` holds none."""
    bearer = BEARER.fullmatch((authorization or "").strip())
    if bearer:
        return Candidate(bearer.group(1).strip(), "Authorization header")
    if in_body not in (None, ""):
        return Candidate(str(in_body), "body")
    return Candidate(in_query, "query string") if in_query else None


def authenticate(directory: Directory, candidate: Candidate | None) -> Caller:
    """Whose key this is.

    Raises:
        Unauthenticated: there is no key, or nobody's.
    """
    if candidate is None:
        raise Unauthenticated("not_authenticated", "Authentication credentials were not provided.")
    caller = directory.find_key(candidate.value)
    if caller is None:
        detail = f"Personal API key found in request {candidate.source} is invalid."
        raise Unauthenticated("authentication_failed", detail)
    return caller


def check_scope(caller: Caller, scope: str) -> None:
    """Let a key through that may do this.

    Raises:
        Forbidden: none of the key's scopes covers the needed one.
    """
    if not covers(caller.scopes, scope):
        raise Forbidden(f"API key missing required scope '{scope}'")


def check_admin(directory: Directory, caller: Caller, project: Project) -> None:
    """Let an admin of the project's organization through.

    Raises:
        Forbidden: the caller is none.
    """
    if directory.membership_role(caller.user_id, project.organization_id) != "admin":
        raise Forbidden("You do not have permission to perform this action.")


def enter_project(directory: Directory, caller: Caller, project: str) -> Project:
    """The project of a path, which the caller may see. `project` is a decimal id or `@current`.

    Raises:
        Refused: there is no such project (404); the key is pinned elsewhere, or the user no member (403).
    """
    found = _find_project(directory, caller, project)
    if found is None:
        raise not_found("Project not found.")
    if caller.scoped_projects and found.id not in caller.scoped_projects:
        raise Forbidden(f"API key does not have access to the requested project: ID {found.id}.")
    _check_pinned_organizations(caller, found.organization_id)
    if directory.membership_role(caller.user_id, found.organization_id) is None:
        raise Forbidden("You don't have access to the project.")
    return found


def enter_organization(directory: Directory, caller: Caller, organization: str) -> Organization:
    """The organization of a path, which the caller may see. `organization` is an id or `@current`.

    A key pinned to projects reaches the organizations of these projects.

    Raises:
        Refused: there is no such organization (404); the key is pinned elsewhere, or the user no member (403).
    """
    found = _find_organization(directory, caller, organization)
    if found is None:
        raise not_found("Organization not found.")
    _check_pinned_organizations(caller, found.id)
    reachable = {project.organization_id for project in directory.list_projects(caller)}
    if caller.scoped_projects and found.id not in reachable:
        raise Forbidden(f"API key does not have access to the requested organization: ID {found.id}.")
    if directory.membership_role(caller.user_id, found.id) is None:
        raise Forbidden("You don't have access to the organization.")
    return found


def _find_project(directory: Directory, caller: Caller, project: str) -> Project | None:
    if project == CURRENT:
        return directory.current_project(caller)
    if not PROJECT_ID.fullmatch(project) or int(project) > LARGEST_ID:
        return None
    return directory.find_project(int(project))


def _find_organization(directory: Directory, caller: Caller, organization: str) -> Organization | None:
    if organization == CURRENT:
        return directory.current_organization(caller)
    try:
        return directory.find_organization(UUID(organization))
    except ValueError:
        return None


def _check_pinned_organizations(caller: Caller, organization_id: UUID) -> None:
    if caller.scoped_organizations and organization_id not in caller.scoped_organizations:
        raise Forbidden(f"API key does not have access to the requested organization: ID {organization_id}.")
