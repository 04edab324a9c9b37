"""`changes/…`: the change journal, and taking changes back (`docs/change-journal.md`)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from pydantic import BaseModel
from starlette.responses import Response

from mothlight.filters.moments import absolute_moment, relative_moment
from mothlight.issues import journal
from mothlight.issues.applied_rules import is_taken_back
from mothlight.issues.conflicts import Left
from mothlight.issues.effect import Effect
from mothlight.issues.summary import named_in, summarise
from mothlight.issues.undo import ChangedSince, UndoPlan
from mothlight.model.access import User
from mothlight.model.errors import invalid, not_found
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import access, issues
from mothlight.storage.metadata.repositories import changes as repository
from mothlight.storage.metadata.repositories.changes import Entry, EntryFilter
from mothlight.web.api.calls import ProjectCall
from mothlight.web.api.shapes import Moment
from mothlight.web.dry_run import LeftShape, dry_run
from mothlight.web.errors import json_response
from mothlight.web.people import people_of
from mothlight.web.taking_back import plan_back, take_back
from mothlight.web.values.fields import Flag
from mothlight.web.values.validate import validate

MOST_COUNTED = 10_000
"""Up to here `count` is exact; beyond, it says that there are more as long as there are."""


class ActorShape(msgspec.Struct, frozen=True):
    """Who did it; of the pipeline only the type is known."""

    type: str
    id: int | None = None
    email: str | None = None
    first_name: str | None = None
    key_id: UUID | None = None


class ChangeShape(msgspec.Struct, frozen=True):
    """An entry of the change journal."""

    id: UUID
    kind: str
    issue_ids: list[UUID]
    actor: ActorShape
    created_at: Moment
    summary: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    undoable: bool
    undone_by: UUID | None
    undoes: UUID | None


class UndoneShape(ChangeShape, frozen=True, kw_only=True):
    """The entry of an undo, with what it left."""

    left: list[LeftShape]


class ConflictShape(msgspec.Struct, frozen=True):
    """Later changes that stand in the way of an undo, oldest first."""

    type: str
    code: str
    detail: str
    attr: str | None
    changes: list[UUID]


class Undo(BaseModel):
    """How to take a change back."""

    force: Flag = False


def list_changes(call: ProjectCall) -> Response:
    """Entries of the change journal, newest first."""
    wanted = _read_filter(call.query, call.parts.clock())
    page = call.page()
    with reading(call.parts.database) as connection:
        counted = repository.count_entries(connection, call.project.id, wanted, MOST_COUNTED)
        found = repository.list_entries(connection, call.project.id, wanted, page.limit + 1, page.offset)
        count = max(counted, page.offset + len(found)) if found else counted
        return call.answer_page(page, count, _shapes(connection, call, found[: page.limit]))


def get_change(call: ProjectCall) -> Response:
    """One entry of the change journal."""
    with reading(call.parts.database) as connection:
        return json_response(_shape_of(connection, call, call.row_id()))


def undo_change(call: ProjectCall) -> Response:
    """Take a change back, all or nothing; with `force`, as far as later changes allow."""
    force = validate(Undo, call.fields()).force
    entry_id = call.row_id()
    try:
        if call.is_dry_run:
            return json_response(
                dry_run(call, lambda on, author: _planned(plan_back(call, on, author, entry_id, force=force)))
            )
        new_id, plan = take_back(call, entry_id, force=force)
    except ChangedSince as conflict:
        body = ConflictShape(conflict.type, conflict.code, conflict.detail, conflict.attr, conflict.changes)
        return json_response(body, conflict.status)
    with reading(call.parts.database) as connection:
        shape = _shape_of(connection, call, new_id)
    left = [LeftShape.of(each) for each in plan.left]
    return json_response(UndoneShape(**msgspec.structs.asdict(shape), left=left))


def _planned(plan: UndoPlan) -> tuple[Effect, list[Left]]:
    return plan.effect, plan.left


# What is asked for


def _read_filter(query: Mapping[str, str], now: datetime) -> EntryFilter:
    actor_type, actor_id = _read_actor(query.get("actor", ""))
    return EntryFilter(
        issue_id=_read_issue(query.get("issue") or query.get("issue_id")),
        kinds=_read_kinds(query.get("kind", "")),
        actor_type=actor_type,
        actor_id=actor_id,
        date_from=_read_moment("date_from", query.get("date_from"), now),
        date_to=_read_moment("date_to", query.get("date_to"), now),
    )


def _read_issue(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise invalid("Must be a valid UUID.", "issue") from None


def _read_kinds(text: str) -> list[str] | None:
    kinds = [kind.strip() for kind in text.split(",") if kind.strip()]
    for kind in kinds:
        if kind not in journal.KINDS:
            raise invalid(f'"{kind}" is not a valid choice.', "kind", "invalid_choice")
    return kinds or None


def _read_actor(text: str) -> tuple[str | None, str | None]:
    """`pipeline`, `user`, `user:7` or `7`."""
    kind, _, identifier = text.strip().partition(":")
    if kind.isdecimal() and not identifier:
        return "user", kind
    # One database would not take a null character as a value.
    if kind not in ("", "user", journal.PIPELINE.type) or "\0" in identifier:
        raise invalid(f'"{text}" is not a valid choice.', "actor", "invalid_choice")
    return kind or None, identifier or None


def _read_moment(name: str, text: str | None, now: datetime) -> datetime | None:
    if not text:
        return None
    moment = absolute_moment(text) or relative_moment(text, now)
    if moment is None:
        raise invalid("Enter an ISO 8601 moment or a relative one, like -7d.", name)
    return moment


# What is shown


def _shape_of(connection: sa.Connection, call: ProjectCall, entry_id: UUID) -> ChangeShape:
    entry = repository.find_entry(connection, call.project.id, entry_id)
    if entry is None:
        raise not_found()
    return _shapes(connection, call, [entry])[0]


def _shapes(connection: sa.Connection, call: ProjectCall, entries: Sequence[Entry]) -> list[ChangeShape]:
    users = access.find_users(connection, {int(each.actor.id) for each in entries if each.actor.id is not None})
    mentioned = issues.load_issues(connection, call.project.id, {id for entry in entries for id in named_in(entry)})
    names = {issue.id: issue.name for issue in mentioned.values()}
    people = people_of(connection, call)
    return [_shape(entry, summarise(entry, names, people), users) for entry in entries]


def _shape(entry: Entry, summary: str, users: Mapping[int, User]) -> ChangeShape:
    return ChangeShape(
        id=entry.id,
        kind=entry.kind,
        issue_ids=entry.issue_ids,
        actor=_actor(entry, users),
        created_at=entry.created_at,
        summary=summary,
        before=entry.before,
        after=entry.after,
        undoable=entry.kind in journal.UNDOABLE and entry.undone_by is None and not is_taken_back(entry),
        undone_by=entry.undone_by,
        undoes=entry.undoes,
    )


def _actor(entry: Entry, users: Mapping[int, User]) -> ActorShape:
    if entry.actor.id is None:
        return ActorShape(entry.actor.type)
    user = users.get(int(entry.actor.id))
    return ActorShape(
        type=entry.actor.type,
        id=int(entry.actor.id),
        email=None if user is None else user.email,
        first_name=None if user is None else user.first_name,
        key_id=entry.actor.key_id,
    )
