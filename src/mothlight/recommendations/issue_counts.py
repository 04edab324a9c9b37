"""How many events each issue had lately, by who owns their fingerprints now."""

from datetime import datetime
from uuid import UUID

from mothlight.recommendations.kind import Sources

SQL = """
SELECT issue_id, sum(occurrences)
FROM (
    SELECT grouping_key, count() AS occurrences FROM events
    WHERE project_id = {project:UInt32} AND grouping_key != 0
      AND timestamp >= {since:DateTime64(6, 'UTC')} AND timestamp <= {until:DateTime64(6, 'UTC')}
    GROUP BY grouping_key
) AS counted
INNER JOIN (
    SELECT grouping_key, issue_id FROM owners FINAL WHERE project_id = {project:UInt32}
) AS owned USING grouping_key
GROUP BY issue_id
"""


def occurrences_since(sources: Sources, since: datetime) -> dict[UUID, int]:
    """The events of each issue from the moment until now; issues without any are left out."""
    rows = sources.events.query(sources.project_id, SQL, {"since": since, "until": sources.now})
    return {UUID(str(issue_id)): int(occurrences) for issue_id, occurrences in rows}
