"""`query/issue_event`: one event whole, and its neighbours."""

from starlette.responses import Response

from mothlight.queries.answers import issue_event
from mothlight.web.api.calls import ProjectCall
from mothlight.web.errors import json_response
from mothlight.web.values.inspections import QueryIssueEvent
from mothlight.web.values.validate import validate


def query_issue_event(call: ProjectCall) -> Response:
    """Show one event of an issue whole, and its neighbours."""
    question = validate(QueryIssueEvent, call.fields()).question()
    parts = call.parts
    found = issue_event.answer(question, parts.events, parts.database, call.project.id, parts.clock())
    return Response(status_code=404) if found is None else json_response(found)
