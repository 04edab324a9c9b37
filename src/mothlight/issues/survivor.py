"""Where an issue went that was merged away."""

from uuid import UUID

import sqlalchemy as sa

from mothlight.storage.metadata.repositories import changes, issues


def find_survivor(connection: sa.Connection, project_id: int, issue_id: UUID) -> UUID | None:
    """The issue that has taken in this one, itself or through others; None when none has."""
    seen = {issue_id}
    found = changes.merged_into(connection, project_id, issue_id)
    while found is not None and found not in seen:
        if issues.load_issues(connection, project_id, [found]):
            return found
        seen.add(found)
        found = changes.merged_into(connection, project_id, found)
    return None
