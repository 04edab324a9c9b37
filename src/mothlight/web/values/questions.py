"""Bodies of the three query endpoints (api.md 2.1 to 2.3), field by field in the order of the contract's tables.

To add a field: a line in its model, in the contract's place, because the first error in this order is told. What the
contract does not know comes last.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from mothlight.queries.questions import (
    DEFAULT_DATE_FROM,
    Assignee,
    Direction,
    IssueDetail,
    IssueEvents,
    IssueList,
    OrderBy,
    Verbosity,
    Window,
)
from mothlight.web.values.fields import (
    Choice,
    Environments,
    Filters,
    Flag,
    Id,
    Integer,
    NotNull,
    Text,
    Text500,
    Text1000,
    Texts,
)

LARGEST = 2**63 - 1
"""What the event store counts with; no issue has more rows."""

Status = Literal["archived", "active", "resolved", "pending_release", "suppressed", "all"]


def _check_end(value: str) -> str:
    if value == "all":
        raise PydanticCustomError("invalid_input", 'A date range cannot end at "all".')
    return value


def _read_assignee_id(value: Any) -> int | str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise PydanticCustomError("invalid_input", "Expected a string or integer.")
    return value


class DateRange(BaseModel):
    """The window of events; see 7 for the grammar."""

    date_from: Text = DEFAULT_DATE_FROM
    date_to: Annotated[Text, AfterValidator(_check_end)] | None = None

    def window(self) -> Window:
        """As the queries take it."""
        return Window(self.date_from, self.date_to)


class AssigneeFilter(BaseModel):
    """A user or a role."""

    id: Annotated[int | str, PlainValidator(_read_assignee_id), WithJsonSchema({"type": ["integer", "string"]})]
    type: Annotated[Literal["user", "role"], Choice]


class _Body(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)


class QueryIssues(_Body):
    """Which issues, how many, in which order."""

    date_range: DateRange = DateRange()
    status: Annotated[Status, Choice] = "active"
    assignee: AssigneeFilter | None = None
    filter_test_accounts: Flag = True
    search_query: Annotated[Text500 | None, NotNull()] = None
    filter_group: Filters = ()
    order_by: Annotated[OrderBy, Choice] = "occurrences"
    order_direction: Annotated[Direction, Choice] = "DESC"
    limit: Annotated[int, Field(ge=1, le=100), Integer] = 25
    offset: Annotated[int, Field(ge=0), Integer] = 0
    volume_resolution: Annotated[int, Field(ge=0, le=200), Integer] = 0
    library: Annotated[Texts | None, NotNull()] = None
    release: Annotated[Text500 | None, NotNull()] = None
    fingerprint: Annotated[Texts | None, NotNull()] = None
    user: Annotated[Text500 | None, NotNull()] = None
    person_id: Annotated[Id | None, NotNull()] = None
    url: Annotated[Text1000 | None, NotNull()] = None
    file_path: Annotated[Text1000 | None, NotNull()] = None
    environment: Annotated[Environments | None, NotNull()] = None

    def question(self) -> IssueList:
        """As the queries take it."""
        return IssueList(
            window=self.date_range.window(),
            status=None if self.status == "all" else self.status,
            assignee=Assignee(self.assignee.id, self.assignee.type) if self.assignee else None,
            filter_test_accounts=self.filter_test_accounts,
            search_query=self.search_query or "",
            user=self.user or "",
            file_path=self.file_path or "",
            filters=self.filter_group,
            order_by=self.order_by,
            order_direction=self.order_direction,
            limit=self.limit,
            offset=min(self.offset, LARGEST),
            volume_resolution=self.volume_resolution,
            libraries=self.library or (),
            release=self.release,
            fingerprints=self.fingerprint or (),
            person_id=self.person_id,
            url=self.url,
            environments=self.environment or (),
        )


class QueryIssue(_Body):
    """Which issue, with which figures."""

    issue_id: Id
    date_range: DateRange = DateRange()
    filter_test_accounts: Flag = True
    volume_resolution: Annotated[int, Field(ge=0, le=200), Integer] = 0
    include_sparkline: Flag = False
    environment: Annotated[Environments | None, NotNull()] = None

    def question(self) -> IssueDetail:
        """As the queries take it."""
        return IssueDetail(
            issue_id=self.issue_id,
            window=self.date_range.window(),
            filter_test_accounts=self.filter_test_accounts,
            volume_resolution=self.volume_resolution,
            include_sparkline=self.include_sparkline,
            environments=self.environment or (),
        )


class QueryIssueEvents(_Body):
    """Which events of an issue, and how much of each."""

    issue_id: Id
    date_range: DateRange = DateRange()
    filter_test_accounts: Flag = True
    filter_group: Filters = ()
    search_query: Annotated[Text500 | None, NotNull()] = None
    order_direction: Annotated[Direction, Choice] = "DESC"
    limit: Annotated[int, Field(ge=1, le=20), Integer] = 1
    offset: Annotated[int, Field(ge=0), Integer] = 0
    verbosity: Annotated[Verbosity, Choice] = "summary"
    only_app_frames: Flag = True
    environment: Annotated[Environments | None, NotNull()] = None

    def question(self) -> IssueEvents:
        """As the queries take it."""
        return IssueEvents(
            issue_id=self.issue_id,
            window=self.date_range.window(),
            filter_test_accounts=self.filter_test_accounts,
            filters=self.filter_group,
            search_query=self.search_query,
            order_direction=self.order_direction,
            limit=self.limit,
            offset=min(self.offset, LARGEST),
            verbosity=self.verbosity,
            only_app_frames=self.only_app_frames,
            environments=self.environment or (),
        )
