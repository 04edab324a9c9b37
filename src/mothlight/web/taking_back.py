"""Taking a change of the journal back, for whoever may: for programs and pages alike."""

from uuid import UUID

import sqlalchemy as sa

from mothlight.issues.journal import Author
from mothlight.issues.settings_values import OF_PROJECT
from mothlight.issues.undo import UndoPlan, plan_undo, undo
from mothlight.storage.metadata.repositories.changes import SETTINGS
from mothlight.web.change import change
from mothlight.web.guard import check_admin, check_scope
from mothlight.web.parts import Work

PROJECT_WRITE = "project:write"


def plan_back(call: Work, connection: sa.Connection, author: Author, entry_id: UUID, *, force: bool) -> UndoPlan:
    """What would be taken back.

    Raises:
        ChangedSince: later changes stand in the way, without `force` or altogether.
        Refused: there is no such entry (404), its kind cannot be undone (400), or only admins may (403).
    """
    plan = plan_undo(connection, author, entry_id, force=force)
    if OF_PROJECT & (plan.effect.after.get(SETTINGS) or {}).keys():
        # What only admins may change, with a key that may, nobody else changes by an undo.
        check_scope(call.caller, PROJECT_WRITE)
        check_admin(call.parts.directory, call.caller, call.project)
    return plan


def take_back(call: Work, entry_id: UUID, *, force: bool) -> tuple[UUID, UndoPlan]:
    """Take it back; gives the new entry and what was done. Raises as `plan_back` does."""

    def work(connection: sa.Connection, author: Author) -> tuple[UUID, UndoPlan]:
        plan = plan_back(call, connection, author, entry_id, force=force)
        return undo(connection, author, plan), plan

    done = change(call, work)
    if SETTINGS in done[1].effect.after:
        call.parts.directory.forget()
    return done
