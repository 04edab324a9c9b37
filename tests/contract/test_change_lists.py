"""The lists of the change journal stay quick when it is long: every step of them is found by an index."""

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import changes
from mothlight.storage.metadata.repositories.changes import EntryFilter
from tests.support.issue_desk import IssueDesk
from tests.support.received import NOW

FILTERS = [
    EntryFilter(),
    EntryFilter(issue_id=UUID(int=1)),
    EntryFilter(kinds=["updated"]),
    EntryFilter(kinds=["updated", "created"]),
    EntryFilter(actor_type="user"),
    EntryFilter(actor_type="user", actor_id="7"),
    EntryFilter(date_from=NOW - timedelta(days=1), date_to=NOW),
    EntryFilter(kinds=["updated"], date_from=NOW),
]


@pytest.fixture
def plans(engine):
    """Runs a question and gives the plans of its statements."""
    if engine.dialect.name != "sqlite":
        pytest.skip("the planner of the other engine goes by the number of rows")
    statements = []

    def keep(_connection, _cursor, statement, parameters, _context, _many):
        if statement.startswith("SELECT"):
            statements.append((statement, parameters))

    def run(question):
        statements.clear()
        sa.event.listen(engine, "before_cursor_execute", keep)
        with reading(engine) as connection:
            question(connection)
            sa.event.remove(engine, "before_cursor_execute", keep)
            found = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given) for text, given in statements]
            return [row[3] for rows in found for row in rows]

    return run


@pytest.mark.parametrize("wanted", FILTERS)
def test_entries_are_found_by_an_index_and_read_by_their_number(engine, plans, wanted):
    desk = IssueDesk(engine)
    desk.change(desk.see("a"), status="resolved")

    steps = plans(lambda connection: changes.list_entries(connection, desk.project, wanted, 100, 0))
    counted = plans(lambda connection: changes.count_entries(connection, desk.project, wanted, 10))

    assert steps
    assert not [step for step in (*steps, *counted) if step.startswith("SCAN change")]
    assert not [step for step in steps if "INDEX ix_changes_project_id" in step and "COVERING" not in step]


@pytest.mark.parametrize("issue", [None, UUID(int=1)])
def test_lines_of_a_history_are_found_by_an_index(engine, plans, issue):
    desk = IssueDesk(engine)
    desk.change(desk.see("a"), status="resolved")

    steps = plans(lambda connection: changes.list_activity(connection, desk.project, issue, 10, 0))

    assert steps
    assert not [step for step in steps if step.startswith("SCAN change")]
    assert any(("issue_id=?" if issue else "ix_change_issues_activity") in step for step in steps)


def test_counting_stops_where_it_is_told_to(engine):
    desk = IssueDesk(engine)
    desk.see(*"abcde")

    with reading(engine) as connection:
        counts = [changes.count_entries(connection, desk.project, EntryFilter(), most) for most in (3, 5, 9)]

    assert counts == [3, 5, 5]
