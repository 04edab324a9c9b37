"""`/projects/{id}/changes/{id}/undo`: takes back an entry of the change journal; what toasts and activities lead to."""

from uuid import UUID

import sqlalchemy as sa
from starlette.responses import Response

from mothlight.issues.journal import Author
from mothlight.issues.settings_values import OF_PROJECT
from mothlight.issues.undo import ChangedSince, plan_undo, undo
from mothlight.model.errors import not_found
from mothlight.storage.metadata.repositories.changes import SETTINGS
from mothlight.web.change import change
from mothlight.web.guard import check_admin
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.pages.sign_in.page import read_next

CONFLICT = "Something changed since, so this was not taken back. The activity of the issue shows what."


def undo_path(call: ProjectPage, entry_id: UUID) -> str:
    """The path that takes an entry back, for `call.redirect(…, undo=…)`."""
    return call.path(f"changes/{entry_id}/undo")


def undo_change(call: ProjectPage) -> Response:
    """Take a change back, all or nothing; the toast offers to do it again. `next`: where to go then."""
    target = read_next(call.form.get("next", ""))
    target = call.path("issues") if target == "/" else target
    try:
        entry_id = UUID(call.incoming.parameters["id"])
    except ValueError:
        raise not_found("There is no such change.") from None

    def work(connection: sa.Connection, author: Author) -> UUID:
        plan = plan_undo(connection, author, entry_id, force=False)
        if OF_PROJECT & (plan.effect.after.get(SETTINGS) or {}).keys():
            # What only admins may change, nobody else changes by an undo.
            check_admin(call.parts.directory, call.caller, call.project)
        return undo(connection, author, plan)

    try:
        undone = change(call, work)
        call.parts.directory.forget()
    except ChangedSince:
        return call.redirect(target, CONFLICT)
    return call.redirect(target, "Taken back. Nothing was lost.", undo=undo_path(call, undone), undo_word="Redo")
