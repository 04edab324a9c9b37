"""The whole server as one ASGI application: capture paths first, then everything that has a route."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mothlight.web.cors import Cors
from mothlight.web.errors import exception_handlers
from mothlight.web.intake.routes import Intake, is_capture_path

API = "/api/"
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
    intake: Intake,
    *,
    operation: Sequence[BaseRoute],
    api: Sequence[Route],
    pages: Sequence[BaseRoute],
    sdk: Sequence[BaseRoute],
    unknown_page: ASGIApp,
) -> Application:
    """Put the parts together. Routes of SDKs match under any prefix: they come last. They see to origins themselves.

    `unknown_page` answers browsers that ask for what nobody has.
    """
    open_api = [Route(route.path, Cors(route.app, methods=API_METHODS)) for route in api]
    routes = [*operation, *open_api, *pages, *sdk]
    # Paths are never redirected between their spellings (api 1.1, ingest 1).
    starlette = Starlette(routes=routes, exception_handlers=exception_handlers())
    starlette.router.redirect_slashes = False
    starlette.router.default = _Unknown(unknown_page, starlette.router.default)
    return Application(intake, starlette)


@dataclass(frozen=True, slots=True)
class _Unknown:
    """Answers for paths of nobody: a page for people, an error in the standard shape for programs."""

    page: ASGIApp
    error: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self.page if _is_for_people(scope) else self.error)(scope, receive, send)


def _is_for_people(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["path"].startswith(API) or scope["method"] not in ("GET", "HEAD", "POST"):
        return False
    return b"text/html" in dict(scope["headers"]).get(b"accept", b"")
