"""`/projects/{id}/changes/{id}/undo`: takes back an entry of the change journal; what toasts and activities lead to."""

from uuid import UUID

import sqlalchemy as sa
from starlette.responses import Response

from mothlight.issues.journal import Author
from mothlight.issues.settings_values import OF_PROJECT
from mothlight.issues.summary import named_in, summarise
from mothlight.issues.undo import ChangedSince, UndoPlan, plan_undo, undo
from mothlight.model.errors import not_found
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import changes, issues
from mothlight.storage.metadata.repositories.changes import SETTINGS
from mothlight.web.change import change
from mothlight.web.errors import Forbidden
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.pages.sign_in.page import read_next
from mothlight.web.people import people_of

MOST_IN_THE_WAY = 20


def undo_path(call: ProjectPage, entry_id: UUID) -> str:
    """The path that takes an entry back, for `call.redirect(…, undo=…)`."""
    return call.path(f"changes/{entry_id}/undo")


def undo_change(call: ProjectPage) -> Response:
    """Take a change back; where later ones stand in the way, show them and offer what can be done.

    `next`: where to go then; else to an issue that the change was about.
    """
    entry_id = _read_id(call)
    force = call.form.get("force") == "on"
    try:
        new_id, plan = change(call, lambda connection, author: _undo(call, connection, author, entry_id, force=force))
    except ChangedSince as conflict:
        return _in_the_way(call, entry_id, conflict, was_forced=force)
    if SETTINGS in plan.effect.after:
        call.parts.directory.forget()
    left = " Later changes were left as they are." if plan.left else ""
    words = "Taken back. Nothing was lost." if plan.entry.depth % 2 == 0 else "Done again."
    return call.redirect(_back(call, plan), words + left, undo=undo_path(call, new_id), undo_word="Redo")


def _read_id(call: ProjectPage) -> UUID:
    try:
        return UUID(call.incoming.parameters["id"])
    except ValueError:
        raise not_found("There is no such change.") from None


def _undo(
    call: ProjectPage, connection: sa.Connection, author: Author, entry_id: UUID, *, force: bool
) -> tuple[UUID, UndoPlan]:
    plan = plan_undo(connection, author, entry_id, force=force)
    if OF_PROJECT & (plan.effect.after.get(SETTINGS) or {}).keys() and not call.is_admin:
        # What only admins may change, nobody else changes by an undo.
        raise Forbidden("Only admins of the project's organization can take this back.")
    return undo(connection, author, plan), plan


def _back(call: ProjectPage, plan: UndoPlan) -> str:
    """Where the form says, else to an issue that the change was about and that is there now."""
    if wanted := _wanted(call):
        return wanted
    with reading(call.database) as connection:
        there = issues.load_issues(connection, call.project.id, plan.entry.issue_ids)
    staying = [issue for issue in plan.effect.before if issue in there]
    found = next(iter([*staying, *there]), None)
    return call.path("issues" if found is None else f"issues/{found}")


def _wanted(call: ProjectPage) -> str | None:
    """The path of ours that the form names."""
    path = read_next(call.form.get("next", ""))
    return None if path == "/" else path


def _in_the_way(call: ProjectPage, entry_id: UUID, conflict: ChangedSince, *, was_forced: bool) -> Response:
    with reading(call.database) as connection:
        found = [changes.find_entry(connection, call.project.id, each) for each in conflict.changes[:MOST_IN_THE_WAY]]
        entries = [entry for entry in found if entry is not None]
        mentioned = issues.load_issues(connection, call.project.id, {id for each in entries for id in named_in(each)})
        people = people_of(connection, call)
        entry = changes.find_entry(connection, call.project.id, entry_id)
        there = issues.load_issues(connection, call.project.id, entry.issue_ids if entry else [])
    names = {issue.id: issue.name for issue in mentioned.values()}
    return call.page(
        "changes/changed_since.html",
        status=conflict.status,
        entry_id=entry_id,
        later=[(each, summarise(each, names, people)) for each in entries],
        back=_wanted(call) or call.path("issues" if not there else f"issues/{next(iter(there))}"),
        wanted=_wanted(call) or "",
        was_forced=was_forced,
        problem=conflict,
    )
