"""Rows of the list: what queries found, with what the metadata database knows of it beside."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.issues.journal import REOPENED
from mothlight.queries.answers.issue_list import FoundIssue, FoundIssues
from mothlight.queries.figures import Figures
from mothlight.queries.questions import Assignee
from mothlight.storage.metadata.repositories.issue_views import find_regressed
from mothlight.storage.metadata.repositories.issues import load_issues
from mothlight.web.pages.calls import ProjectPage

NEW_FOR = timedelta(hours=24)
UNNAMED = "Issue without a name"


class Responsible(msgspec.Struct, frozen=True):
    """Who looks after an issue."""

    name: str
    value: str
    """As forms send it: `user:7`, `role:…`."""

    @property
    def is_team(self) -> bool:
        """Whether it is a role."""
        return self.value.startswith("role:")


class Row(msgspec.Struct, frozen=True):
    """One issue as the list shows it."""

    id: str
    name: str
    message: str
    status: str
    severity: str | None
    responsible: Responsible | None
    figures: Figures
    volume: list[int]
    is_regressed: bool
    is_new: bool

    @property
    def place(self) -> str:
        """Function and file of the frame nearest the throw."""
        return " · ".join(filter(None, (self.figures.function, self.figures.source)))

    @property
    def library(self) -> str:
        """The SDK in one word."""
        return (self.figures.library or "").removeprefix("posthog-")


def make_rows(call: ProjectPage, connection: sa.Connection, found: FoundIssues, now: datetime) -> list[Row]:
    """The rows, with two readings of the database for all of them."""
    ids = [UUID(each.state.id) for each in found.issues]
    severities = {str(id): issue.severity for id, issue in load_issues(connection, call.project.id, ids).items()}
    regressed = set(map(str, find_regressed(connection, call.project.id, REOPENED, ids)))
    people = {each.value: each for each in list_responsible(call)}
    return [_row(each, severities, regressed, people, now) for each in found.issues]


def list_responsible(call: ProjectPage) -> list[Responsible]:
    """Everybody whom an issue can be given to, people first."""
    directory, organization = call.parts.directory, call.project.organization_id
    members = [each.user for each in directory.list_members(organization)]
    people = [Responsible(user.first_name or user.email, f"user:{user.id}") for user in members]
    return people + [Responsible(role.name, f"role:{role.id}") for role in directory.list_roles(organization)]


def _row(
    found: FoundIssue,
    severities: Mapping[str, str | None],
    regressed: set[str],
    people: Mapping[str, Responsible],
    now: datetime,
) -> Row:
    state = found.state
    return Row(
        id=state.id,
        name=state.name or UNNAMED,
        message=state.description or "",
        status=state.status,
        severity=severities.get(state.id),
        responsible=_responsible(state.assignee, people),
        figures=found.figures,
        volume=found.volume,
        is_regressed=state.id in regressed,
        is_new=now - found.figures.first_seen < NEW_FOR,
    )


def _responsible(assignee: Assignee | None, people: Mapping[str, Responsible]) -> Responsible | None:
    if assignee is None:
        return None
    value = f"{assignee.type}:{assignee.id}"
    return people.get(value) or Responsible("Somebody who left", value)
