"""Splitting an issue, with a preview."""

from typing import Any

import sqlalchemy as sa
from starlette.responses import Response

from mothlight.issues.journal import Author
from mothlight.issues.split import Part, plan_split, split
from mothlight.model.errors import invalid, not_found
from mothlight.queries.answers import affected, issue_grouping
from mothlight.queries.inspection import Grouping
from mothlight.queries.questions import Window
from mothlight.web.change import change
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.pages.changes.undo import undo_path
from mothlight.web.pages.issue.answered import GONE, answered
from mothlight.web.pages.issue.asked import read_issue_id
from mothlight.web.pages.issue.page import find_issue
from mothlight.web.pages.issue.work import newest_entry
from mothlight.web.pages.words import plural

MOST_SHOWN = 100


def show_split(call: ProjectPage) -> Response:
    """Choose fingerprints; once some are chosen, what splitting would do."""
    issue = find_issue(call, read_issue_id(call))
    if issue is None:
        raise not_found(GONE)
    question = Grouping(issue_id=issue.id, window=Window("all"), limit=MOST_SHOWN)
    found = answered(call, issue_grouping.answer, question)
    chosen = [each.fingerprint for each in found.results if each.fingerprint in set(call.query.getlist("fingerprint"))]
    return call.dialog(
        "issue/split.html", issue=issue, reasons=found, chosen=chosen, preview=_preview(call, found, chosen)
    )


def do_split(call: ProjectPage) -> Response:
    """Make an issue of its own of each of the fingerprints."""
    issue_id = read_issue_id(call)
    issue = find_issue(call, issue_id)
    if issue is None:
        raise not_found(GONE)
    values = call.form.getlist("fingerprint")
    parts = [Part(value, issue.name, issue.description) for value in dict.fromkeys(values)]

    def work(connection: sa.Connection, author: Author) -> tuple[Any, int]:
        made = split(connection, author, plan_split(connection, author, issue_id, parts))
        if not made:
            raise invalid("Choose fingerprints of this issue.", "fingerprint")
        return newest_entry(connection, author.project_id, issue_id), len(made)

    entry, made = change(call, work)
    words = f"Split off {plural(made, 'issue')}."
    return call.redirect(call.path(f"issues/{issue_id}"), words, undo=undo_path(call, entry))


def _preview(call: ProjectPage, found: issue_grouping.GroupingAnswer, chosen: list[str]) -> dict[str, Any] | None:
    """How many events and users go and stay; None while nothing is chosen."""
    if not chosen:
        return None
    staying = [each.fingerprint for each in found.results if each.fingerprint not in set(chosen)]
    store, project = call.parts.events, call.project.id
    return {
        "parts": [(value, affected.of_fingerprints(store, project, [value])) for value in chosen],
        "staying": affected.of_fingerprints(store, project, staying),
        "staying_fingerprints": found.count - len(chosen),
    }
