"""What the address of an issue's page asks for: range, filters, event. Links of the page change one of these."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any, Literal
from uuid import UUID

from starlette.datastructures import QueryParams

from mothlight.filters.moments import absolute_moment
from mothlight.filters.parse import read_filters
from mothlight.filters.property_filter import PropertyFilter
from mothlight.model.errors import not_found
from mothlight.queries.focus import Focus
from mothlight.queries.questions import IssueList, Window
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.pages.words import with_values

RANGES = {"24h": "-24h", "7d": "-7d", "30d": "-30d", "all": "all"}
"""Ranges by the name that addresses have. To add one: a line here."""
USUAL = "7d"
MOST_FILTERS = 10
LONGEST = 1000
RELEASE = "$exception_release"
LISTS = frozenset({"$active_feature_flags"})
"""Properties that are lists: a filter looks for one element."""


@dataclass(frozen=True, slots=True)
class Where:
    """A filter: events with this value of a property, or without any."""

    key: str
    value: str

    @property
    def text(self) -> str:
        """As addresses have it."""
        return f"{self.key}={self.value}"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is shown of an issue."""

    issue_id: UUID
    base: str
    """Path of the issue's page."""
    range: str | None
    """A name of `RANGES`; None: not chosen, or zoomed in."""
    start: datetime | None
    end: datetime | None
    """Bounds of a range that was zoomed into."""
    where: tuple[Where, ...]
    at: UUID | Literal["newest", "oldest"]
    facet: str
    """Whose values are shown besides the usual ones; empty: none."""

    @property
    def is_zoomed(self) -> bool:
        """Whether the range is none of the usual ones."""
        return self.start is not None

    @property
    def is_usual(self) -> bool:
        """Whether nobody chose a range."""
        return self.range is None and self.start is None

    @property
    def window(self) -> Window:
        """The range, as the queries take it."""
        if self.start is not None and self.end is not None:
            return Window(self.start.isoformat(), self.end.isoformat())
        return Window(RANGES[self.range or USUAL])

    def focus(self) -> Focus:
        """The events of the issue that are shown."""
        release = next((each.value for each in self.where if each.key == RELEASE), None)
        return Focus(
            issue_id=self.issue_id,
            # An issue's own page speaks of all its events, also of test accounts: a newcomer's first ones are such.
            criteria=IssueList(window=self.window, filters=self.filters(), release=release, filter_test_accounts=False),
        )

    def filters(self) -> tuple[PropertyFilter, ...]:
        """The filters alone."""
        return read_filters([_filter(each) for each in self.where if each.key != RELEASE])

    def link(self, part: str = "", **changes: Any) -> str:
        """The path of this page, or of a part of it, with something changed; an event is left behind."""
        other = replace(self, at="newest", **changes) if "at" not in changes else replace(self, **changes)
        values = {
            "range": other.range,
            "from": other.start.isoformat() if other.start else None,
            "to": other.end.isoformat() if other.end else None,
            "where": [each.text for each in other.where] or None,
            "at": "oldest" if other.at == "oldest" else None,
            "event": str(other.at) if isinstance(other.at, UUID) else None,
            "property": other.facet or None,
        }
        return with_values(self.base + part, values)

    def with_filter(self, key: str, value: str) -> str:
        """The same with one more filter."""
        return self.link(where=(*(each for each in self.where if each.key != key), Where(key, value)))

    def without_filter(self, where: Where) -> str:
        """The same with one filter less."""
        return self.link(where=tuple(each for each in self.where if each != where))

    def with_range(self, name: str) -> str:
        """The same over another range."""
        return self.link(range=name, start=None, end=None)

    def zoomed(self, start: datetime, end: datetime) -> str:
        """The same over some parts of the histogram."""
        return self.link(range=None, start=start, end=end)


def read_asked(call: ProjectPage) -> Asked:
    """What an address asks for; what cannot be read counts as not there. `Refused` for what is no issue's id."""
    issue_id = read_issue_id(call)
    query = call.query
    start, end = (_read_moment(query.get(name, ""), call.visit.zone) for name in ("from", "to"))
    is_zoomed = start is not None and end is not None and start < end
    name = query.get("range")
    return Asked(
        issue_id=issue_id,
        base=call.path(f"issues/{issue_id}"),
        range=name if name in RANGES and not is_zoomed else None,
        start=start if is_zoomed else None,
        end=end if is_zoomed else None,
        where=_read_where(query),
        at=_read_at(query),
        facet=query.get("property", "")[:LONGEST].replace("\0", ""),
    )


def read_issue_id(call: ProjectPage) -> UUID:
    """The issue of the path."""
    try:
        return UUID(call.incoming.parameters["id"])
    except ValueError:
        raise not_found("There is no such issue.") from None


def read_ids(texts: Sequence[str]) -> list[UUID]:
    """The ids among some texts."""
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def _read_moment(text: str, zone: tzinfo) -> datetime | None:
    """A moment; without an offset it is one of the viewer's zone, as the browser's fields write it."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return absolute_moment(text)
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment


def _read_where(query: QueryParams) -> tuple[Where, ...]:
    found: dict[str, Where] = {}
    for text in query.getlist("where")[:MOST_FILTERS]:
        # A name may begin with an equals sign, a value may hold some.
        key, sign, value = text.partition("=")
        if key and sign and len(text) <= LONGEST and "\0" not in text:
            found[key] = Where(key, value)
    return tuple(found.values())


def _read_at(query: QueryParams) -> UUID | Literal["newest", "oldest"]:
    found = read_ids([query.get("event", "")])
    if found:
        return found[0]
    return "oldest" if query.get("at") == "oldest" else "newest"


def _filter(where: Where) -> dict[str, Any]:
    if not where.value:
        return {"key": where.key, "operator": "is_not_set"}
    if where.key in LISTS:
        return {"key": where.key, "operator": "icontains", "value": f'"{where.value}"'}
    return {"key": where.key, "operator": "exact", "value": [where.value]}
