"""`query/similar_issues`: issues that share frames or types with one."""

from starlette.responses import Response

from mothlight.queries.answers import similar_issues
from mothlight.web.api.calls import ProjectCall
from mothlight.web.errors import json_response
from mothlight.web.values.inspections import QuerySimilarIssues
from mothlight.web.values.validate import validate


def query_similar_issues(call: ProjectCall) -> Response:
    """List issues that share stacks, frames or types with one. An unknown issue is answered 404 without a body."""
    question = validate(QuerySimilarIssues, call.fields()).question()
    parts = call.parts
    found = similar_issues.answer(question, parts.events, parts.database, call.project.id, parts.clock())
    return Response(status_code=404) if found is None else json_response(found)
