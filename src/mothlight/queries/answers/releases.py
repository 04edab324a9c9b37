"""In which releases issues were seen, over all time."""

from collections.abc import Sequence
from uuid import UUID

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT
from mothlight.queries.criteria import in_environments, of_issues
from mothlight.storage.events.interface import EventStore

VERSION = "JSONExtractString(release, 'version')"


def releases_of_issues(
    store: EventStore, project_id: int, issue_ids: Sequence[UUID], environment: str | None = None
) -> dict[UUID, set[str]]:
    """The versions that events of each of the issues name, in one environment or in all."""
    bindings = Bindings()
    there = "" if environment is None else f" AND {in_environments([environment], bindings)}"
    ids = bindings.bind(issue_ids, "Array(UUID)")
    sql = f"""
        SELECT issue_id, groupUniqArrayArray(versions) FROM (
            SELECT grouping_key, groupUniqArray({VERSION}) AS versions
            FROM events WHERE {OF_PROJECT} AND release != '' AND {of_issues(issue_ids, bindings)}{there}
            GROUP BY grouping_key
        ) AS counted
        INNER JOIN (
            SELECT grouping_key, issue_id FROM owners FINAL WHERE {OF_PROJECT} AND issue_id IN {ids}
        ) AS owned USING (grouping_key)
        GROUP BY issue_id
    """
    rows = store.query(project_id, sql, bindings.parameters)
    return {issue_id: {version for version in versions if version} for issue_id, versions in rows}
