"""Forms that change one issue: its status, who looks after it, its name. Each answers with the way back."""

from typing import Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from starlette.responses import Response

from mothlight.issues.change import NewValues, change_issue
from mothlight.issues.journal import Author
from mothlight.model.errors import Refused, invalid, not_found
from mothlight.model.issue_states import RESOLVED, shown_environment
from mothlight.storage.metadata.repositories import changes
from mothlight.storage.metadata.repositories.changes import EntryFilter
from mothlight.web.assignees import read_assignee
from mothlight.web.change import change
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.pages.changes.undo import undo_path
from mothlight.web.pages.issue.answered import GONE
from mothlight.web.pages.issue.asked import read_issue_id
from mothlight.web.pages.issue.page import find_issue
from mothlight.web.resolutions import ResolvedIn, find_resolution
from mothlight.web.values.fields import Environment
from mothlight.web.values.questions import AssigneeFilter
from mothlight.web.values.validate import validate

DONE = {
    "active": ("Reopened", ""),
    "resolved": ("Resolved", "An event of this or a newer release reopens it."),
    "suppressed": ("Suppressed", "New events are counted and dropped."),
}


class StatusForm(BaseModel):
    """A state, and the only environment that it is for; none: it is for all."""

    status: Literal["active", "resolved", "suppressed"]
    environment: Environment | None = None


LONGEST_NAME, LONGEST_DESCRIPTION = 500, 4000
SAME = "Nothing changed: it was so already."


def change_status(call: ProjectPage) -> Response:
    """Resolve, suppress or reopen: everywhere, or in one environment."""
    form = validate(StatusForm, {name: call.form[name] for name in ("status", "environment") if name in call.form})
    is_next = form.status == RESOLVED and call.form.get("next") == "on"
    said = ResolvedIn(is_next=True) if is_next else None
    resolution = find_resolution(call, [read_issue_id(call)], form.status, form.environment, said)
    values = NewValues(status=form.status, environment=form.environment, resolution=resolution)
    words, hint = DONE[form.status]
    where = "" if form.environment is None else f" in {shown_environment(form.environment)}"
    until = " in what comes after the newest release" if is_next else ""
    return _change(call, values, f"{words}{where}{until}. {'' if is_next else hint}".strip())


def change_assignee(call: ProjectPage) -> Response:
    """Give it to somebody, or to nobody."""
    kind, _, identifier = call.form.get("assignee", "").partition(":")
    wanted = validate(AssigneeFilter, {"type": kind, "id": identifier}) if kind else None
    assignee = read_assignee(call, wanted)
    return _change(call, NewValues(assignee=assignee), "Assigned." if assignee else "Assigned to nobody.")


def show_edit(call: ProjectPage) -> Response:
    """The form for name and description."""
    issue = find_issue(call, read_issue_id(call))
    if issue is None:
        raise not_found(GONE)
    return call.dialog(
        "issue/edit.html", issue=issue, name=issue.name or "", description=issue.description or "", problem=None
    )


def change_name(call: ProjectPage) -> Response:
    """Give it another name and description."""
    name, description = call.form.get("name", "").strip(), call.form.get("description", "").strip()
    try:
        _check_name(name, description)
    except Refused as problem:
        issue = find_issue(call, read_issue_id(call))
        if issue is None:
            raise not_found(GONE) from None
        values = {"name": name, "description": description}
        return call.dialog("issue/edit.html", status=problem.status, issue=issue, problem=problem, **values)
    return _change(call, NewValues(name=name, description=description or None), "Renamed.")


def _check_name(name: str, description: str) -> None:
    if not name:
        raise invalid("An issue needs a name.", "name")
    if len(name) > LONGEST_NAME:
        raise invalid(f"A name has at most {LONGEST_NAME} characters.", "name")
    if len(description) > LONGEST_DESCRIPTION:
        raise invalid(f"A description has at most {LONGEST_DESCRIPTION} characters.", "description")


def _change(call: ProjectPage, values: NewValues, words: str) -> Response:
    issue_id = read_issue_id(call)
    entry = change(call, lambda connection, author: _work(connection, author, issue_id, values))
    back = call.path(f"issues/{issue_id}")
    return call.redirect(back, SAME) if entry is None else call.redirect(back, words, undo=undo_path(call, entry))


def _work(connection: sa.Connection, author: Author, issue_id: UUID, values: NewValues) -> UUID | None:
    """Do it; gives the entry of the journal, or None when nothing differs."""
    if not change_issue(connection, author, issue_id, values):
        return None
    return newest_entry(connection, author.project_id, issue_id)


def newest_entry(connection: sa.Connection, project_id: int, issue_id: UUID) -> UUID:
    """The entry that was written in this transaction, in which the issue is locked."""
    return changes.list_entries(connection, project_id, EntryFilter(issue_id=issue_id), 1, 0)[0].id
