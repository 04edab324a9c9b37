"""The lines of `routes.PAGES` for one issue. To add one: a function in this folder, and a line here."""

from collections.abc import Sequence

from mothlight.web.pages.issue.insights import show_insights
from mothlight.web.pages.issue.merge import do_merge, show_merge
from mothlight.web.pages.issue.page import show_event_json, show_issue
from mothlight.web.pages.issue.split import do_split, show_split
from mothlight.web.pages.issue.work import change_assignee, change_name, change_status, show_edit
from mothlight.web.pages.page import Page, project_page

SECTION = "issues"

ISSUE_PAGES: Sequence[Page] = (
    project_page("GET", "issues/{id}", show_issue, SECTION),
    project_page("GET", "issues/{id}/insights", show_insights, SECTION),
    project_page("GET", "issues/{id}/event.json", show_event_json, SECTION),
    project_page("POST", "issues/{id}/status", change_status, SECTION),
    project_page("POST", "issues/{id}/assignee", change_assignee, SECTION),
    project_page("GET", "issues/{id}/edit", show_edit, SECTION),
    project_page("POST", "issues/{id}/edit", change_name, SECTION),
    project_page("GET", "issues/{id}/merge", show_merge, SECTION),
    project_page("POST", "issues/{id}/merge", do_merge, SECTION),
    project_page("GET", "issues/{id}/split", show_split, SECTION),
    project_page("POST", "issues/{id}/split", do_split, SECTION),
)
