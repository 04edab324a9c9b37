"""`query/histogram`: events over time, with the releases that began."""

from starlette.responses import Response

from mothlight.queries.answers import histogram
from mothlight.web.api.calls import ProjectCall
from mothlight.web.errors import json_response
from mothlight.web.values.inspections import QueryHistogram
from mothlight.web.values.validate import validate


def query_histogram(call: ProjectCall) -> Response:
    """Count events over time, and tell which releases began. An unknown issue is answered 404 without a body."""
    question = validate(QueryHistogram, call.fields()).question()
    parts = call.parts
    found = histogram.answer(question, parts.events, parts.database, call.project.id, parts.clock())
    return Response(status_code=404) if found is None else json_response(found)
