"""The whole server as one ASGI application: capture paths first, then everything that has a route."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mothlight import __version__
from mothlight.web.cors import Cors
from mothlight.web.errors import exception_handlers
from mothlight.web.intake.routes import Intake, is_capture_path

API_METHODS = b"GET, POST, PUT, PATCH, DELETE, OPTIONS"


@dataclass(frozen=True, slots=True)
class Application:
    """Hands each request to the part that its path names."""

    intake: Intake
    rest: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and is_capture_path(scope["path"]):
            await self.intake(scope, receive, send)
        else:
            await self.rest(scope, receive, send)


def build_application(
    intake: Intake, *, operation: Sequence[BaseRoute], api: Sequence[Route], sdk: Sequence[BaseRoute]
) -> Application:
    """Put the parts together. Routes of SDKs match under any prefix: they come last. They see to origins themselves."""
    open_api = [Route(route.path, Cors(route.app, methods=API_METHODS)) for route in api]
    routes = [Route("/", _front, methods=["GET"]), *operation, *open_api, *sdk]
    # Paths are never redirected between their spellings (api 1.1, ingest 1).
    starlette = Starlette(routes=routes, exception_handlers=exception_handlers())
    starlette.router.redirect_slashes = False
    return Application(intake, starlette)


async def _front(_request: Request) -> Response:
    return PlainTextResponse(
        f"Mothlight {__version__} is running.\n\n"
        "Point a PostHog SDK at this address, with the token of a project.\n"
        "REST API: /api/schema/   State: /_readyz, /_stats, /metrics\n"
    )
