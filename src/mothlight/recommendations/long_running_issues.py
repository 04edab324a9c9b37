"""`long_running_issues`: what has been broken for over a week and still is? (api.md 5.2)."""

from datetime import timedelta
from itertools import islice

from mothlight.recommendations.issue_counts import occurrences_since
from mothlight.recommendations.kind import Kind, Meta, Sources
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.issues import load_issues
from mothlight.storage.metadata.repositories.recommendations import old_active_issues

AGE = timedelta(days=7)
MOST = 5
UNTITLED = "Untitled issue"


def compute(sources: Sources) -> Meta:
    """The oldest active issues that were seen first over a week ago and had an event within the last."""
    occurrences = occurrences_since(sources, sources.now - AGE)
    with reading(sources.database) as connection:
        old = old_active_issues(connection, sources.project_id, sources.now - AGE)
        running = list(islice((issue for issue in old if issue.issue_id in occurrences), MOST))
        stored = load_issues(connection, sources.project_id, [issue.issue_id for issue in running])
    return {
        "issues": [
            {
                "id": str(issue.issue_id),
                "name": stored[issue.issue_id].name or UNTITLED,
                "description": stored[issue.issue_id].description,
                "created_at": issue.first_seen.isoformat(),
                "occurrences": occurrences[issue.issue_id],
                "status": stored[issue.issue_id].status,
            }
            for issue in running
            # An issue can be merged away between the two statements.
            if issue.issue_id in stored
        ]
    }


LONG_RUNNING_ISSUES = Kind(
    interval=timedelta(hours=6), compute=compute, is_completed=lambda meta: not meta["issues"], lists_issues=True
)
