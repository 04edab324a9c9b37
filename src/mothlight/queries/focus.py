"""Which events a closer question is about: those of one issue, or those of all issues that a list would show."""

from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT
from mothlight.filters.fields import of_issues as of_issues_in
from mothlight.queries.criteria import list_criteria, of_issues, read_test_account_filters
from mothlight.queries.date_range import DateRange, figures_range
from mothlight.queries.matching import Matching
from mothlight.queries.questions import IssueList
from mothlight.queries.states import in_state
from mothlight.storage.events.interface import EventStore


class Focus(msgspec.Struct, frozen=True, kw_only=True):
    """The events that meet the criteria. Order, page and volume of the criteria do not matter."""

    issue_id: UUID | None = None
    """Only events of this issue, whatever its status and assignee."""
    criteria: IssueList = IssueList()


class Place(msgspec.Struct, frozen=True):
    """Where a question is asked."""

    store: EventStore
    metadata: sa.Engine
    project_id: int


def is_unknown(focus: Focus, place: Place) -> bool:
    """Whether the project has no such issue."""
    if focus.issue_id is None:
        return False
    sql = f"SELECT count() FROM issues FINAL WHERE {OF_PROJECT} AND deleted = 0 AND issue_id = {{issue:UUID}}"
    ((found,),) = place.store.query(place.project_id, sql, {"issue": focus.issue_id})
    return not found


def read_focus(focus: Focus, place: Place, now: datetime) -> tuple[DateRange, Matching]:
    """The range of the question, both bounds in it, and the events of the focus in it."""
    range_, criteria = read_criteria(focus, place, now)
    return range_, criteria.also(_of_focus(focus, criteria.bindings))


def read_criteria(focus: Focus, place: Place, now: datetime) -> tuple[DateRange, Matching]:
    """The same, of whatever issue."""
    bindings = Bindings()
    criteria = focus.criteria
    range_ = figures_range(criteria.window, now)
    tests = read_test_account_filters(place.metadata, place.project_id, wanted=criteria.filter_test_accounts)
    filters = criteria.filters + tests
    others = list_criteria(criteria, filters, (place.store, place.project_id), bindings, now)
    return range_, Matching([range_.condition(bindings), *others], bindings)


def _of_focus(focus: Focus, bindings: Bindings) -> str:
    if focus.issue_id is not None:
        return of_issues([focus.issue_id], bindings)
    return of_issues_in(in_state(focus.criteria.status, focus.criteria.assignee, bindings, focus.criteria.environments))
