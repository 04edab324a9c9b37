"""Which issues had matching events, in order, with figures over those events (api 2.1)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.filters.bindings import Bindings
from mothlight.queries.criteria import list_criteria, read_test_account_filters
from mothlight.queries.date_range import DateRange, figures_range
from mothlight.queries.dropped import read_dropped
from mothlight.queries.figures import (
    MERGED,
    Figures,
    Summary,
    owned_keys,
    read_figures,
    read_volumes,
    summaries,
    summaries_sql,
)
from mothlight.queries.matching import Matching
from mothlight.queries.questions import Assignee, IssueList
from mothlight.queries.states import IssueState, in_state, read_states
from mothlight.queries.together import meanwhile
from mothlight.queries.volume import Bucket, Buckets
from mothlight.storage.events.interface import EventStore


class Aggregations(msgspec.Struct, frozen=True, omit_defaults=True):
    """Figures of one issue, named as on the wire."""

    occurrences: int
    users: int
    sessions: int
    volume: list[int] = msgspec.field(name="volumeRange")
    volume_buckets: list[Bucket]
    dropped: int = 0
    """Events beside the occurrences that limits kept out; left out where there are none."""


class ListedIssue(msgspec.Struct, frozen=True):
    """One row of an issue list, named as on the wire. Encoded by msgspec its moments are as api 1.7 wants them."""

    id: str
    name: str | None
    description: str | None
    status: str
    first_seen: datetime
    last_seen: datetime
    library: str | None
    source: str | None
    assignee: Assignee | None
    aggregations: Aggregations


class FoundIssue(msgspec.Struct, frozen=True):
    """An issue as it was found: how it is now, what its matching events say, and how they are spread in time."""

    state: IssueState
    figures: Figures
    buckets: Buckets
    volume: list[int]
    dropped: int = 0


class FoundIssues(msgspec.Struct, frozen=True):
    """One page of found issues."""

    issues: list[FoundIssue]
    has_more: bool


class IssuePage(msgspec.Struct, frozen=True):
    """One page of an issue list."""

    results: list[ListedIssue]
    has_more: bool


def answer(question: IssueList, store: EventStore, metadata: sa.Engine, project_id: int, now: datetime) -> IssuePage:
    """The page of issues that a question asks for. `Refused` for a date or search text that cannot be."""
    found = find_issues(question, store, metadata, project_id, now)
    rows = [listed_issue(each.state, each.figures, each.buckets, each.volume, each.dropped) for each in found.issues]
    return IssuePage(rows, found.has_more)


def find_issues(
    question: IssueList, store: EventStore, metadata: sa.Engine, project_id: int, now: datetime
) -> FoundIssues:
    """The same before it is put into words of the wire."""
    range_ = figures_range(question.window, now)
    matching = matching_events(question, range_, (store, project_id), metadata, now)
    found = summaries(store, project_id, _order_sql(question, matching), matching)
    page = found[: question.limit]
    buckets = Buckets(range_, max(1, question.volume_resolution))
    ids = [each.issue_id for each in page]
    apart = matching.apart()
    reading_states = meanwhile(lambda: read_states(store, project_id, ids, question.environments))
    reading_volumes = meanwhile(lambda: _volumes(store, project_id, page, apart, buckets))
    reading_dropped = meanwhile(lambda: read_dropped(store, project_id, ids, range_, question.environments))
    figures = read_figures(store, project_id, page, matching)
    states, volumes, dropped = reading_states.result(), reading_volumes.result(), reading_dropped.result()
    shown = [each.issue_id for each in page if each.issue_id in states]
    rows = [
        FoundIssue(states[issue], figures[issue], buckets, volumes[issue], dropped.get(issue, 0)) for issue in shown
    ]
    return FoundIssues(rows, has_more=len(found) > question.limit)


def matching_events(
    question: IssueList, range_: DateRange, place: tuple[EventStore, int], metadata: sa.Engine, now: datetime
) -> Matching:
    """The events that a question is about, in a range. `place` is the store and the project in it."""
    bindings = Bindings()
    of_accounts = read_test_account_filters(metadata, place[1], wanted=question.filter_test_accounts)
    criteria = list_criteria(question, (*question.filters, *of_accounts), place, bindings, now)
    return Matching([range_.condition(bindings), *criteria], bindings)


def wanted_issues(question: IssueList, bindings: Bindings) -> str:
    """The subquery of the issues that are in the state which a question asks for."""
    return in_state(
        question.status, question.assignee, bindings, question.environments, is_assigned=question.is_assigned
    )


def listed_issue(
    state: IssueState, figures: Figures, buckets: Buckets, volume: Sequence[int], dropped: int = 0
) -> ListedIssue:
    """One row of the list."""
    return ListedIssue(
        id=state.id,
        name=state.name,
        description=state.description,
        status=state.status,
        first_seen=figures.first_seen,
        last_seen=figures.last_seen,
        library=figures.library,
        source=figures.source,
        assignee=state.assignee,
        aggregations=aggregations(figures, buckets, volume, dropped),
    )


def aggregations(figures: Figures, buckets: Buckets, volume: Sequence[int], dropped: int = 0) -> Aggregations:
    """Figures and volume together."""
    # Events that arrive between two readings must not make the figure differ from the sum of its parts.
    return Aggregations(sum(volume), figures.users, figures.sessions, list(volume), buckets.labelled(volume), dropped)


def _volumes(
    store: EventStore, project_id: int, page: Sequence[Summary], matching: Matching, buckets: Buckets
) -> dict[UUID, list[int]]:
    if buckets.count == 1:
        return {each.issue_id: [each.occurrences] for each in page}
    counted = read_volumes(store, project_id, owned_keys(page), matching, buckets)
    return {each.issue_id: counted.get(each.issue_id, buckets.values(())) for each in page}


def _order_sql(question: IssueList, matching: Matching) -> str:
    """Summaries of the page's issues and of one more."""
    bindings = matching.bindings
    issues = wanted_issues(question, bindings)
    with_people = question.order_by in {"users", "sessions"} or bool(
        question.search_query or question.user or question.file_path
    )
    return f"""
        {summaries_sql(matching, issues, with_people=with_people)}
        ORDER BY {ORDERS[question.order_by]} {question.order_direction}, max(newest) DESC, toString(issue_id) ASC
        LIMIT {bindings.bind(question.limit + 1, "UInt64")} OFFSET {bindings.bind(question.offset, "UInt64")}
    """


ORDERS = {
    "occurrences": "sum(events)",
    "last_seen": "max(newest)",
    "first_seen": "min(first_seen)",
    "users": MERGED[0],
    "sessions": MERGED[1],
}
"""The figure of each order, in the words of `summaries_sql`."""
