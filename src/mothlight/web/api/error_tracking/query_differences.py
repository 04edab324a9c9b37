"""`query/differences`: what sets the events of an issue apart."""

from starlette.responses import Response

from mothlight.queries.answers import differences
from mothlight.web.api.calls import ProjectCall
from mothlight.web.errors import json_response
from mothlight.web.values.inspections import QueryDifferences
from mothlight.web.values.validate import validate


def query_differences(call: ProjectCall) -> Response:
    """Show what sets the events of an issue apart from other exceptions."""
    question = validate(QueryDifferences, call.fields()).question()
    parts = call.parts
    found = differences.answer(question, parts.events, parts.database, call.project.id, parts.clock())
    return Response(status_code=404) if found is None else json_response(found)
