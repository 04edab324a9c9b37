"""The lines of `routes.PAGES` for the list of issues. To add one: a function in this folder, and a line here."""

from collections.abc import Sequence

from mothlight.web.pages.issues.completion import show_completion
from mothlight.web.pages.issues.fresh import show_fresh
from mothlight.web.pages.issues.merge import do_merge, show_merge
from mothlight.web.pages.issues.page import show_issues
from mothlight.web.pages.issues.work import change_issues
from mothlight.web.pages.page import Page, project_page

SECTION = "issues"

LIST_PAGES: Sequence[Page] = (
    project_page("GET", "issues", show_issues, SECTION),
    project_page("GET", "issues/fresh", show_fresh, SECTION),
    project_page("GET", "issues/complete", show_completion, SECTION),
    project_page("POST", "issues/change", change_issues, SECTION),
    project_page("GET", "issues/merge", show_merge, SECTION),
    project_page("POST", "issues/merge", do_merge, SECTION),
)
