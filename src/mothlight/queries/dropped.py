"""How many events of issues limits kept out. They are counted beside the occurrences.

Nothing but time, environment and issue is known of them, so no other criterion of a question concerns them.
"""

from collections.abc import Sequence
from uuid import UUID

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT
from mothlight.queries.criteria import in_environments
from mothlight.queries.date_range import DateRange
from mothlight.storage.events.interface import EventStore


def read_dropped(
    store: EventStore, project_id: int, issue_ids: Sequence[UUID], range_: DateRange, environments: Sequence[str] = ()
) -> dict[UUID, int]:
    """Events of each of the issues in the range that are only counted; issues without any are left out."""
    if not issue_ids:
        return {}
    bindings = Bindings()
    conditions = [OF_PROJECT, range_.condition(bindings)]
    if environments:
        conditions.append(in_environments(environments, bindings))
    where = " AND ".join(conditions)
    ids = bindings.bind(list(issue_ids), "Array(UUID)")
    # Mostly there are none: then nothing is read of the owners.
    sql = f"""
        SELECT issue_id, sum(events) FROM (
            SELECT grouping_key, count() AS events FROM drops WHERE {where} GROUP BY grouping_key
        ) AS counted
        INNER JOIN (
            SELECT grouping_key, issue_id FROM owners FINAL
            WHERE {OF_PROJECT} AND grouping_key IN (SELECT grouping_key FROM drops WHERE {where}) AND issue_id IN {ids}
        ) AS owned USING (grouping_key)
        GROUP BY issue_id
    """
    return dict(store.query(project_id, sql, bindings.parameters))


def count_kept_and_dropped(store: EventStore, project_id: int, range_: DateRange) -> tuple[int, int]:
    """Events of a project in a range: those that are stored, and those that are only counted."""
    bindings = Bindings()
    where = f"{OF_PROJECT} AND {range_.condition(bindings)}"
    sql = f"SELECT (SELECT count() FROM events WHERE {where}), (SELECT count() FROM drops WHERE {where})"
    ((kept, dropped),) = store.query(project_id, sql, bindings.parameters)
    return kept or 0, dropped or 0
