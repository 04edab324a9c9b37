"""`query/issue_events`: events of one issue (api.md 2.3)."""

import msgspec
from msgspec import UNSET, UnsetType
from starlette.responses import Response

from mothlight.queries.answers import issue_events
from mothlight.queries.answers.issue_events import SampledEvent
from mothlight.web.api.calls import ProjectCall
from mothlight.web.errors import json_response
from mothlight.web.values.questions import QueryIssueEvents
from mothlight.web.values.validate import validate


class EventListAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """A page of events. `nextOffset` is there only when more follow."""

    results: list[SampledEvent]
    has_more: bool
    limit: int
    offset: int
    next_offset: int | UnsetType = UNSET


def query_issue_events(call: ProjectCall) -> Response:
    """Show events of one issue. An unknown issue is answered 404 without a body."""
    asked = validate(QueryIssueEvents, call.fields())
    parts = call.parts
    page = issue_events.answer(asked.question(), parts.events, parts.database, call.project.id, parts.clock())
    if page is None:
        return Response(status_code=404)
    return json_response(
        EventListAnswer(
            results=page.results,
            has_more=page.has_more,
            limit=asked.limit,
            offset=asked.offset,
            next_offset=asked.offset + asked.limit if page.has_more else UNSET,
        )
    )
