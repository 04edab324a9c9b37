"""`query/issue`: one issue with its figures (api.md 2.2)."""

from starlette.responses import Response

from mothlight.queries.answers import issue_detail
from mothlight.web.api.calls import ProjectCall
from mothlight.web.errors import json_response
from mothlight.web.values.questions import QueryIssue
from mothlight.web.values.validate import validate


def query_issue(call: ProjectCall) -> Response:
    """Show one issue. An unknown one is answered 404 without a body."""
    question = validate(QueryIssue, call.fields()).question()
    parts = call.parts
    found = issue_detail.answer(question, parts.events, parts.database, call.project.id, parts.clock())
    return Response(status_code=404) if found is None else json_response(found)
