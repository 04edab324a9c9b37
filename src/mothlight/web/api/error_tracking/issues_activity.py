"""`issues/activity`, `issues/{id}/activity`: what people did, newest first (api.md 3.1), from the change journal."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid5

import msgspec
import sqlalchemy as sa
from starlette.responses import Response

from mothlight.issues.effect import ENVIRONMENT, MERGED, SPLIT, STATUS, Effect, is_state, read_effect
from mothlight.model.access import User
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import access, changes, issues
from mothlight.storage.metadata.repositories.changes import ActivityRow
from mothlight.web.api.calls import ProjectCall
from mothlight.web.api.paging import LARGEST, read_positive
from mothlight.web.api.shapes import Moment
from mothlight.web.errors import json_response

SCOPE = "ErrorTrackingIssue"
DEFAULT_LIMIT = 10


class ActivityUser(msgspec.Struct, frozen=True):
    """Who did it."""

    first_name: str
    email: str


class ActivityChange(msgspec.Struct, frozen=True):
    """One thing that is other than before."""

    action: str
    field: str
    before: Any
    after: Any
    type: str = SCOPE


class ActivityDetail(msgspec.Struct, frozen=True):
    """What was done."""

    name: str | None
    changes: list[ActivityChange]
    short_id: None = None
    trigger: None = None
    type: None = None


class ActivityShape(msgspec.Struct, frozen=True):
    """One line of an issue's history."""

    id: UUID
    activity: str
    item_id: UUID
    user: ActivityUser | None
    created_at: Moment
    detail: ActivityDetail
    scope: str = SCOPE


class ActivityPage(msgspec.Struct, frozen=True):
    """Some lines, and where the others are."""

    results: list[ActivityShape]
    next: str | None
    previous: str | None
    total_count: int


def project_activity(call: ProjectCall) -> Response:
    """The history of all issues."""
    with reading(call.parts.database) as connection:
        return _answer(connection, call, None)


def issue_activity(call: ProjectCall) -> Response:
    """The history of one issue."""
    try:
        issue_id = UUID(call.incoming.path["id"])
    except ValueError:
        return Response(status_code=404)
    with reading(call.parts.database) as connection:
        if not issues.load_issues(connection, call.project.id, [issue_id]):
            return Response(status_code=404)
        return _answer(connection, call, issue_id)


def _answer(connection: sa.Connection, call: ProjectCall, issue_id: UUID | None) -> Response:
    limit = read_positive(call.query.get("limit")) or DEFAULT_LIMIT
    page = read_positive(call.query.get("page")) or 1
    total = changes.count_activity(connection, call.project.id, issue_id)
    offset = min((page - 1) * limit, LARGEST)
    rows = changes.list_activity(connection, call.project.id, issue_id, limit, offset)
    has_more = offset + limit < total
    answer = ActivityPage(
        results=_shapes(connection, call.project.id, rows),
        next=_link(call, limit, page + 1) if has_more else None,
        previous=_link(call, limit, page - 1) if page > 1 else None,
        total_count=total,
    )
    return json_response(answer)


def _link(call: ProjectCall, limit: int, page: int) -> str:
    others = [pair for pair in call.query.multi_items() if pair[0] not in ("limit", "page")]
    pairs = sorted([*others, ("limit", str(limit)), ("page", str(page))], key=lambda pair: pair[0])
    return f"{call.incoming.address}?{urlencode(pairs)}"


def _shapes(connection: sa.Connection, project_id: int, rows: Sequence[ActivityRow]) -> list[ActivityShape]:
    users = access.find_users(connection, {int(row.entry.actor.id) for row in rows if row.entry.actor.id is not None})
    present = issues.load_issues(connection, project_id, {row.issue_id for row in rows})
    names = {issue.id: issue.name for issue in present.values()}
    return [_shape(row, names, users) for row in rows]


def _shape(row: ActivityRow, names: Mapping[UUID, str | None], users: Mapping[int, User]) -> ActivityShape:
    entry = row.entry
    user = users.get(int(entry.actor.id)) if entry.actor.id is not None else None
    return ActivityShape(
        # An entry about several issues has several lines, and each needs an id of its own.
        id=entry.id if len(entry.issue_ids) == 1 else uuid5(entry.id, str(row.issue_id)),
        activity=row.activity,
        item_id=row.issue_id,
        user=None if user is None else ActivityUser(user.first_name, user.email),
        created_at=entry.created_at,
        detail=ActivityDetail(names.get(row.issue_id), _changes(read_effect(entry), row)),
    )


def _changes(effect: Effect, row: ActivityRow) -> list[ActivityChange]:
    before, after = effect.before[row.issue_id] or {}, effect.after[row.issue_id] or {}
    # In the contract's words; which environment a status changed in is ours, and the state of all others says nothing.
    fields = [ActivityChange("changed", name, before[name], after[name]) for name in before if not is_state(name)]
    fields += [
        ActivityChange(
            "changed", f"status:{name.removeprefix(ENVIRONMENT)}", _status(before[name]), _status(after[name])
        )
        for name in before
        if name.startswith(ENVIRONMENT) and STATUS not in before
    ]
    if row.activity == MERGED:
        sources = [str(issue) for issue in effect.removed]
        return [ActivityChange("merged", "issues", sources, str(row.issue_id)), *fields]
    if row.activity == SPLIT:
        made = [str(issue) for issue in effect.made]
        return [ActivityChange("split", "issues", str(row.issue_id), made), *fields]
    return fields


def _status(state: Mapping[str, Any] | None) -> str | None:
    return None if state is None else state["status"]
