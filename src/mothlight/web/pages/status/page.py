"""`/status`: the line at the bottom, which asks for itself every few seconds."""

from starlette.responses import Response

from mothlight.web.pages.calls import UserPage


def show_status(call: UserPage) -> Response:
    """The line, as it is now."""
    return call.fragment("layout/status.html")
