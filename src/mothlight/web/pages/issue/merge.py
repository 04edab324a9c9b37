"""Merging issues, with a preview: what will be true afterwards, before anything has changed."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from starlette.responses import Response

from mothlight.issues.journal import Author
from mothlight.issues.merge import merge, plan_merge
from mothlight.model.errors import invalid, not_found
from mothlight.queries.answers import affected, similar_issues
from mothlight.queries.answers.affected import Affected
from mothlight.queries.answers.similar_issues import SimilarIssue
from mothlight.queries.inspection import SimilarIssues
from mothlight.queries.questions import Window
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import issues
from mothlight.storage.metadata.repositories.issues import StoredIssue
from mothlight.web.change import change
from mothlight.web.dry_run import dry_run
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.pages.changes.undo import undo_path
from mothlight.web.pages.issue.answered import GONE, answered
from mothlight.web.pages.issue.asked import read_ids, read_issue_id
from mothlight.web.pages.issue.page import find_issue
from mothlight.web.pages.issue.work import newest_entry
from mothlight.web.pages.words import plural

MOST_OTHERS = 50
MOST_SUGGESTED = 10


def show_merge(call: ProjectPage) -> Response:
    """Choose others; once some are chosen, what merging would do."""
    target = _target(call)
    others = _others(call, target.id, call.query.getlist("other"))
    preview = None
    if others:
        ids = [issue.id for issue in others]
        preview = dry_run(call, lambda on, author: (plan_merge(on, author.project_id, target.id, ids), ()))
    return call.dialog(
        "issue/merge.html",
        issue=target,
        others=others,
        counts={
            issue.id: affected.of_issues(call.parts.events, call.project.id, [issue.id]) for issue in (target, *others)
        },
        together=affected.of_issues(call.parts.events, call.project.id, [target.id, *(each.id for each in others)]),
        preview=preview,
        suggested=[each for each in _suggested(call, target.id) if each.id not in {issue.id for issue in others}],
    )


def do_merge(call: ProjectPage) -> Response:
    """Merge into the issue that shall stay."""
    chosen = [read_issue_id(call), *read_ids(call.form.getlist("other"))]
    keep = next(iter(read_ids([call.form.get("keep", "")])), chosen[0])
    if keep not in chosen or len(set(chosen)) < 2:
        raise invalid("Choose at least two issues, and which of them shall stay.", "other")
    sources = [issue_id for issue_id in dict.fromkeys(chosen) if issue_id != keep]
    entry, merged = change(call, lambda connection, author: _merge(connection, author, keep, sources))
    back = call.path(f"issues/{keep}")
    return call.redirect(back, f"Merged {plural(merged + 1, 'issue')} into this one.", undo=undo_path(call, entry))


def _merge(connection: sa.Connection, author: Author, keep: UUID, sources: Sequence[UUID]) -> tuple[UUID, int]:
    effect = plan_merge(connection, author.project_id, keep, sources)
    if effect is None:
        raise invalid("Choose at least two issues.", "other")
    merge(connection, author, effect)
    return newest_entry(connection, author.project_id, keep), len(effect.removed)


def _target(call: ProjectPage) -> StoredIssue:
    target = find_issue(call, read_issue_id(call))
    if target is None:
        raise not_found(GONE)
    return target


def _others(call: ProjectPage, target: UUID, texts: Sequence[str]) -> list[StoredIssue]:
    """The chosen ones that exist. An address of an issue works as well as its id."""
    ids = read_ids([text.strip().split("?")[0].rstrip("/").split("/")[-1] for text in texts])
    wanted = [each for each in dict.fromkeys(ids) if each != target][:MOST_OTHERS]
    with reading(call.database) as connection:
        found = issues.load_issues(connection, call.project.id, wanted)
    return [found[issue_id] for issue_id in wanted if issue_id in found]


def _count(call: ProjectPage, *counted: StoredIssue) -> Affected:
    return affected.of_issues(call.parts.events, call.project.id, [issue.id for issue in counted])


def _suggested(call: ProjectPage, target: UUID) -> Sequence[SimilarIssue]:
    question = SimilarIssues(issue_id=target, window=Window("-30d"), limit=MOST_SUGGESTED)
    return answered(call, similar_issues.answer, question).results
