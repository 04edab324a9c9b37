"""`quiet_issues`: which active issues have probably been solved? (api.md 5.2)."""

from datetime import timedelta

from mothlight.recommendations.issue_counts import occurrences_since
from mothlight.recommendations.kind import Kind, Meta, Sources
from mothlight.recommendations.long_running_issues import UNTITLED
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.issues import load_issues
from mothlight.storage.metadata.repositories.recommendations import old_active_issues

QUIET = timedelta(days=30)
MOST = 5


def compute(sources: Sources) -> Meta:
    """Active issues first seen over 30 days ago without an event in the last 30: how many, and the oldest of them."""
    loud = occurrences_since(sources, sources.now - QUIET)
    with reading(sources.database) as connection:
        old = old_active_issues(connection, sources.project_id, sources.now - QUIET)
        quiet = [issue for issue in old if issue.issue_id not in loud]
        stored = load_issues(connection, sources.project_id, [issue.issue_id for issue in quiet[:MOST]])
    return {
        "quiet_days": QUIET.days,
        "total": len(quiet),
        "issues": [
            {
                "id": str(issue.issue_id),
                "name": stored[issue.issue_id].name or UNTITLED,
                "description": stored[issue.issue_id].description,
                "first_seen": issue.first_seen.isoformat(),
                "status": stored[issue.issue_id].status,
            }
            for issue in quiet[:MOST]
            # An issue can be merged away between the two statements.
            if issue.issue_id in stored
        ],
    }


QUIET_ISSUES = Kind(
    interval=timedelta(hours=24), compute=compute, is_completed=lambda meta: not meta["issues"], lists_issues=True
)
