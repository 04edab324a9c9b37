"""`issues/{id}/merge`, `issues/{id}/split` and `issues/bulk`: changes of several issues at once (api.md 3.1)."""

from collections.abc import Callable

import sqlalchemy as sa
from starlette.responses import Response

from mothlight.issues.change import SETTABLE_STATUSES, NewValues, make_change, plan_values
from mothlight.issues.effect import Effect
from mothlight.issues.journal import Author
from mothlight.issues.merge import merge, plan_merge
from mothlight.issues.split import plan_split, split
from mothlight.model.errors import invalid
from mothlight.web.api.calls import ProjectCall
from mothlight.web.api.error_tracking.issues import NO_ISSUE
from mothlight.web.api.issue_bodies import IssueAssignment, IssueBulk, IssueMerge, IssueSplit
from mothlight.web.api.shapes import SplitShape, SuccessShape
from mothlight.web.assignees import read_assignee
from mothlight.web.change import change
from mothlight.web.dry_run import dry_run
from mothlight.web.errors import json_response
from mothlight.web.resolutions import find_resolution
from mothlight.web.values.validate import validate


def merge_issues(call: ProjectCall) -> Response:
    """Let an issue take in others, which are gone then."""
    ids = validate(IssueMerge, call.fields()).ids
    target = call.row_id(NO_ISSUE)
    if call.is_dry_run:
        return json_response(dry_run(call, lambda on, author: (plan_merge(on, author.project_id, target, ids), ())))

    def work(connection: sa.Connection, author: Author) -> bool:
        effect = plan_merge(connection, author.project_id, target, ids)
        if effect is not None:
            merge(connection, author, effect)
        return effect is not None

    return json_response(SuccessShape(change(call, work)))


def split_issue(call: ProjectCall) -> Response:
    """Make an issue of its own of each of some fingerprints."""
    parts = validate(IssueSplit, call.fields()).parts()
    issue_id = call.row_id(NO_ISSUE)
    if call.is_dry_run:
        return json_response(dry_run(call, lambda on, author: (plan_split(on, author, issue_id, parts), ())))
    made = change(
        call,
        lambda connection, author: split(connection, author, plan_split(connection, author, issue_id, parts)),
    )
    return json_response(SplitShape(success=True, new_issue_ids=made))


def change_many(call: ProjectCall) -> Response:
    """Set the status or the assignee of several issues, all or nothing."""
    body = validate(IssueBulk, call.fields())
    values = _values(call, body)
    if call.is_dry_run:
        environment = None if values is None else values.environment
        return json_response(dry_run(call, lambda on, author: (_plan_many(on, author, body, values), ()), environment))
    if values is not None:
        change(call, lambda connection, author: _change_many(connection, author, body, values))
    return json_response(SuccessShape())


def _plan_many(connection: sa.Connection, author: Author, body: IssueBulk, values: NewValues | None) -> Effect | None:
    return None if values is None else plan_values(connection, author, body.ids, values)


def _change_many(connection: sa.Connection, author: Author, body: IssueBulk, values: NewValues) -> None:
    effect = _plan_many(connection, author, body, values)
    if effect is not None:
        make_change(connection, author, effect)


def _values(call: ProjectCall, body: IssueBulk) -> NewValues | None:
    """What the action sets; None for an unknown action, which does nothing."""
    known = ACTIONS.get(body.action) if isinstance(body.action, str) else None
    return None if known is None else known(call, body)


def _status(call: ProjectCall, body: IssueBulk) -> NewValues:
    if body.status not in SETTABLE_STATUSES:
        raise invalid("Invalid status")
    place = body.place()
    resolution = find_resolution(call, body.ids, place.status, place.environment, place.resolved_in)
    return NewValues(status=place.status, environment=place.environment, resolution=resolution)


def _assignee(call: ProjectCall, body: IssueBulk) -> NewValues:
    wanted = validate(IssueAssignment, {"assignee": body.assignee}).assignee
    return NewValues(assignee=read_assignee(call, wanted))


ACTIONS: dict[str, Callable[[ProjectCall, IssueBulk], NewValues]] = {"set_status": _status, "assign": _assignee}
"""To add one: what it sets."""
