"""`query/grouping`: why the events of an issue are together."""

from starlette.responses import Response

from mothlight.queries.answers import issue_grouping
from mothlight.web.api.calls import ProjectCall
from mothlight.web.errors import json_response
from mothlight.web.values.inspections import QueryGrouping
from mothlight.web.values.validate import validate


def query_grouping(call: ProjectCall) -> Response:
    """Show the fingerprints of an issue, and what each was made of. An unknown issue is answered 404 without a body."""
    question = validate(QueryGrouping, call.fields()).question()
    parts = call.parts
    found = issue_grouping.answer(question, parts.events, parts.database, call.project.id, parts.clock())
    return Response(status_code=404) if found is None else json_response(found)
