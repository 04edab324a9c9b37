"""The paths of remote config, flags and scripts (ingest 1), under any prefix, with and without a slash at the end.

To add one: a line in `sdk_routes`, and a handler in `SdkHandlers` when no constant will do.
"""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from mothlight.kit.clock import Clock
from mothlight.model.errors import Refused, not_found
from mothlight.web.cors import Cors
from mothlight.web.intake.answers import v0_refusal
from mothlight.web.intake.limits import Budget, ClientGone, discard_body, read_body
from mothlight.web.intake.receive import FindProject
from mothlight.web.intake.refusals import method_not_allowed
from mothlight.web.intake.tokens import check_token
from mothlight.web.sdk.flags import (
    DEFINITIONS,
    EARLY_ACCESS_FEATURES,
    PRODUCT_TOURS,
    SURVEYS,
    WEB_EXPERIMENTS,
    decide_answer,
    flags_answer,
    with_config,
)
from mothlight.web.sdk.remote_config import Rules, config_json, config_script
from mothlight.web.sdk.scripts import FOLDER, etag_of, find_script
from mothlight.web.sdk.suppression import FindRules
from mothlight.web.sdk.token_in_body import BODY_LIMIT, find_token

Handler = Callable[[Request], Awaitable[Response]]

_JSON = "application/json"
_SCRIPT = "application/javascript; charset=utf-8"
_MINUTES = "public, max-age=300"
_HOURS = "public, max-age=3600"
_READ = ("GET", "HEAD")
_TRUE = ("true", "1")


class SdkRoute(BaseRoute):
    """A route known by how its path ends."""

    def __init__(self, ending: str, handler: Handler, methods: tuple[str, ...], *, credentials: bool = False) -> None:
        """`ending`: a regular expression for the end of the path, from after a slash on."""
        self.pattern = re.compile(f"(?:^|/){ending}/?$")
        self._handler = handler
        self._methods = methods
        self._app = Cors(self._serve, credentials=credentials)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As Starlette's router asks."""
        found = self.pattern.search(scope["path"]) if scope["type"] == "http" else None
        if found is None:
            return Match.NONE, {}
        return Match.FULL, {"path_params": found.groupdict()}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, preflights included."""
        await self._app(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except Refused as refusal:
            answer = v0_refusal(refusal)
            response = Response(answer.body, answer.status, media_type=_JSON)
        except ClientGone:
            return
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(headers={"allow": ", ".join((*self._methods, "OPTIONS"))})
        if request.method not in self._methods:
            raise method_not_allowed(request.method)
        return await self._handler(request)


class SdkHandlers:
    """What the paths answer."""

    def __init__(
        self, find_project: FindProject, find_rules: FindRules, clock: Clock, new_id: Callable[[], UUID], folder: Path
    ) -> None:
        self._find_project = find_project
        self._find_rules = find_rules
        self._clock = clock
        self._new_id = new_id
        self._folder = folder

    async def config(self, request: Request) -> Response:
        """The remote config as JSON."""
        return _cached(request, config_json(*await self._known_token(request)), _JSON, _MINUTES)

    async def config_script(self, request: Request) -> Response:
        """The remote config as a script."""
        return _cached(request, config_script(*await self._known_token(request)), _SCRIPT, _MINUTES)

    async def array_script(self, request: Request) -> Response:
        """The client with the remote config before it, so that it finds its config when it starts."""
        token, rules = await self._known_token(request)
        script = find_script("array.js", self._folder)
        if script is None:
            raise not_found()
        return _cached(request, config_script(token, rules) + script.body, _SCRIPT, _MINUTES)

    async def script(self, request: Request) -> Response:
        """One of the client's scripts; of whatever version it asks, ours is served."""
        script = find_script(request.path_params["name"], self._folder)
        if script is None:
            raise not_found()
        return _cached(request, script.body, _SCRIPT, _HOURS, script.etag)

    async def flags(self, request: Request) -> Response:
        """No flags; with `config=true` and a known token the remote config too."""
        answer = flags_answer(self._new_id(), self._clock())
        if request.query_params.get("config") not in _TRUE:
            await discard_body(request.receive)
            return _json(answer)
        known = await self._sent_token(request)
        return _json(answer if known is None else with_config(answer, *known))

    async def decide(self, request: Request) -> Response:
        """The same for clients of the time before `/flags`."""
        known = await self._sent_token(request) or (None, [])
        return _json(decide_answer(flags_answer(self._new_id(), self._clock()), *known))

    async def _known_token(self, request: Request) -> tuple[str, Rules]:
        """The token in the path, and the rules of its project.

        Raises a 404 when no project has it: it ends up in a script.
        """
        try:
            token = check_token(request.path_params["token"])
        except Refused as refusal:
            raise not_found() from refusal
        project_id = await self._find_project(token)
        if project_id is None:
            raise not_found()
        return token, await self._find_rules(project_id)

    async def _sent_token(self, request: Request) -> tuple[str, Rules] | None:
        """The token in the body, if a project has it, and the project's rules."""
        body = await read_body(request.receive, Budget(BODY_LIMIT))
        headers = request.headers
        token = find_token(
            body, request.url.query, headers.get("content-type", ""), headers.get("content-encoding", "")
        )
        project_id = None if token is None else await self._find_project(token)
        if token is None or project_id is None:
            return None
        return token, await self._find_rules(project_id)


def sdk_routes(
    find_project: FindProject,
    find_rules: FindRules,
    clock: Clock,
    *,
    new_id: Callable[[], UUID] = uuid4,
    folder: Path = FOLDER,
) -> list[BaseRoute]:
    """The routes, for Starlette's router. `folder`: where the client's scripts are."""
    handlers = SdkHandlers(find_project, find_rules, clock, new_id, folder)
    return [
        SdkRoute(r"array/(?P<token>[^/]+)/config", handlers.config, _READ),
        SdkRoute(r"array/(?P<token>[^/]+)/config\.js", handlers.config_script, _READ),
        SdkRoute(r"array/(?P<token>[^/]+)/array\.js", handlers.array_script, _READ),
        SdkRoute(r"static/(?:[^/]+/)?(?P<name>[^/]+\.js)", handlers.script, _READ),
        SdkRoute(r"flags", handlers.flags, ("POST",), credentials=True),
        SdkRoute(r"decide", handlers.decide, ("POST",), credentials=True),
        SdkRoute(r"flags/definitions", _constant(DEFINITIONS), _READ),
        SdkRoute(r"api/feature_flag/local_evaluation", _constant(DEFINITIONS), _READ),
        SdkRoute(r"api/surveys", _constant(SURVEYS), _READ),
        SdkRoute(r"api/early_access_features", _constant(EARLY_ACCESS_FEATURES), _READ),
        SdkRoute(r"api/web_experiments", _constant(WEB_EXPERIMENTS), _READ),
        SdkRoute(r"api/product_tours", _constant(PRODUCT_TOURS), _READ),
    ]


def _constant(answer: dict[str, Any]) -> Handler:
    async def handler(request: Request) -> Response:  # a handler's shape
        return _json(answer)

    return handler


def _json(answer: dict[str, Any]) -> Response:
    return Response(msgspec.json.encode(answer), media_type=_JSON)


def _cached(request: Request, body: bytes, media_type: str, cache: str, etag: str | None = None) -> Response:
    """An answer that may be kept; nothing but its tag when the client has it already."""
    tag = etag or etag_of(body)
    headers = {"etag": tag, "cache-control": cache, "x-content-type-options": "nosniff"}
    known = {candidate.strip().removeprefix("W/") for candidate in request.headers.get("if-none-match", "").split(",")}
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media_type)
