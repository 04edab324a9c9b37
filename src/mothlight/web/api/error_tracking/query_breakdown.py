"""`query/breakdown`: which values properties have in some events."""

from starlette.responses import Response

from mothlight.queries.answers import breakdown
from mothlight.web.api.calls import ProjectCall
from mothlight.web.errors import json_response
from mothlight.web.values.inspections import QueryBreakdown
from mothlight.web.values.validate import validate


def query_breakdown(call: ProjectCall) -> Response:
    """Count the values of properties. An unknown issue is answered 404 without a body."""
    question = validate(QueryBreakdown, call.fields()).question()
    parts = call.parts
    found = breakdown.answer(question, parts.events, parts.database, call.project.id, parts.clock())
    return Response(status_code=404) if found is None else json_response(found)
