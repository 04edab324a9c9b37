"""`/projects/{id}/issues`: the list."""

from starlette.responses import Response

from mothlight.issues.journal import REOPENED
from mothlight.model.errors import Refused
from mothlight.model.issue_states import shown_environment
from mothlight.queries.answers.issue_list import FoundIssues, find_issues
from mothlight.queries.tokens import read_tokens
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.issue_views import ViewCounts, count_views
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.pages.issues.asked import PAGE_SIZE, PATH, RANGES, SORTS, Asked, joined, read_asked
from mothlight.web.pages.issues.blame import find_ways_out
from mothlight.web.pages.issues.desk import ProjectDesk
from mothlight.web.pages.issues.fresh import watch_from
from mothlight.web.pages.issues.rows import NEW_FOR, list_responsible, make_rows

VIEWS = (
    ("Active", "is:active", "active"),
    ("Regressed", "is:active is:regressed", "regressed"),
    ("New in 24 h", "is:active is:new", "new"),
    ("Mine", "is:active assignee:me", "mine"),
    ("Resolved", "is:resolved", "resolved"),
    ("Suppressed", "is:suppressed", "suppressed"),
)
"""To add one: its name, its search, and its count in `ViewCounts`."""


def show_issues(call: ProjectPage) -> Response:
    """The list that the address asks for. What was typed into the box joins the search, at an address of its own."""
    problem: Refused | None = None
    try:
        asked = read_asked(call.query)
        if "add" in call.query:
            more = read_tokens(call.query["add"])
            return call.redirect(call.path(asked.to(tokens=joined(asked.tokens, more))))
    except Refused as refused:
        asked, problem = Asked([]), refused
    return _show(call, asked, problem)


def _show(call: ProjectPage, asked: Asked, problem: Refused | None) -> Response:
    now = call.parts.clock()
    found, typed, environment = FoundIssues([], has_more=False), "", None
    if problem is None:
        try:
            question = asked.question(ProjectDesk(call), call.visit.zone)
            environment = shown_environment(question.environments[0]) if len(question.environments) == 1 else None
            found = find_issues(question, call.parts.events, call.database, call.project.id, now)
        except Refused as refused:
            problem = refused
    else:
        typed = call.query.get("q", "")
    with reading(call.database) as connection:
        counts = count_views(connection, call.project.id, call.user.id, now - NEW_FOR, REOPENED)
        rows = make_rows(call, connection, found, now)
    is_empty = not rows and problem is None
    return call.page(
        "issues/issues.html",
        status=200 if problem is None else problem.status,
        asked=asked,
        base=call.path(""),
        list_path=call.path(PATH),
        problem=problem,
        typed=typed,
        views=[(name, search, getattr(counts, count)) for name, search, count in VIEWS],
        ranges=RANGES,
        sorts=SORTS,
        rows=rows,
        has_more=found.has_more,
        first=(asked.page - 1) * PAGE_SIZE + 1,
        since=watch_from(call, now),
        environment=environment,
        people=list_responsible(call),
        counts=counts,
        has_issues=_has_issues(counts),
        ways_out=find_ways_out(call, asked, now) if is_empty and _has_issues(counts) and not asked.is_plain else (),
    )


def _has_issues(counts: ViewCounts) -> bool:
    return bool(counts.active or counts.resolved or counts.suppressed)
