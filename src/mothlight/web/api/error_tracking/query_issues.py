"""`query/issues`: which issues had matching events, with figures (api.md 2.1)."""

import msgspec
from msgspec import UNSET, UnsetType
from starlette.responses import Response

from mothlight.queries.answers import issue_list
from mothlight.queries.answers.issue_list import ListedIssue
from mothlight.web.api.calls import ProjectCall
from mothlight.web.errors import json_response
from mothlight.web.values.questions import QueryIssues
from mothlight.web.values.validate import validate


class IssueListAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """A page of issues. `nextOffset` is there only when more follow."""

    results: list[ListedIssue]
    has_more: bool
    limit: int
    offset: int
    next_offset: int | UnsetType = UNSET


def query_issues(call: ProjectCall) -> Response:
    """List issues by their events."""
    asked = validate(QueryIssues, call.fields())
    parts = call.parts
    page = issue_list.answer(asked.question(), parts.events, parts.database, call.project.id, parts.clock())
    return json_response(
        IssueListAnswer(
            results=page.results,
            has_more=page.has_more,
            limit=asked.limit,
            offset=asked.offset,
            next_offset=asked.offset + asked.limit if page.has_more else UNSET,
        )
    )
