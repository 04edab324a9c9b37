"""`/projects/{id}/changes`: all that anyone or Mothlight itself changed, newest first. Each can be taken back."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo
from itertools import groupby
from uuid import UUID

import msgspec
from starlette.responses import Response

from mothlight.issues.journal import PIPELINE
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import changes
from mothlight.storage.metadata.repositories.changes import EntryFilter
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.pages.changes.lines import Line, read_lines
from mothlight.web.pages.words import with_values

PATH = "changes"
PAGE_SIZE = 50
LAST_PAGE = 20_000
MOST_COUNTED = 10_000
"""Up to here counts are exact: counting millions takes longer than showing them."""
LARGEST_ID = 2**31 - 1

BY = {"": "All", "people": "People", PIPELINE.type: "Mothlight"}
"""Whose changes are shown. To add one: a line, and its meaning in `Shown.filter`."""


class Shown(msgspec.Struct, frozen=True):
    """Which part of the journal a page shows: what its address says."""

    by: str = ""
    who: int | None = None
    issue: UUID | None = None
    page: int = 1

    def to(self, **others: object) -> str:
        """The address with some changes, below the project."""
        shown = msgspec.structs.replace(self, **{"page": 1, **others})
        values = {"by": shown.by or None, "who": shown.who, "issue": shown.issue}
        return with_values(PATH, {**values, "page": shown.page if shown.page > 1 else None})

    def filter(self) -> EntryFilter:
        """As the journal is asked."""
        kind = {"people": "user", PIPELINE.type: PIPELINE.type}.get(self.by)
        if self.who is not None:
            return EntryFilter(issue_id=self.issue, actor_type="user", actor_id=str(self.who))
        return EntryFilter(issue_id=self.issue, actor_type=kind)


def show_changes(call: ProjectPage) -> Response:
    """The journal, by days."""
    shown = _read_shown(call)
    with reading(call.database) as connection:
        wanted, project = shown.filter(), call.project.id
        found = changes.list_entries(connection, project, wanted, PAGE_SIZE + 1, (shown.page - 1) * PAGE_SIZE)
        lines = read_lines(connection, call, found[:PAGE_SIZE])
        counts = {
            by: changes.count_entries(connection, project, Shown(by, None, shown.issue).filter(), MOST_COUNTED)
            for by in BY
        }
    members = call.parts.directory.list_members(call.project.organization_id)
    return call.page(
        "changes/changes.html",
        shown=shown,
        base=call.path(""),
        days=_by_day(lines, call.visit.zone, call.parts.clock()),
        views=[(by, name, counts[by]) for by, name in BY.items()],
        most_counted=MOST_COUNTED,
        people=[(each.user.id, each.user.first_name or each.user.email) for each in members],
        first=(shown.page - 1) * PAGE_SIZE + 1,
        count=len(lines),
        has_more=len(found) > PAGE_SIZE,
    )


def _by_day(lines: Sequence[Line], zone: tzinfo, now: datetime) -> list[tuple[str, list[Line]]]:
    today = now.astimezone(zone).date()
    days = groupby(lines, lambda line: line.created_at.astimezone(zone).date())
    return [(_day(day, today), list(of_day)) for day, of_day in days]


def _day(day: date, today: date) -> str:
    if day == today:
        return "Today"
    return "Yesterday" if day == today - timedelta(days=1) else f"{day.day} {day:%B %Y}"


def _read_shown(call: ProjectPage) -> Shown:
    by = call.query.get("by", "")
    who = _number(call.query.get("who", ""), LARGEST_ID)
    try:
        issue = UUID(call.query["issue"]) if "issue" in call.query else None
    except ValueError:
        issue = None
    return Shown(by if by in BY else "", who, issue, _number(call.query.get("page", ""), LAST_PAGE) or 1)


def _number(text: str, largest: int) -> int | None:
    return min(int(text), largest) or None if text.isascii() and text.isdecimal() and len(text) < 12 else None
