"""`/account`: one's password, and where one is signed in."""

from uuid import UUID

from starlette.responses import Response

from mothlight.access.account import change_password
from mothlight.access.sessions import end_session, list_sessions
from mothlight.model.errors import Refused, invalid, not_found
from mothlight.storage.metadata.engine import reading, writing
from mothlight.web.pages.calls import UserPage
from mothlight.web.pages.visit import Flash, remember_flash, remember_session

PATH = "/account"


def show_account(call: UserPage) -> Response:
    """Who one is, and all sessions."""
    return _page(call)


def save_password(call: UserPage) -> Response:
    """Choose another password. All sessions end but this one, which gets another secret."""
    current, new, again = (call.form.get(name, "") for name in ("current", "new", "again"))
    try:
        if new != again:
            raise invalid("The two are not the same.", "again")
        made = change_password(call.database, call.user, call.session, current, new, call.parts.clock())
    except Refused as problem:
        return _page(call, problem)
    response = call.redirect(PATH)
    remember_session(response, call.incoming, made)
    # Sealed with the new secret, because that is what the next page comes with.
    said = Flash("You have another password, and are signed out everywhere else.")
    remember_flash(response, call.incoming, made.secret, said)
    return response


def end_one(call: UserPage) -> Response:
    """Sign out of another session."""
    try:
        session_id = UUID(call.incoming.parameters["id"])
    except ValueError:
        raise not_found("This session has ended already.") from None
    with writing(call.database) as connection:
        end_session(connection, call.user.id, session_id)
    return call.redirect(PATH, "Signed out there.")


def _page(call: UserPage, problem: Refused | None = None) -> Response:
    with reading(call.database) as connection:
        sessions = list_sessions(connection, call.user.id, call.parts.clock())
    return call.page(
        "account/account.html",
        status=200 if problem is None else problem.status,
        place=PATH,
        sessions=sessions,
        present=call.session.id,
        problem=problem,
    )
