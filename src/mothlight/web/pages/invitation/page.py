"""`/invitation?key=…`: whoever has the link becomes a member, or chooses another password.

The key stands in the query, which no log has.
"""

from starlette.responses import Response

from mothlight.access.invitations import choose_password, find_invitation, join
from mothlight.access.sessions import open_session
from mothlight.model.access import Invitation, Organization, User
from mothlight.model.errors import Refused, invalid
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories import access as repository
from mothlight.web.pages.calls import PageCall
from mothlight.web.pages.visit import remember_session


def show_invitation(call: PageCall) -> Response:
    """The form."""
    return _form(call, call.query.get("key", ""))


def accept(call: PageCall) -> Response:
    """Make the member, or change the password; either way they are signed in."""
    key, password = call.form.get("key", ""), call.form.get("password", "")
    now = call.parts.clock()
    with reading(call.database) as connection:
        invitation = find_invitation(connection, key, now)
    try:
        if password != call.form.get("again", ""):
            raise invalid("The two are not the same.", "again")
        if invitation.user_id is not None:
            user_id = choose_password(call.database, key, password, now)
        else:
            user_id = join(call.database, key, call.form.get("email", ""), call.form.get("name", ""), password, now).id
    except Refused as problem:
        if problem.status != 400:
            raise
        return _form(call, key, problem)
    call.parts.directory.forget()
    with writing(call.database) as connection:
        new = open_session(connection, user_id, now, call.whence, stays=False)
    response = call.redirect("/")
    remember_session(response, call.incoming, new)
    return response


def _form(call: PageCall, key: str, problem: Refused | None = None) -> Response:
    with reading(call.database) as connection:
        invitation = find_invitation(connection, key, call.parts.clock())
        organization = repository.find_organization(connection, invitation.organization_id)
        user = repository.find_user(connection, invitation.user_id) if invitation.user_id is not None else None
    return _page(call, key, invitation, organization, user, problem)


def _page(
    call: PageCall,
    key: str,
    invitation: Invitation,
    organization: Organization | None,
    user: User | None,
    problem: Refused | None,
) -> Response:
    return call.page(
        "invitation/invitation.html",
        status=200 if problem is None else problem.status,
        key=key,
        role=invitation.role,
        organization=organization,
        invited=user,
        email=call.form.get("email", ""),
        name=call.form.get("name", ""),
        problem=problem,
    )
