"""What takes longer to find, and is loaded after the page: what sets events apart, their values, similar issues."""

from starlette.responses import Response

from mothlight.model.errors import Refused, not_found
from mothlight.queries.answers import breakdown, differences, similar_issues
from mothlight.queries.answers.breakdown import PropertyBreakdown
from mothlight.queries.facets import facet_of
from mothlight.queries.inspection import Breakdown, Differences, SimilarIssues
from mothlight.web.pages.at_once import begin
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.pages.issue.answered import GONE, answered
from mothlight.web.pages.issue.asked import Asked, read_asked
from mothlight.web.pages.issue.page import find_issue

USUAL = (
    "$browser",
    "$os",
    "$exception_release",
    "environment",
    "$environment",
    "$current_url",
    "$active_feature_flags",
)
"""Properties that are shown where any event has them. To add one: here, and its name in `NAMES`."""
NAMES = {
    "$browser": "Browser",
    "$os": "System",
    "$exception_release": "Release",
    "environment": "Environment",
    "$environment": "Environment",
    "$current_url": "URL",
    "$active_feature_flags": "Feature flags",
    "$exception_handled": "Handled",
}
VALUES = 5
VALUES_OF_CHOSEN = 20
SIMILAR = 5


def show_insights(call: ProjectPage) -> Response:
    """The three panels: as a part of the issue's page, or without script as a page."""
    asked = read_asked(call)
    issue = find_issue(call, asked.issue_id)
    if issue is None:
        raise not_found(GONE)
    question = SimilarIssues(issue_id=asked.issue_id, window=asked.window, limit=SIMILAR)
    similar = begin(lambda: answered(call, similar_issues.answer, question).results)
    breakdowns = begin(lambda: _breakdowns(call, asked))
    show = call.fragment if call.incoming.is_fragment else call.page
    return show(
        "issue/insights_part.html" if call.incoming.is_fragment else "issue/insights.html",
        issue=issue,
        asked=asked,
        apart=answered(call, differences.answer, Differences(focus=asked.focus())),
        breakdowns=breakdowns.result(),
        names=NAMES,
        similar=similar.result(),
    )


def _breakdowns(call: ProjectPage, asked: Asked) -> list[PropertyBreakdown]:
    """The chosen property first, then the usual ones that some event has."""
    usual = answered(call, breakdown.answer, Breakdown(focus=asked.focus(), properties=USUAL, limit=VALUES)).results
    chosen: list[PropertyBreakdown] = []
    if _can_be_counted(asked.facet):
        one = Breakdown(focus=asked.focus(), properties=(asked.facet,), limit=VALUES_OF_CHOSEN)
        chosen = answered(call, breakdown.answer, one).results
    return [*chosen, *(each for each in usual if each.values and each.property != asked.facet)]


def _can_be_counted(key: str) -> bool:
    try:
        return bool(key) and facet_of(key) is not None
    except Refused:
        return False
