"""Values for completing filters on issues, and whether there are issues at all (api 4)."""

import sqlalchemy as sa

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT
from mothlight.filters.sql_tests import contains_sql
from mothlight.queries.questions import IssueValues
from mothlight.storage.events.interface import EventStore
from mothlight.storage.metadata.tables import issues

MOST_VALUES = 100
COLUMNS = {"name": "name", "issue_description": "description"}
SEVERITIES = ("low", "medium", "high", "critical")


def answer(question: IssueValues, store: EventStore, project_id: int) -> list[str]:
    """Distinct values of a key in ascending order, at most 100; none for a key that cannot be completed."""
    if question.key == "severity":
        return [severity for severity in SEVERITIES if question.value.lower() in severity]
    column = COLUMNS.get(question.key or "")
    if column is None:
        return []
    bindings = Bindings()
    of_text = f" AND {contains_sql(column, question.value, bindings)}" if question.value else ""
    sql = (
        f"SELECT DISTINCT {column} FROM issues FINAL "
        f"WHERE {OF_PROJECT} AND deleted = 0 AND {column} IS NOT NULL{of_text} "
        f"ORDER BY {column} LIMIT {MOST_VALUES}"
    )
    return [value for (value,) in store.query(project_id, sql, bindings.parameters)]


def issues_exist(metadata: sa.Engine, project_id: int) -> bool:
    """Whether the project has an issue, of any status, with events or without."""
    with metadata.connect() as connection:
        return connection.scalar(sa.select(sa.exists().where(issues.c.project_id == project_id))) is True
