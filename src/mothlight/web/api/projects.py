"""`/api/projects/…`: the projects themselves (api.md 1.4, 6.6). Only admins change them."""

from starlette.responses import Response

from mothlight.access.changes import delete_project
from mothlight.storage.metadata.engine import writing
from mothlight.web.api.calls import ProjectCall, UserCall
from mothlight.web.api.shapes import ProjectShape
from mothlight.web.errors import json_response
from mothlight.web.guard import check_admin
from mothlight.web.project_changes import change_project
from mothlight.web.values.changes import ProjectChange
from mothlight.web.values.validate import validate


def list_projects(call: UserCall) -> Response:
    """The projects that the key reaches, by id."""
    projects = call.parts.directory.list_projects(call.caller)
    return call.answer_slice([ProjectShape.of(project) for project in projects])


def get_project(call: ProjectCall) -> Response:
    """One project."""
    return json_response(ProjectShape.of(call.project))


def patch_project(call: ProjectCall) -> Response:
    """Change the name or the test-account filters."""
    # Asked here too, because who may not is told before what is wrong with the body.
    check_admin(call.parts.directory, call.caller, call.project)
    wanted = validate(ProjectChange, call.fields())
    changed = change_project(call, wanted.name, wanted.test_account_filters)
    return json_response(ProjectShape.of(changed))


def remove_project(call: ProjectCall) -> Response:
    """Delete the project; its events go a little later."""
    check_admin(call.parts.directory, call.caller, call.project)
    with writing(call.parts.database) as connection:
        delete_project(connection, call.caller.user_id, call.project.id, call.parts.clock())
    call.parts.directory.forget()
    return Response(status_code=204)
