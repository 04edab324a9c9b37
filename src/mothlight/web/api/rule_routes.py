"""Routes for rules: the lines of `routes.ROUTES` for api.md 3.6, the same for every kind.

To add one: a handler in `error_tracking.rules`, and a line here.
"""

from collections.abc import Iterator

from mothlight.queries.rules import preview
from mothlight.rules.kinds import GROUPING, KINDS, Kind
from mothlight.web.api.error_tracking.rules import RuleHandlers
from mothlight.web.api.route import PAGE_PARAMETERS, READ, WRITE, ApiRoute, Shapes, tracking_routes
from mothlight.web.api.rule_shapes import SHAPES, ApplicationShape, ApplicationsShape, GroupingRulesShape
from mothlight.web.values.rules import CHANGED, NEW, Reorder, RuleRange, RuleTrial


def _routes_of(kind: Kind) -> Iterator[ApiRoute]:
    handlers, path = RuleHandlers(kind), f"{kind.name}_rules"
    shape = SHAPES[kind.name]
    listed = (
        Shapes(answer=GroupingRulesShape)
        if kind is GROUPING
        else Shapes(answer=shape, paged=True, parameters=PAGE_PARAMETERS)
    )
    changed = Shapes(body=CHANGED[kind.name], errors=(400,))
    yield from tracking_routes("GET", path, READ, handlers.list_all, listed)
    yield from tracking_routes(
        "POST", path, WRITE, handlers.create, Shapes(body=NEW[kind.name], answer=shape, status=201, errors=(400,))
    )
    yield from tracking_routes("PATCH", f"{path}/reorder", WRITE, handlers.reorder, Shapes(body=Reorder, errors=(400,)))
    yield from tracking_routes(
        "POST",
        f"{path}/preview",
        READ,
        handlers.preview,
        Shapes(body=RuleTrial, answer=preview.Preview, errors=(400,)),
    )
    yield from tracking_routes(
        "POST",
        f"{path}/{{id}}/apply",
        WRITE,
        handlers.apply,
        Shapes(body=RuleRange, answer=ApplicationShape, status=201, errors=(400,)),
    )
    yield from tracking_routes(
        "GET", f"{path}/{{id}}/apply", READ, handlers.applications, Shapes(answer=ApplicationsShape)
    )
    yield from tracking_routes("GET", f"{path}/{{id}}", READ, handlers.get, Shapes(answer=shape))
    yield from tracking_routes("PATCH", f"{path}/{{id}}", WRITE, handlers.update, changed)
    yield from tracking_routes("PUT", f"{path}/{{id}}", WRITE, handlers.update, changed)
    yield from tracking_routes("DELETE", f"{path}/{{id}}", WRITE, handlers.remove, Shapes())


RULE_ROUTES: tuple[ApiRoute, ...] = tuple(route for kind in KINDS.values() for route in _routes_of(kind))
