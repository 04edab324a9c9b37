"""`/`: leads to the issues of the project that was opened last."""

from starlette.responses import Response

from mothlight.web.pages.calls import UserPage


def show_front(call: UserPage) -> Response:
    """To the issues; who sees no project yet is told so."""
    project = call.parts.directory.current_project(call.caller)
    if project is None:
        return call.page("front/front.html")
    return call.redirect(f"/projects/{project.id}/issues")
