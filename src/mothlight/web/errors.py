"""Errors become answers here and nowhere else: four keys, `type`, `code`, `detail` and `attr` (api.md 1.5).

What a part raises (`model.errors`) decides the answer; anything else is a defect, logged with its trace and
answered 500.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mothlight.model.errors import Refused, Unavailable

log = structlog.get_logger(__name__)

Handler = Callable[[Request, Exception], Awaitable[Response]]


class ErrorBody(msgspec.Struct, frozen=True):
    """What every error answer holds."""

    type: str
    code: str
    detail: str
    attr: str | None = None


class Forbidden(Refused):
    """A 403 of api.md 1.4: the caller is known and may not."""

    def __init__(self, detail: str) -> None:
        super().__init__(403, "authentication_error", "permission_denied", detail)


class Unauthenticated(Refused):
    """A 401: nobody, or a key that does not exist."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(401, "authentication_error", code, detail)


class Throttled(Exception):
    """A key used up its budget (api.md 1.8); `seconds` until the next request would pass."""

    def __init__(self, seconds: int) -> None:
        unit = "second" if seconds == 1 else "seconds"
        super().__init__(f"Request was throttled. Expected available in {seconds} {unit}.")
        self.seconds = seconds


def json_response(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Any value that `msgspec` encodes, as a JSON answer."""
    return Response(msgspec.json.encode(content), status, headers, media_type="application/json")


def error_response(status: int, body: ErrorBody, headers: Mapping[str, str] | None = None) -> Response:
    """An error in the standard shape."""
    return json_response(body, status, headers)


def method_not_allowed(method: str, allowed: str) -> Response:
    """A 405 that names what is allowed."""
    body = ErrorBody("invalid_request", "method_not_allowed", f'Method "{method}" not allowed.')
    return error_response(405, body, {"Allow": allowed})


def answer_problem(problem: Exception, path: str) -> Response:
    """The answer for whatever was raised while a request was served. A defect is logged with its trace."""
    match problem:
        case Refused():
            return _refused(problem)
        case Unavailable():
            log.warning("request_unavailable", path=path, reason=problem.reason)
            body = ErrorBody("server_error", "unavailable", problem.detail)
            return error_response(503, body, {"Retry-After": str(problem.retry_after)})
        case Throttled():
            body = ErrorBody("throttled_error", "throttled", str(problem))
            return error_response(429, body, {"Retry-After": str(problem.seconds)})
        case _:
            log.error("request_failed", path=path, exc_info=problem)
            return error_response(500, ErrorBody("server_error", "error", "A server error occurred."))


def exception_handlers() -> dict[int | type[Exception], Handler]:
    """For the application: what the router and the routes of other parts raise, in the same shape."""
    handlers: dict[int | type[Exception], Handler] = {HTTPException: _answer_http}
    return handlers | dict.fromkeys((Refused, Unavailable, Throttled, Exception), _answer)


def _refused(problem: Refused) -> Response:
    headers = {"WWW-Authenticate": "Bearer"} if problem.status == 401 else None
    return error_response(problem.status, ErrorBody(problem.type, problem.code, problem.detail, problem.attr), headers)


async def _answer(request: Request, problem: Exception) -> Response:
    return answer_problem(problem, request.url.path)


async def _answer_http(request: Request, problem: Exception) -> Response:
    if not isinstance(problem, HTTPException):
        return answer_problem(problem, request.url.path)
    headers = dict(problem.headers or {})
    if problem.status_code == 404:
        return error_response(404, ErrorBody("invalid_request", "not_found", "Not found."), headers)
    if problem.status_code == 405:
        return method_not_allowed(request.method, headers.get("Allow", ""))
    return error_response(problem.status_code, ErrorBody("invalid_request", "error", str(problem.detail)), headers)
