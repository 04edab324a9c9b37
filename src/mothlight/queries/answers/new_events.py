"""How many events of a list of issues were received since a moment: a cheap question that is asked again and again."""

from datetime import datetime

import msgspec
import sqlalchemy as sa

from mothlight.filters.fields import OF_PROJECT
from mothlight.filters.sql_tests import MOMENT_TYPE
from mothlight.queries.answers.issue_list import matching_events, wanted_issues
from mothlight.queries.date_range import figures_range
from mothlight.queries.questions import IssueList
from mothlight.storage.events.interface import EventStore


class NewEvents(msgspec.Struct, frozen=True):
    """What came."""

    events: int
    issues: int


def count_new_events(
    question: IssueList, since: datetime, store: EventStore, metadata: sa.Engine, project_id: int, now: datetime
) -> NewEvents:
    """Events that the list would show and that were received after the moment. Parts that are older are not read."""
    range_ = figures_range(question.window, now)
    matching = matching_events(question, range_, (store, project_id), metadata, now)
    moment = matching.bindings.bind(since, MOMENT_TYPE)
    newest = matching.also(f"received_at > {moment}")
    sql = f"""
        SELECT sum(events), uniqExact(issue_id) FROM (
            SELECT grouping_key, count() AS events FROM events WHERE {newest.where} GROUP BY grouping_key
        ) AS counted
        INNER JOIN (
            SELECT grouping_key, issue_id FROM owners FINAL
            WHERE {OF_PROJECT} AND issue_id IN ({wanted_issues(question, matching.bindings)})
        ) AS owned USING (grouping_key)
    """
    ((events, issues),) = store.query(project_id, sql, matching.bindings.parameters)
    return NewEvents(int(events), int(issues))
