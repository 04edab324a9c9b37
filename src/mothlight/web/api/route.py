"""One line of the route table, and how a request passes the guard on its way to the handler."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pydantic import BaseModel
from starlette.responses import Response

from mothlight.model.access import Caller
from mothlight.web.api.budget import KeyBudget
from mothlight.web.api.calls import Incoming, OrganizationCall, ProjectCall, UserCall
from mothlight.web.guard import authenticate, check_scope, enter_organization, enter_project, find_candidate
from mothlight.web.parts import Parts

READ = "error_tracking:read"
WRITE = "error_tracking:write"

Method = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]
Admit = Callable[[Parts, Incoming, KeyBudget | None], Response]
"""Guards a request, then answers it."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter, as the OpenAPI document describes it."""

    name: str
    description: str
    schema: dict[str, Any] = field(default_factory=lambda: {"type": "string"})


PAGE_PARAMETERS = (
    Parameter("limit", "Rows in the answer.", {"type": "integer", "minimum": 1, "default": 100}),
    Parameter("offset", "Rows before the first one.", {"type": "integer", "minimum": 0, "default": 0}),
)


@dataclass(frozen=True, slots=True)
class Shapes:
    """What goes in and out, as the OpenAPI document describes it."""

    answer: Any = None
    """Type of the JSON answer; None: no content."""
    paged: bool = False
    """The answer is a list of these in the envelope of api.md 1.6."""
    body: type[BaseModel] | None = None
    parameters: tuple[Parameter, ...] = ()
    errors: tuple[int, ...] = ()
    """Statuses beyond those of every route."""
    status: int = 200
    """Of the answer, when it has content."""
    others: tuple[tuple[int, Any], ...] = ()
    """Other answers by their status."""


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """What answers a method on a path, and what a key needs for it."""

    method: Method
    path: str
    """From the root, without a slash at the end."""
    scope: str
    admit: Admit
    summary: str
    shapes: Shapes
    takes_file: bool = False
    """The body is a file, which may be large; only a known key may send it."""


def project_route(
    method: Method, path: str, scope: str, handle: Callable[[ProjectCall], Response], shapes: Shapes
) -> ApiRoute:
    """A route whose path has `project_id`."""

    def admit(parts: Parts, incoming: Incoming, budget: KeyBudget | None) -> Response:
        caller = _authenticate(parts, incoming)
        project = enter_project(parts.directory, caller, incoming.path["project_id"])
        check_scope(caller, scope)
        _spend(parts, caller, budget)
        return handle(ProjectCall(parts, incoming, caller, project))

    return ApiRoute(method, path, scope, admit, _summary(handle), shapes)


def tracking_routes(
    method: Method,
    path: str,
    scope: str,
    handle: Callable[[ProjectCall], Response],
    shapes: Shapes,
    *,
    takes_file: bool = False,
) -> list[ApiRoute]:
    """The same route about error tracking under both prefixes (api.md 1.1)."""
    bases = (f"/api/{prefix}/{{project_id}}/error_tracking/{path}" for prefix in ("environments", "projects"))
    routes = (project_route(method, base, scope, handle, shapes) for base in bases)
    return [replace(route, takes_file=takes_file) for route in routes]


def organization_route(
    method: Method, path: str, scope: str, handle: Callable[[OrganizationCall], Response], shapes: Shapes
) -> ApiRoute:
    """A route whose path has `organization_id`."""

    def admit(parts: Parts, incoming: Incoming, budget: KeyBudget | None) -> Response:
        caller = _authenticate(parts, incoming)
        organization = enter_organization(parts.directory, caller, incoming.path["organization_id"])
        check_scope(caller, scope)
        _spend(parts, caller, budget)
        return handle(OrganizationCall(parts, incoming, caller, organization))

    return ApiRoute(method, path, scope, admit, _summary(handle), shapes)


def user_route(
    method: Method, path: str, scope: str, handle: Callable[[UserCall], Response], shapes: Shapes
) -> ApiRoute:
    """A route whose path names neither project nor organization."""

    def admit(parts: Parts, incoming: Incoming, budget: KeyBudget | None) -> Response:
        caller = _authenticate(parts, incoming)
        check_scope(caller, scope)
        _spend(parts, caller, budget)
        return handle(UserCall(parts, incoming, caller))

    return ApiRoute(method, path, scope, admit, _summary(handle), shapes)


def check_key(parts: Parts, incoming: Incoming) -> None:
    """Refuse a request that carries no known key outside of its body."""
    _authenticate(parts, incoming)


def _summary(handle: Callable[..., Response]) -> str:
    return (handle.__doc__ or handle.__name__).strip()


def _authenticate(parts: Parts, incoming: Incoming) -> Caller:
    in_body = incoming.body.find("personal_api_key")
    candidate = find_candidate(incoming.authorization, in_body, incoming.query.get("personal_api_key"))
    return authenticate(parts.directory, candidate)


def _spend(parts: Parts, caller: Caller, budget: KeyBudget | None) -> None:
    if budget is not None:
        budget.spend(str(caller.key_id), parts.clock())
