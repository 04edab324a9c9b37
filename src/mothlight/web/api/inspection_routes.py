"""Routes for looking behind an issue: the lines of `routes.ROUTES` for what pages ask beyond the contract.

To add one: a handler in the file that its URL names, and a line here.
"""

from mothlight.queries.answers.breakdown import BreakdownAnswer
from mothlight.queries.answers.differences import DifferencesAnswer
from mothlight.queries.answers.histogram import HistogramAnswer
from mothlight.queries.answers.issue_event import IssueEventAnswer
from mothlight.queries.answers.issue_grouping import GroupingAnswer
from mothlight.queries.answers.similar_issues import SimilarIssuesAnswer
from mothlight.web.api.error_tracking.query_breakdown import query_breakdown
from mothlight.web.api.error_tracking.query_differences import query_differences
from mothlight.web.api.error_tracking.query_grouping import query_grouping
from mothlight.web.api.error_tracking.query_histogram import query_histogram
from mothlight.web.api.error_tracking.query_issue_event import query_issue_event
from mothlight.web.api.error_tracking.query_similar_issues import query_similar_issues
from mothlight.web.api.route import READ, ApiRoute, Shapes, tracking_routes
from mothlight.web.values.inspections import (
    QueryBreakdown,
    QueryDifferences,
    QueryGrouping,
    QueryHistogram,
    QueryIssueEvent,
    QuerySimilarIssues,
)

INSPECTION_ROUTES: tuple[ApiRoute, ...] = tuple(
    route
    for path, handle, body, answer in (
        ("query/breakdown", query_breakdown, QueryBreakdown, BreakdownAnswer),
        ("query/differences", query_differences, QueryDifferences, DifferencesAnswer),
        ("query/grouping", query_grouping, QueryGrouping, GroupingAnswer),
        ("query/histogram", query_histogram, QueryHistogram, HistogramAnswer),
        ("query/issue_event", query_issue_event, QueryIssueEvent, IssueEventAnswer),
        ("query/similar_issues", query_similar_issues, QuerySimilarIssues, SimilarIssuesAnswer),
    )
    for route in tracking_routes("POST", path, READ, handle, Shapes(body=body, answer=answer, errors=(400,)))
)
