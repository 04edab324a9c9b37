"""Serves one path: picks the route of the method, reads the body, and answers in a thread.

Handlers are plain functions that may block; how many run at once, and how many may wait, is bounded.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mothlight.model.errors import Unavailable
from mothlight.web.address import PublicAddress
from mothlight.web.api.body import Body, read_body
from mothlight.web.api.budget import KeyBudget
from mothlight.web.api.calls import Incoming
from mothlight.web.api.route import ApiRoute, check_key
from mothlight.web.errors import answer_problem, method_not_allowed
from mothlight.web.files import is_sent_as_form, receive_file
from mothlight.web.parts import Parts

AT_ONCE = 16
"""Requests that are answered at the same time. More would only wait inside the databases."""
MOST_WAITING = 256
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

Observe = Callable[[str, str, int, float], None]
"""Told the method, the route's path, the status and the seconds of each request."""


@dataclass(frozen=True, slots=True)
class Service:
    """What all endpoints share."""

    parts: Parts
    address: PublicAddress
    limiter: anyio.CapacityLimiter
    observe: Observe
    budget: KeyBudget | None = None


class Endpoint:
    """An ASGI application for one path with all its methods."""

    def __init__(self, service: Service, routes: Sequence[ApiRoute]) -> None:
        self._service = service
        self._path = routes[0].path
        self._routes: Mapping[str, ApiRoute] = {route.method: route for route in routes}
        self._allowed = ", ".join(_allowed(self._routes))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens."""
        started = time.perf_counter()
        request = Request(scope, receive)
        response = await self._answer(request)
        # A client can make methods up; figures are kept by those that exist only.
        method = request.method if request.method in METHODS else "OTHER"
        self._service.observe(method, self._path, response.status_code, time.perf_counter() - started)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": self._allowed})
        route = self._routes.get("GET" if request.method == "HEAD" else request.method)
        if route is None:
            return method_not_allowed(request.method, self._allowed)
        try:
            if route.takes_file:
                return await self._take_file(route, request)
            return await self._run(route, self._incoming(request, await read_body(request)))
        except Exception as problem:  # noqa: BLE001 - this is where every failure becomes an answer; defects are logged
            return answer_problem(problem, self._path)

    async def _take_file(self, route: ApiRoute, request: Request) -> Response:
        incoming = self._incoming(request, Body({}))
        # What may be large is not even read from somebody without a key.
        await anyio.to_thread.run_sync(check_key, self._service.parts, incoming, limiter=self._service.limiter)
        async with receive_file(request, is_form=is_sent_as_form(request)) as file:
            return await self._run(route, replace(incoming, file=file))

    def _incoming(self, request: Request, body: Body) -> Incoming:
        base = self._service.address.of(request)
        return Incoming(
            base=base,
            address=base + quote(request.scope["path"], safe="/@"),
            authorization=request.headers.get("authorization"),
            path=request.path_params,
            query=request.query_params,
            body=body,
        )

    async def _run(self, route: ApiRoute, incoming: Incoming) -> Response:
        limiter = self._service.limiter
        if limiter.statistics().tasks_waiting >= MOST_WAITING:
            raise Unavailable("Too many requests are waiting for an answer.")
        service = self._service
        return await anyio.to_thread.run_sync(route.admit, service.parts, incoming, service.budget, limiter=limiter)


def _allowed(routes: Mapping[str, ApiRoute]) -> list[str]:
    return sorted({*routes, "OPTIONS", *(("HEAD",) if "GET" in routes else ())})
