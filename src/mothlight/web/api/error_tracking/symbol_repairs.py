"""`symbol_sets/{id}/repairs` and `symbol_sets/missing`: what late symbols did to the past, and what still waits."""

from uuid import UUID

import msgspec
from starlette.responses import Response

from mothlight.model.errors import not_found
from mothlight.queries.answers.awaited_symbols import Awaited, find_awaited
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import symbol_repairs as repository
from mothlight.storage.metadata.repositories import symbol_sets
from mothlight.storage.metadata.repositories.symbol_repairs import Consequences, Repair
from mothlight.symbols.remedies import remedy_for
from mothlight.web.api.calls import ProjectCall
from mothlight.web.api.shapes import Moment
from mothlight.web.errors import json_response

MOST_REPAIRS = 100


class RepairShape(msgspec.Struct, frozen=True):
    """What one file did to what was stored before it; grows while it runs."""

    id: UUID
    created_at: Moment
    status: str
    stacks: int
    events: int
    frames_resolved: int
    issues_changed: int
    issues_merged: int
    changes: list[UUID]
    stacks_total: int | None
    finished_at: Moment | None
    failure_reason: str | None


class Repairs(msgspec.Struct, frozen=True):
    """The newest repairs of a set, newest first."""

    results: list[RepairShape]


class MissingShape(msgspec.Struct, frozen=True):
    """A reference that events wait for, and that no symbol set has."""

    ref: str
    events: int
    issues: int
    stacks: int
    last_seen: Moment
    functions: list[str]
    reason: str
    remedy: str


def list_repairs(call: ProjectCall) -> Response:
    """What the files of a set repaired, also while it is being done."""
    set_id = call.row_id()
    with reading(call.parts.database) as connection:
        if set_id not in symbol_sets.sets_by_id(connection, call.project.id, [set_id]):
            raise not_found()
        repairs = repository.list_repairs(connection, call.project.id, MOST_REPAIRS, 0, set_id)
        done = repository.consequences(connection, [each.id for each in repairs])
    return json_response(Repairs([_shape(each, done.get(each.id, Consequences())) for each in repairs]))


def list_missing(call: ProjectCall) -> Response:
    """References that events waited for in vain, those with most events first."""
    page = call.page()
    awaited = find_awaited(call.parts.events, call.parts.database, call.project.id)
    missing = [_missing(each) for each in awaited if each.is_missing]
    return call.answer_page(page, len(missing), missing[page.offset : page.offset + page.limit])


def _shape(repair: Repair, done: Consequences) -> RepairShape:
    return RepairShape(
        id=repair.id,
        created_at=repair.created_at,
        status=repair.status,
        stacks=repair.stacks,
        events=repair.events,
        frames_resolved=repair.frames_resolved,
        issues_changed=done.issues_changed,
        issues_merged=done.issues_merged,
        changes=list(done.changes),
        stacks_total=repair.stacks_total,
        finished_at=repair.finished_at,
        failure_reason=repair.failure,
    )


def _missing(awaited: Awaited) -> MissingShape:
    first = awaited.frames[0] if awaited.frames else None
    lang, failure = ("", None) if first is None else (first.lang, first.resolve_failure)
    told = remedy_for(awaited.ref, lang, is_there=False, failure=failure)
    return MissingShape(
        ref=awaited.ref,
        events=awaited.events,
        issues=awaited.issues,
        stacks=awaited.stacks,
        last_seen=awaited.last_seen,
        functions=[frame.mangled_name for frame in awaited.frames],
        reason=told.reason,
        remedy=told.remedy,
    )
