"""One line of the table of pages, and how a request passes the guard on its way to the page's function.

The order is fixed: is it signed in, does the form come from us (403), does the project exist (404), may the user see it
(403), may they do this (403).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from mothlight.access.account import open_project
from mothlight.web.errors import Forbidden
from mothlight.web.guard import enter_project
from mothlight.web.pages.calls import PageCall, ProjectPage, UserPage
from mothlight.web.pages.proof import is_form_token

Method = Literal["GET", "POST"]
Admit = Callable[[PageCall], Response]

TOKEN = "form_token"  # noqa: S105 - the name of a field
SIGN_IN = "/sign-in"
NOT_OURS = "This form is too old, or it does not come from Mothlight. Load the page again, then try once more."


@dataclass(frozen=True, slots=True)
class Page:
    """What answers a method on a path."""

    method: Method
    path: str
    admit: Admit
    section: str | None = None
    """The tab of the head that is current."""


def open_page(method: Method, path: str, show: Callable[[PageCall], Response], section: str | None = None) -> Page:
    """A page for everybody, signed in or not."""

    def admit(call: PageCall) -> Response:
        _check_form(call)
        return show(call)

    return Page(method, path, admit, section)


def user_page(method: Method, path: str, show: Callable[[UserPage], Response], section: str | None = None) -> Page:
    """A page for whoever is signed in."""

    def admit(call: PageCall) -> Response:
        inside = as_user(call)
        if inside is None:
            return _to_sign_in(call)
        _check_form(call)
        return show(inside)

    return Page(method, path, admit, section)


def project_page(
    method: Method,
    path: str,
    show: Callable[[ProjectPage], Response],
    section: str | None = None,
    *,
    admins_only: bool = False,
) -> Page:
    """A page below `/projects/{project_id}/`, for members of its organization or only for its admins."""

    def enter(call: UserPage) -> Response:
        entered = _enter(call)
        if admins_only and not entered.is_admin:
            raise Forbidden("Only admins of the project's organization can do this.")
        return show(entered)

    return user_page(method, f"/projects/{{project_id}}/{path}", enter, section)


def operator_page(method: Method, path: str, show: Callable[[UserPage], Response], section: str | None = None) -> Page:
    """A page about the server itself, for admins of the organization that runs it."""

    def check(call: UserPage) -> Response:
        if not call.is_operator:
            raise Forbidden("Only admins of the organization that runs this server can see this.")
        return show(call)

    return user_page(method, path, check, section)


def as_user(call: PageCall) -> UserPage | None:
    """The call of somebody who is signed in; None for others."""
    visit = call.visit
    if visit.user is None or visit.session is None:
        return None
    return UserPage(call.service, call.incoming, visit, call.section, visit.user, visit.session)


def _check_form(call: PageCall) -> None:
    if call.incoming.method != "POST":
        return
    if not call.incoming.is_own or not is_form_token(call.visit.secret, call.form.get(TOKEN, "")):
        raise Forbidden(NOT_OURS)


def _enter(call: UserPage) -> ProjectPage:
    directory = call.parts.directory
    project = enter_project(directory, call.caller, call.incoming.parameters["project_id"])
    role = directory.membership_role(call.user.id, project.organization_id)
    if role is None:
        raise Forbidden("You don't have access to the project.")
    if call.incoming.method == "GET" and not call.incoming.is_fragment:
        open_project(call.database, call.user, project.id)
    return ProjectPage(
        call.service, call.incoming, call.visit, call.section, call.user, call.session, project=project, role=role
    )


def _to_sign_in(call: PageCall) -> Response:
    """To the door, and from there back to the page that was asked for."""
    back = f"?next={quote(call.incoming.here, safe='')}" if call.incoming.method == "GET" else ""
    target = call.incoming.prefix + SIGN_IN + back
    if call.incoming.is_scripted:
        # The script would put the page for signing in where a part of this page belongs.
        return Response(headers={"HX-Redirect": call.incoming.prefix + SIGN_IN})
    return RedirectResponse(target, status_code=303)
