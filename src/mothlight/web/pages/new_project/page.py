"""`/projects/new`: another project, for admins of an organization. It leads to the first steps with it."""

from collections.abc import Sequence
from uuid import UUID

from starlette.responses import Response

from mothlight.access import changes
from mothlight.model.access import Organization
from mothlight.model.errors import Refused
from mothlight.storage.metadata.engine import writing
from mothlight.web.errors import Forbidden
from mothlight.web.pages.calls import UserPage

PATH = "/projects/new"


def show_new_project(call: UserPage) -> Response:
    """The form."""
    return _form(call, _managed(call))


def make_project(call: UserPage) -> Response:
    """Make it."""
    organizations = _managed(call)
    chosen = _chosen(organizations, call.form.get("organization", ""))
    name = call.form.get("name", "")
    try:
        with writing(call.database) as connection:
            project = changes.create_project(connection, call.user.id, chosen.id, name, call.parts.clock())
    except Refused as problem:
        return _form(call, organizations, name, problem)
    call.parts.directory.forget()
    return call.redirect(f"/projects/{project.id}/start", f"{project.name} is made. This is its key.")


def _managed(call: UserPage) -> Sequence[Organization]:
    found = call.parts.directory.list_managed_organizations(call.user.id)
    if not found:
        raise Forbidden("Only admins of an organization can make a project.")
    return found


def _chosen(organizations: Sequence[Organization], id: str) -> Organization:
    """The one that the form names; where there is but one, it need not."""
    if not id and len(organizations) == 1:
        return organizations[0]
    found = next((each for each in organizations if str(each.id) == id), None)
    if found is None:
        raise Forbidden("Only admins of an organization can make a project in it.")
    return found


def _form(
    call: UserPage, organizations: Sequence[Organization], name: str = "", problem: Refused | None = None
) -> Response:
    chosen = call.form.get("organization") if call.incoming.method == "POST" else None
    return call.page(
        "new_project/new_project.html",
        status=200 if problem is None else problem.status,
        place=PATH,
        organizations=organizations,
        chosen=UUID(chosen) if chosen else organizations[0].id,
        name=name,
        problem=problem,
    )
