"""`/projects/{id}/issues/merge`: several issues become one. First what would be true then, and which one stays."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa
from starlette.responses import Response

from mothlight.filters.property_filter import PropertyFilter
from mothlight.issues.journal import Author
from mothlight.issues.merge import merge, plan_merge
from mothlight.model.errors import invalid, not_found
from mothlight.queries.answers import affected
from mothlight.queries.answers.issue_list import find_issues
from mothlight.queries.figures import Figures
from mothlight.queries.questions import IssueList, Window
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.fingerprints import fingerprints_of_issues
from mothlight.storage.metadata.repositories.issues import StoredIssue, find_first_seen, load_issues
from mothlight.web.change import change
from mothlight.web.dry_run import DryRunShape, dry_run
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.pages.changes.undo import undo_path
from mothlight.web.pages.issues.asked import PATH
from mothlight.web.pages.issues.rows import UNNAMED
from mothlight.web.pages.issues.work import MOST_SELECTED, SELECTED, back_to, newest_entry, read_selected
from mothlight.web.pages.words import plural

KEEP = "keep"
TOO_FEW = "Select two issues or more to merge them."


class Candidate(msgspec.Struct, frozen=True):
    """One of the issues, over all time."""

    id: str
    name: str
    message: str
    status: str
    place: str
    events: int
    users: int
    fingerprints: int
    first_seen: datetime | None


def show_merge(call: ProjectPage) -> Response:
    """What would be true afterwards. Nothing has changed yet."""
    ids = read_selected(call.query.getlist(SELECTED))
    candidates = _candidates(call, ids)
    if len(candidates) < 2:
        return call.dialog("issues/too_few.html", back=back_to(call))
    kept = _read_kept(call.query.get(KEEP), candidates)
    return call.dialog(
        "issues/merge.html",
        candidates=candidates,
        kept=kept,
        run=_dry_run(call, kept, candidates),
        together=affected.of_issues(call.parts.events, call.project.id, [UUID(each.id) for each in candidates]),
        first_seen=min((each.first_seen for each in candidates if each.first_seen), default=None),
        path=call.path(f"{PATH}/merge"),
        back=back_to(call),
    )


def do_merge(call: ProjectPage) -> Response:
    """Merge."""
    ids = read_selected([*call.form.getlist(SELECTED), call.form.get(KEEP, "")])
    target = read_selected([call.form[KEEP]])[0]

    def work(connection: sa.Connection, author: Author) -> tuple[UUID, int]:
        effect = plan_merge(connection, author.project_id, target, ids)
        if effect is None:
            raise invalid(TOO_FEW, SELECTED)
        merge(connection, author, effect)
        return newest_entry(connection, author.project_id, target), len(effect.before)

    entry, count = change(call, work)
    return call.redirect(back_to(call), f"Merged {plural(count, 'issue')} into one.", undo=undo_path(call, entry))


def _dry_run(call: ProjectPage, kept: Candidate, candidates: Sequence[Candidate]) -> DryRunShape:
    ids = [UUID(each.id) for each in candidates]
    return dry_run(call, lambda on, author: (plan_merge(on, author.project_id, UUID(kept.id), ids), ()))


def _read_kept(text: str | None, candidates: Sequence[Candidate]) -> Candidate:
    """The issue that was chosen to stay; else the one with the most events."""
    chosen = [each for each in candidates if each.id == text]
    return chosen[0] if chosen else max(candidates, key=lambda each: each.events)


def _candidates(call: ProjectPage, ids: Sequence[UUID]) -> list[Candidate]:
    """Those of the issues that exist, in their order."""
    with reading(call.database) as connection:
        present = load_issues(connection, call.project.id, ids)
        owners = fingerprints_of_issues(connection, call.project.id, list(present)) if present else {}
        first_seen = find_first_seen(connection, call.project.id, list(present))
    if ids and not present:
        raise not_found("These issues are gone. They may have been merged.")
    figures = _figures(call, list(present))
    counted = list(owners.values())
    return [
        _candidate(present[id], figures.get(id), counted.count(id), first_seen.get(id)) for id in ids if id in present
    ]


def _figures(call: ProjectPage, ids: Sequence[UUID]) -> dict[UUID, Figures]:
    """Over all events of each issue, those of test accounts too."""
    of_these = PropertyFilter("event", "$exception_issue_id", "exact", tuple(map(str, ids)))
    question = IssueList(
        window=Window("all", "+1d"),
        status=None,
        filter_test_accounts=False,
        filters=(of_these,),
        limit=MOST_SELECTED,
    )
    found = find_issues(question, call.parts.events, call.database, call.project.id, call.parts.clock())
    return {UUID(each.state.id): each.figures for each in found.issues}


def _candidate(
    issue: StoredIssue, figures: Figures | None, fingerprints: int, first_seen: datetime | None
) -> Candidate:
    return Candidate(
        id=str(issue.id),
        name=issue.name or UNNAMED,
        message=issue.description or "",
        status=issue.status,
        place=" · ".join(filter(None, (figures.function, figures.source))) if figures else "",
        events=figures.occurrences if figures else 0,
        users=figures.users if figures else 0,
        fingerprints=fingerprints,
        first_seen=first_seen,
    )
