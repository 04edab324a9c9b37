"""`/sign-in`, `/sign-out`: who has the password comes in, and goes out here or everywhere."""

import re

from starlette.responses import Response

from mothlight.access.sessions import end_session, end_sessions
from mothlight.access.sign_in import TooManyAttempts, sign_in
from mothlight.model.errors import Refused
from mothlight.storage.metadata.engine import writing
from mothlight.web.pages.calls import PageCall, UserPage
from mothlight.web.pages.visit import SESSION, forget_cookie, remember_session

_OWN_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")
"""A path of ours, and nothing that a browser takes for another server."""
MOST_NEXT = 2000


def show_sign_in(call: PageCall) -> Response:
    """The form; whoever is in already goes on."""
    target = read_next(call.query.get("next", ""))
    if call.visit.user is not None:
        return call.redirect(target)
    return _form(call, target)


def do_sign_in(call: PageCall) -> Response:
    """Look at e-mail and password."""
    target = read_next(call.form.get("next", ""))
    email, password = call.form.get("email", ""), call.form.get("password", "")
    stays = call.form.get("stay") == "on"
    try:
        new = sign_in(call.database, email, password, call.parts.clock(), call.whence, stays=stays)
    except Refused as problem:
        response = _form(call, target, email=email, problem=problem)
        if isinstance(problem, TooManyAttempts):
            response.headers["Retry-After"] = str(problem.seconds)
        return response
    if call.visit.session is not None:
        # Another one was signed in here: that session is over.
        with writing(call.database) as connection:
            end_session(connection, call.visit.session.user_id, call.visit.session.id)
    response = call.redirect(target)
    remember_session(response, call.incoming, new)
    return response


def do_sign_out(call: UserPage) -> Response:
    """End this session."""
    with writing(call.database) as connection:
        end_session(connection, call.user.id, call.session.id)
    return _out(call)


def do_sign_out_everywhere(call: UserPage) -> Response:
    """End all sessions of the user."""
    with writing(call.database) as connection:
        end_sessions(connection, call.user.id)
    return _out(call)


def read_next(text: str) -> str:
    """A path of ours that somebody was on their way to; anything else is the front."""
    return text if len(text) <= MOST_NEXT and _OWN_PATH.fullmatch(text) else "/"


def _form(call: PageCall, target: str, *, email: str = "", problem: Refused | None = None) -> Response:
    status = 200 if problem is None else problem.status
    return call.page("sign_in/sign_in.html", status=status, next=target, email=email, problem=problem)


def _out(call: UserPage) -> Response:
    response = call.redirect("/sign-in")
    forget_cookie(response, call.incoming, SESSION)
    return response
