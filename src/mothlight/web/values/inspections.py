"""Bodies of the questions about what stands behind an issue: `query/breakdown` and its neighbours.

To add a field: a line in its model; the first error in this order is told.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from mothlight.queries.focus import Focus
from mothlight.queries.inspection import (
    LEAST_BUCKETS,
    MOST_BUCKETS,
    MOST_PROPERTIES,
    Breakdown,
    Differences,
    Grouping,
    Histogram,
    IssueEvent,
    SimilarIssues,
)
from mothlight.queries.questions import Assignee, IssueList
from mothlight.web.values.fields import (
    Choice,
    Environments,
    Filters,
    Flag,
    Id,
    Integer,
    Literally,
    NotNull,
    Text,
    Text500,
    Text1000,
    Texts,
)
from mothlight.web.values.questions import LARGEST, AssigneeFilter, DateRange, Status

Properties = Annotated[list[Annotated[Literally, Field(max_length=1000)]], Field(max_length=MOST_PROPERTIES)]


class _Body(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)


class _Criteria(_Body):
    """What an event must meet: the criteria of `query/issues`, with the same meaning."""

    date_range: DateRange = DateRange()
    filter_test_accounts: Flag = True
    search_query: Annotated[Text500 | None, NotNull()] = None
    filter_group: Filters = ()
    library: Annotated[Texts | None, NotNull()] = None
    release: Annotated[Text500 | None, NotNull()] = None
    fingerprint: Annotated[Texts | None, NotNull()] = None
    user: Annotated[Text500 | None, NotNull()] = None
    person_id: Annotated[Id | None, NotNull()] = None
    url: Annotated[Text1000 | None, NotNull()] = None
    file_path: Annotated[Text1000 | None, NotNull()] = None
    environment: Annotated[Environments | None, NotNull()] = None

    def criteria(self, status: str | None = None, assignee: AssigneeFilter | None = None) -> IssueList:
        """As the queries take it."""
        return IssueList(
            window=self.date_range.window(),
            status=status,
            assignee=Assignee(assignee.id, assignee.type) if assignee else None,
            filter_test_accounts=self.filter_test_accounts,
            search_query=self.search_query or "",
            user=self.user or "",
            file_path=self.file_path or "",
            filters=self.filter_group,
            libraries=self.library or (),
            release=self.release,
            fingerprints=self.fingerprint or (),
            person_id=self.person_id,
            url=self.url,
            environments=self.environment or (),
        )


class _OfIssue(_Criteria):
    """Events of one issue."""

    issue_id: Id

    def focus(self) -> Focus:
        """As the queries take it."""
        return Focus(issue_id=self.issue_id, criteria=self.criteria())


class _OfIssues(_Criteria):
    """Events of one issue, or of all that a list with the same criteria would show."""

    issue_id: Annotated[Id | None, NotNull()] = None
    status: Annotated[Status, Choice] = "active"
    assignee: AssigneeFilter | None = None

    def focus(self) -> Focus:
        """As the queries take it. With an issue, its status and assignee do not matter."""
        status = None if self.status == "all" else self.status
        return Focus(issue_id=self.issue_id, criteria=self.criteria(status, self.assignee))


class QueryBreakdown(_OfIssues):
    """Of which events, and which properties."""

    properties: Annotated[Properties, Field(min_length=1)]
    limit: Annotated[int, Field(ge=1, le=100), Integer] = 10

    def question(self) -> Breakdown:
        """As the queries take it."""
        return Breakdown(focus=self.focus(), properties=tuple(dict.fromkeys(self.properties)), limit=self.limit)


class QueryDifferences(_OfIssue):
    """Of which issue, among which events."""

    properties: Properties = []

    def question(self) -> Differences:
        """As the queries take it."""
        return Differences(focus=self.focus(), properties=tuple(dict.fromkeys(self.properties)))


class QueryHistogram(_OfIssues):
    """Of which events, how fine and in whose calendar."""

    time_zone: Text = "UTC"
    buckets: Annotated[int, Field(ge=LEAST_BUCKETS, le=MOST_BUCKETS), Integer] = 60

    def question(self) -> Histogram:
        """As the queries take it."""
        return Histogram(focus=self.focus(), time_zone=self.time_zone, buckets=self.buckets)


class QueryIssueEvent(_OfIssue):
    """Which event of an issue."""

    at: Annotated[Literal["newest", "oldest"], Choice] = "newest"
    event: Annotated[Id | None, NotNull()] = None

    def question(self) -> IssueEvent:
        """As the queries take it. An event that is named goes before the choice."""
        return IssueEvent(focus=self.focus(), at=self.event or self.at)


class QuerySimilarIssues(_Body):
    """Similar to which issue."""

    issue_id: Id
    date_range: DateRange = DateRange()
    limit: Annotated[int, Field(ge=1, le=50), Integer] = 10

    def question(self) -> SimilarIssues:
        """As the queries take it."""
        return SimilarIssues(issue_id=self.issue_id, window=self.date_range.window(), limit=self.limit)


class QueryGrouping(_Body):
    """Which issue's fingerprints."""

    issue_id: Id
    date_range: DateRange = DateRange()
    limit: Annotated[int, Field(ge=1, le=100), Integer] = 20
    offset: Annotated[int, Field(ge=0), Integer] = 0

    def question(self) -> Grouping:
        """As the queries take it."""
        return Grouping(
            issue_id=self.issue_id,
            window=self.date_range.window(),
            limit=self.limit,
            offset=min(self.offset, LARGEST),
        )
