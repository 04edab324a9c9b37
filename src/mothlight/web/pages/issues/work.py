"""Forms that change the selected issues. Each answers with a toast that has the way back."""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from starlette.responses import Response

from mothlight.issues.change import NewValues, make_change, plan_values
from mothlight.issues.effect import Effect
from mothlight.issues.journal import Author
from mothlight.model.errors import invalid, not_found
from mothlight.model.issue_states import read_environment_name, shown_environment
from mothlight.storage.metadata.repositories import changes
from mothlight.storage.metadata.repositories.changes import EntryFilter
from mothlight.web.assignees import read_assignee
from mothlight.web.change import change
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.pages.changes.undo import undo_path
from mothlight.web.pages.issues.asked import PATH
from mothlight.web.pages.sign_in.page import read_next
from mothlight.web.pages.words import plural, with_values
from mothlight.web.resolutions import find_resolution
from mothlight.web.values.questions import AssigneeFilter
from mothlight.web.values.validate import validate

MOST_SELECTED = 100
SELECTED = "issue"
MERGE = "merge"
ASSIGN = "assign:"
NOTHING_SELECTED = "Nothing is selected."
SAME = "Nothing changed: it was so already."
STATUSES = {
    "resolve": ("resolved", "Resolved"),
    "suppress": ("suppressed", "Suppressed"),
    "reopen": ("active", "Reopened"),
}
"""What a button sends; the state, and how one says that it was done. To add one: a line, and its button."""


def change_issues(call: ProjectPage) -> Response:
    """Do what a button says with the issues that are selected."""
    back = back_to(call)
    ids = read_selected(call.form.getlist(SELECTED))
    if not ids:
        return call.redirect(back, NOTHING_SELECTED)
    action = call.form.get("do", "")
    if action == MERGE:
        return call.redirect(with_values(call.path(f"{PATH}/merge"), {SELECTED: [str(id) for id in ids], "next": back}))
    if action in STATUSES:
        status, word = STATUSES[action]
        environment = _environment(call)
        resolution = find_resolution(call, ids, status, environment, None)
        values = NewValues(status=status, environment=environment, resolution=resolution)
        there = "" if environment is None else f" in {shown_environment(environment)}"
        return _change(call, ids, values, f"{word} {{}}{there}.")
    if action.startswith(ASSIGN):
        return _assign(call, ids, action.removeprefix(ASSIGN))
    raise invalid("There is no such action.", "do")


def read_selected(texts: Collection[str]) -> list[UUID]:
    """The ids of selected issues, each once.

    Raises:
        Refused: one is no id, or there are too many (400).
    """
    try:
        ids = list(dict.fromkeys(map(UUID, texts)))
    except ValueError:
        raise invalid("This is no issue.", SELECTED) from None
    if len(ids) > MOST_SELECTED:
        raise invalid(f"At most {MOST_SELECTED} issues can be changed at once.", SELECTED)
    return ids


def back_to(call: ProjectPage) -> str:
    """The list that the form was sent from."""
    path = read_next(call.form.get("next", "") or call.query.get("next", ""))
    return path if path.split("?")[0] == call.path(PATH) else call.path(PATH)


def newest_entry(connection: sa.Connection, project_id: int, issue_id: UUID) -> UUID:
    """The entry that was written in this transaction, in which the issue is locked."""
    return changes.list_entries(connection, project_id, EntryFilter(issue_id=issue_id), 1, 0)[0].id


def _environment(call: ProjectPage) -> str | None:
    """The one environment that the list spoke of; None: all."""
    name = call.form.get("environment")
    return read_environment_name(name) if name else None


def _assign(call: ProjectPage, ids: Collection[UUID], text: str) -> Response:
    kind, _, identifier = text.partition(":")
    wanted = validate(AssigneeFilter, {"type": kind, "id": identifier}) if kind else None
    values = NewValues(assignee=read_assignee(call, wanted))
    return _change(call, ids, values, "Assigned {}." if wanted else "{} assigned to nobody now.")


def _change(call: ProjectPage, ids: Collection[UUID], values: NewValues, words: str) -> Response:
    def work(connection: sa.Connection, author: Author) -> tuple[UUID | None, Effect]:
        effect = plan_values(connection, author, ids, values)
        if effect is None:
            raise not_found("These issues are gone. They may have been merged.")
        done = make_change(connection, author, effect)
        entry = newest_entry(connection, author.project_id, next(iter(effect.before))) if done else None
        return entry, effect

    entry, effect = change(call, work)
    if entry is None:
        return call.redirect(back_to(call), SAME)
    said = words.format(plural(len(effect.before), "issue"))
    return call.redirect(back_to(call), said[:1].upper() + said[1:], undo=undo_path(call, entry))
