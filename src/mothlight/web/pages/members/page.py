"""`/projects/{id}/settings/members`: who is a member of the project's organization. Admins change it."""

from collections.abc import Callable
from uuid import UUID

import sqlalchemy as sa
from starlette.responses import Response

from mothlight.access import members
from mothlight.access.invitations import NewInvitation, invite, invite_back, list_invitations, withdraw
from mothlight.model.access import Member, MemberRole
from mothlight.model.errors import Refused, not_found
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories import access as repository
from mothlight.storage.metadata.repositories.sessions import last_uses
from mothlight.web.pages.calls import ProjectPage

PATH = "settings/members"
NO_MEMBER = "There is no such member."


def show_members(call: ProjectPage) -> Response:
    """Members and links that still work."""
    return _page(call)


def change_role(call: ProjectPage) -> Response:
    """Make somebody an admin, or a member."""
    user_id, role = _user_id(call), _role(call)
    return _change(call, lambda on: members.set_role(on, call.user.id, _organization(call), user_id, role), "is saved")


def remove(call: ProjectPage) -> Response:
    """Let somebody be a member no longer."""
    user_id = _user_id(call)
    words = "is no member any more"
    return _change(call, lambda on: members.remove_member(on, call.user.id, _organization(call), user_id), words)


def sign_out(call: ProjectPage) -> Response:
    """End all sessions of somebody."""
    user_id = _user_id(call)
    words = "is signed out everywhere"
    return _change(call, lambda on: members.sign_out_member(on, call.user.id, _organization(call), user_id), words)


def make_link(call: ProjectPage) -> Response:
    """Make a link that makes a member, and show it once."""
    role, now = _role(call), call.parts.clock()
    with writing(call.database) as connection:
        made = invite(connection, call.user.id, _organization(call), role, now)
    return _page(call, made)


def make_password_link(call: ProjectPage) -> Response:
    """Make a link by which a member chooses another password, and show it once."""
    user_id, now = _user_id(call), call.parts.clock()
    with writing(call.database) as connection:
        made = invite_back(connection, call.user.id, _organization(call), user_id, now)
    return _page(call, made)


def withdraw_link(call: ProjectPage) -> Response:
    """Let a link no longer work."""
    try:
        invitation_id = UUID(call.incoming.parameters["id"])
    except ValueError:
        raise not_found("This link does not work any more.") from None
    with writing(call.database) as connection:
        withdraw(connection, call.user.id, _organization(call), invitation_id)
    return call.redirect(call.path(PATH), "The link works no more.")


def _change(call: ProjectPage, work: Callable[[sa.Connection], Member], words: str) -> Response:
    try:
        with writing(call.database) as connection:
            member = work(connection)
    except Refused as problem:
        if problem.status != 400:
            raise
        return _page(call, problem=problem)
    call.parts.directory.forget()
    return call.redirect(call.path(PATH), f"{member.user.first_name or member.user.email} {words}.")


def _page(call: ProjectPage, made: NewInvitation | None = None, problem: Refused | None = None) -> Response:
    organization_id = _organization(call)
    with reading(call.database) as connection:
        organization = repository.find_organization(connection, organization_id)
        everybody = repository.list_members(connection, organization_id)
        links = list_invitations(connection, organization_id, call.parts.clock())
        seen = last_uses(connection, [each.user.id for each in everybody])
    return call.page(
        "members/members.html",
        status=200 if problem is None else problem.status,
        place=call.path(PATH),
        organization=organization,
        members=everybody,
        names={each.user.id: each.user.first_name or each.user.email for each in everybody},
        seen=seen,
        links=links,
        made=made,
        is_admin=call.is_admin,
        problem=problem,
    )


def _organization(call: ProjectPage) -> UUID:
    return call.project.organization_id


def _user_id(call: ProjectPage) -> int:
    text = call.incoming.parameters["user_id"]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise not_found(NO_MEMBER)
    return int(text)


def _role(call: ProjectPage) -> MemberRole:
    return "admin" if call.form.get("role") == "admin" else "member"
