"""Serves one path of the pages: reads the request, makes the page in a thread, and answers whatever happens."""

from collections.abc import Mapping, Sequence

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mothlight.model.errors import Refused, Unavailable
from mothlight.web.pages.calls import PageCall
from mothlight.web.pages.compress import SMALLEST, best_encoding, compress
from mothlight.web.pages.headers import page_headers
from mothlight.web.pages.incoming import Incoming, read_incoming
from mothlight.web.pages.page import Page, as_user
from mothlight.web.pages.problem.page import show_problem
from mothlight.web.pages.service import MOST_WAITING, PageService
from mothlight.web.pages.visit import at_the_door, read_visit


class PageEndpoint:
    """An ASGI application for one path with all its methods. Without any it answers that nothing is there."""

    def __init__(self, service: PageService, pages: Sequence[Page] = ()) -> None:
        self._service = service
        self._pages: Mapping[str, Page] = {page.method: page for page in pages}
        self._allowed = ", ".join(sorted({*self._pages, *(("HEAD",) if "GET" in self._pages else ())}))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        incoming, problem = await read_incoming(Request(scope, receive), self._service.address)
        limiter = self._service.limiter
        if limiter.statistics().tasks_waiting >= MOST_WAITING:
            # Waiting for a thread to say so would be what it is about.
            response = self._finish(incoming, self._fail(incoming, Unavailable("Too many people wait for a page.")))
        else:
            response = await anyio.to_thread.run_sync(self._make, incoming, problem, limiter=limiter)
        await response(scope, receive, send)

    def _make(self, incoming: Incoming, problem: Refused | None) -> Response:
        """The answer, with all its headers. Blocks."""
        try:
            if problem is not None:
                raise problem
            response = self._show(incoming)
        except Exception as found:  # noqa: BLE001 - this is where every failure becomes a page; defects are logged
            response = self._fail(incoming, found)
        return self._finish(incoming, response)

    def _show(self, incoming: Incoming) -> Response:
        visit = read_visit(incoming, self._service.parts.database, self._service.parts.clock())
        page = self._pages.get(incoming.method)
        call = PageCall(self._service, incoming, visit, None if page is None else page.section)
        try:
            if page is None:
                raise self._missing(incoming)
            return page.admit(call)
        except Refused as problem:
            return show_problem(as_user(call) or call, problem, self._allowed)

    def _missing(self, incoming: Incoming) -> Refused:
        if not self._pages:
            return Refused(404, "invalid_request", "not_found", "There is no such page.")
        return Refused(405, "invalid_request", "method_not_allowed", f"This address does not take {incoming.method}.")

    def _fail(self, incoming: Incoming, problem: Exception) -> Response:
        return show_problem(PageCall(self._service, incoming, at_the_door(incoming), None), problem, self._allowed)

    def _finish(self, incoming: Incoming, response: Response) -> Response:
        for name, value in page_headers(incoming.prefix).items():
            response.headers.setdefault(name, value)
        encoding = best_encoding(incoming.headers.get("accept-encoding", ""))
        if encoding is not None and len(response.body) >= SMALLEST:
            response.body = compress(bytes(response.body), encoding)
            response.headers["Content-Encoding"] = encoding
            response.headers["Content-Length"] = str(len(response.body))
        return response
