"""Questions about issues and events, as typed values. Callers (API, pages) build them, `answers/` answers them.

Texts of dates are kept as they were asked (`date_range` reads them with the clock of the answer); everything else is
already checked: bounds, choices and types are the caller's work (api 2.1 to 2.3), filters come from `filters.parse`.
"""

from typing import Literal
from uuid import UUID

import msgspec

from mothlight.filters.property_filter import Condition, PropertyFilter

Direction = Literal["ASC", "DESC"]
OrderBy = Literal["last_seen", "first_seen", "occurrences", "users", "sessions"]
Verbosity = Literal["summary", "stack", "raw"]

DEFAULT_DATE_FROM = "-7d"


class Window(msgspec.Struct, frozen=True):
    """`dateRange` as asked, in the grammar of api 7."""

    date_from: str = DEFAULT_DATE_FROM
    date_to: str | None = None
    """None: now."""


class Assignee(msgspec.Struct, frozen=True):
    """Who is responsible for an issue."""

    id: int | str
    """A user's number or a role's id."""
    type: Literal["user", "role"]


class IssueList(msgspec.Struct, frozen=True, kw_only=True):
    """Which issues had events that meet all criteria, with figures over those events (api 2.1)."""

    window: Window = Window()
    status: str | None = "active"
    """None: any status."""
    assignee: Assignee | None = None
    is_assigned: bool | None = None
    """Whether anybody is responsible; None: whether or not."""
    filter_test_accounts: bool = True
    search_query: str = ""
    user: str = ""
    file_path: str = ""
    """The three search texts are joined and searched together."""
    filters: tuple[Condition, ...] = ()
    order_by: OrderBy = "occurrences"
    order_direction: Direction = "DESC"
    limit: int = 25
    offset: int = 0
    volume_resolution: int = 0
    """Number of volume buckets; 0 counts as 1."""
    libraries: tuple[str, ...] = ()
    release: str | None = None
    fingerprints: tuple[str, ...] = ()
    person_id: UUID | None = None
    url: str | None = None
    environments: tuple[str, ...] = ()
    """Figures and status speak of these; none: of all. The empty one is that of events that name none."""


class IssueDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One issue with its figures, newest frame and release (api 2.2)."""

    issue_id: UUID
    window: Window = Window()
    filter_test_accounts: bool = True
    volume_resolution: int = 0
    include_sparkline: bool = False
    environments: tuple[str, ...] = ()


class IssueEvents(msgspec.Struct, frozen=True, kw_only=True):
    """Events of one issue (api 2.3)."""

    issue_id: UUID
    window: Window = Window()
    filter_test_accounts: bool = True
    filters: tuple[PropertyFilter, ...] = ()
    search_query: str | None = None
    """One phrase, not tokens."""
    order_direction: Direction = "DESC"
    limit: int = 1
    offset: int = 0
    verbosity: Verbosity = "summary"
    only_app_frames: bool = True
    environments: tuple[str, ...] = ()


class IssueValues(msgspec.Struct, frozen=True, kw_only=True):
    """Values for completing an issue filter (api 4.2)."""

    key: str | None
    value: str = ""
