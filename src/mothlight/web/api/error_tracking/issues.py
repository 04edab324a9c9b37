"""`issues/…`: one issue, and what is asked about all (api.md 3.1, 4)."""

from collections.abc import Collection
from uuid import UUID

import msgspec
import sqlalchemy as sa
from starlette.responses import Response

from mothlight.issues.change import NewValues, change_issue
from mothlight.issues.survivor import find_survivor
from mothlight.model.errors import invalid, not_found
from mothlight.queries.answers import issue_values
from mothlight.queries.questions import IssueValues
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import fingerprints
from mothlight.storage.metadata.repositories import issues as repository
from mothlight.storage.metadata.repositories.issues import StoredIssue
from mothlight.web.api.calls import ProjectCall
from mothlight.web.api.error_tracking.issue_environments import environments_of
from mothlight.web.api.issue_bodies import CohortLink, IssueAssignment, IssueChange
from mothlight.web.api.shapes import IssueShape, OwnerShape, SuccessShape
from mothlight.web.assignees import read_assignee
from mothlight.web.change import change
from mothlight.web.errors import ErrorBody, error_response, json_response
from mothlight.web.resolutions import find_resolution
from mothlight.web.values.validate import validate

NO_ISSUE = "Issue not found"
MERGED_INTO = "X-Merged-Into"


class ExistsAnswer(msgspec.Struct, frozen=True):
    """Whether the project has any issue."""

    exists: bool


class ValueShape(msgspec.Struct, frozen=True):
    """A value, whatever it is a value of."""

    name: str


class ValuesAnswer(msgspec.Struct, frozen=True):
    """Values for completing a filter."""

    results: list[ValueShape]
    refreshing: bool = False


def exists(call: ProjectCall) -> Response:
    """Tell whether the project has any issue, of any status."""
    return json_response(ExistsAnswer(issue_values.issues_exist(call.parts.database, call.project.id)))


def values(call: ProjectCall) -> Response:
    """Complete names, descriptions or severities of issues."""
    question = IssueValues(key=call.query.get("key"), value=call.query.get("value", ""))
    found = issue_values.answer(question, call.parts.events, call.project.id)
    return json_response(ValuesAnswer([ValueShape(value) for value in found]))


def list_issues(call: ProjectCall) -> Response:
    """Issues, newest created first."""
    page = call.page()
    with reading(call.parts.database) as connection:
        count = repository.count_issues(connection, call.project.id)
        found = repository.list_issues(connection, call.project.id, page.limit, page.offset)
        return call.answer_page(page, count, _shapes(connection, call, found))


def get_issue(call: ProjectCall) -> Response:
    """One issue; with `fingerprint`, the id of that one's owner where it is another."""
    if owner := _find_other_owner(call):
        return json_response(OwnerShape(owner), 308)
    issue_id = call.row_id(NO_ISSUE)
    with reading(call.parts.database) as connection:
        found = repository.load_issues(connection, call.project.id, [issue_id])
        if not found:
            return _gone(connection, call.project.id, issue_id)
        return json_response(_shapes(connection, call, found.values())[0])


def patch_issue(call: ProjectCall) -> Response:
    """Change status, name or description."""
    body = validate(IssueChange, call.fields())
    issue_id = call.row_id(NO_ISSUE)
    values = body.values(find_resolution(call, [issue_id], body.status, body.environment, body.resolved_in))
    change(call, lambda connection, author: change_issue(connection, author, issue_id, values))
    with reading(call.parts.database) as connection:
        found = repository.load_issues(connection, call.project.id, [issue_id])
        if not found:
            raise not_found(NO_ISSUE)
        return json_response(_shapes(connection, call, found.values())[0])


def assign(call: ProjectCall) -> Response:
    """Give an issue to somebody, or to nobody."""
    wanted = validate(IssueAssignment, call.fields()).assignee
    values = NewValues(assignee=read_assignee(call, wanted))
    issue_id = call.row_id(NO_ISSUE)
    change(call, lambda connection, author: change_issue(connection, author, issue_id, values))
    return json_response(SuccessShape())


def link_cohort(call: ProjectCall) -> Response:
    """Link a cohort; there are none, so every id is unknown."""
    if validate(CohortLink, call.fields()).cohort_id is None:
        raise invalid("Please provide a cohort id")
    issue_id = call.row_id(NO_ISSUE)
    with reading(call.parts.database) as connection:
        is_known = bool(repository.load_issues(connection, call.project.id, [issue_id]))
    raise not_found("Cohort not found" if is_known else NO_ISSUE)


def _find_other_owner(call: ProjectCall) -> UUID | None:
    fingerprint = call.query.get("fingerprint")
    # No fingerprint holds a null character, and one database would not take it as a value.
    if not fingerprint or "\0" in fingerprint:
        return None
    with reading(call.parts.database) as connection:
        owner = fingerprints.find_fingerprint_owner(connection, call.project.id, fingerprint)
    try:
        is_same = owner == UUID(call.incoming.path["id"])
    except ValueError:
        is_same = False
    return None if is_same else owner


def _gone(connection: sa.Connection, project_id: int, issue_id: UUID) -> Response:
    """The 404, which says where an issue went that was merged away."""
    survivor = find_survivor(connection, project_id, issue_id)
    headers = {} if survivor is None else {MERGED_INTO: str(survivor)}
    return error_response(404, ErrorBody("invalid_request", "not_found", NO_ISSUE), headers)


def _shapes(connection: sa.Connection, call: ProjectCall, issues: Collection[StoredIssue]) -> list[IssueShape]:
    first_seen = repository.find_first_seen(connection, call.project.id, [issue.id for issue in issues])
    environments = environments_of(connection, call, issues)
    return [IssueShape.of(issue, first_seen.get(issue.id), environments.get(issue.id, [])) for issue in issues]
