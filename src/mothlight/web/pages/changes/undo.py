"""`/projects/{id}/changes/{id}/undo`: takes a change back. Where later ones stand in the way, it shows them first."""

from collections.abc import Sequence
from uuid import UUID

from starlette.responses import Response

from mothlight.issues.conflicts import Left
from mothlight.issues.effect import Effect
from mothlight.issues.undo import ChangedSince, UndoPlan
from mothlight.model.errors import not_found
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import changes
from mothlight.storage.metadata.repositories.issues import load_issues
from mothlight.web.dry_run import DryRunShape, dry_run
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.pages.changes.lines import read_lines
from mothlight.web.pages.sign_in.page import read_next
from mothlight.web.taking_back import plan_back, take_back

MOST_IN_THE_WAY = 20
TAKEN_BACK = "Taken back. Nothing was lost."
DONE_AGAIN = "Done again."
SOME_LEFT = "Taken back as far as later changes allow; those stay."


def undo_path(call: ProjectPage, entry_id: UUID) -> str:
    """The path that takes an entry back, for `call.redirect(…, undo=…)`."""
    return call.path(f"changes/{entry_id}/undo")


def undo_change(call: ProjectPage) -> Response:
    """Take a change back, all or nothing; with `force`, as far as later changes allow. `next`: where to go then."""
    entry_id = _read_id(call)
    force = call.form.get("force") == "on"
    try:
        new_id, plan = take_back(call, entry_id, force=force)
    except ChangedSince as conflict:
        return _show_conflict(call, entry_id, conflict)
    said = SOME_LEFT if plan.left else TAKEN_BACK if plan.entry.depth % 2 == 0 else DONE_AGAIN
    word = "Redo" if plan.entry.depth % 2 == 0 else "Undo"
    back = _back(call, [*plan.effect.after, *plan.entry.issue_ids])
    return call.redirect(back, said, undo=undo_path(call, new_id), undo_word=word)


def _read_id(call: ProjectPage) -> UUID:
    try:
        return UUID(call.incoming.parameters["id"])
    except ValueError:
        raise not_found("There is no such change.") from None


def _back(call: ProjectPage, issue_ids: Sequence[UUID]) -> str:
    """Where the form says; else to one of the issues that is there now, or to the list."""
    path = read_next(call.form.get("next", ""))
    if path != "/":
        return path
    with reading(call.database) as connection:
        there = load_issues(connection, call.project.id, issue_ids)
    found = next((id for id in issue_ids if id in there), None)
    return call.path("issues" if found is None else f"issues/{found}")


def _show_conflict(call: ProjectPage, entry_id: UUID, conflict: ChangedSince) -> Response:
    with reading(call.database) as connection:
        found = [changes.find_entry(connection, call.project.id, each) for each in conflict.changes[:MOST_IN_THE_WAY]]
        entry = changes.find_entry(connection, call.project.id, entry_id)
        lines = read_lines(connection, call, [each for each in (entry, *found) if each is not None])
    return call.page(
        "changes/conflict.html",
        status=conflict.status,
        line_wanted=lines[0],
        later=lines[1:],
        more=max(0, len(conflict.changes) - MOST_IN_THE_WAY),
        base=call.path(""),
        path=undo_path(call, entry_id),
        back=_back(call, entry.issue_ids if entry else []),
        run=_try_forced(call, entry_id),
    )


def _try_forced(call: ProjectPage, entry_id: UUID) -> DryRunShape | None:
    """What could be taken back without touching later changes; None: nothing."""
    try:
        return dry_run(call, lambda on, author: _planned(plan_back(call, on, author, entry_id, force=True)))
    except ChangedSince:
        return None


def _planned(plan: UndoPlan) -> tuple[Effect, list[Left]]:
    return plan.effect, plan.left
