"""Rows of the list: what queries found, with what the metadata database knows of it beside."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.issues.journal import REOPENED
from mothlight.model.issue_states import shown_environment
from mothlight.queries.answers.issue_list import FoundIssues
from mothlight.queries.figures import Figures
from mothlight.queries.questions import Assignee
from mothlight.storage.metadata.repositories.environments import seen_environments
from mothlight.storage.metadata.repositories.issue_views import find_regressed
from mothlight.storage.metadata.repositories.issues import StoredIssue, load_issues
from mothlight.storage.metadata.repositories.spike_events import last_spikes
from mothlight.web.pages.calls import ProjectPage

NEW_FOR = timedelta(hours=24)
SPIKING_FOR = timedelta(hours=1)
"""How long the list shows that an issue spiked."""
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
    environments: Sequence[tuple[str, str]]
    """Name and state of each environment whose state differs from that of the issue."""
    is_regressed: bool
    is_new: bool
    is_spiking: bool = False
    dropped: int = 0
    """Events that are only counted."""

    @property
    def place(self) -> str:
        """Function and file of the frame nearest the throw."""
        return " · ".join(filter(None, (self.figures.function, self.figures.source)))

    @property
    def library(self) -> str:
        """The SDK in one word."""
        return (self.figures.library or "").removeprefix("posthog-")


def make_rows(call: ProjectPage, connection: sa.Connection, found: FoundIssues, now: datetime) -> list[Row]:
    """The rows, with at most four readings of the database for all of them."""
    ids = [UUID(each.state.id) for each in found.issues]
    stored = load_issues(connection, call.project.id, ids)
    split = [id for id, issue in stored.items() if issue.states.named]
    seen = seen_environments(connection, call.project.id, split) if split else {}
    regressed = set(map(str, find_regressed(connection, call.project.id, REOPENED, ids)))
    spikes = last_spikes(connection, call.project.id, ids)
    spiking = {str(issue) for issue, spike in spikes.items() if now - spike.detected_at < SPIKING_FOR}
    people = {each.value: each for each in list_responsible(call)}
    rows = []
    for each in found.issues:
        issue = stored.get(UUID(each.state.id))
        rows.append(
            Row(
                id=each.state.id,
                name=each.state.name or UNNAMED,
                message=each.state.description or "",
                status=each.state.status,
                severity=None if issue is None else issue.severity,
                responsible=_responsible(each.state.assignee, people),
                figures=each.figures,
                volume=each.volume,
                environments=() if issue is None else _environments(issue, seen.get(issue.id, frozenset())),
                is_regressed=each.state.id in regressed,
                is_spiking=each.state.id in spiking,
                dropped=each.dropped,
                is_new=now - each.figures.first_seen < NEW_FOR,
            )
        )
    return rows


def list_responsible(call: ProjectPage) -> list[Responsible]:
    """Everybody whom an issue can be given to, people first."""
    directory, organization = call.parts.directory, call.project.organization_id
    members = [each.user for each in directory.list_members(organization)]
    people = [Responsible(user.first_name or user.email, f"user:{user.id}") for user in members]
    return people + [Responsible(role.name, f"role:{role.id}") for role in directory.list_roles(organization)]


def _environments(issue: StoredIssue, seen: Collection[str]) -> list[tuple[str, str]]:
    """Those whose state is not the issue's."""
    names = sorted({*seen, *issue.states.named})
    states = [(shown_environment(name), issue.states.of(name).status) for name in names]
    return [(name, status) for name, status in states if status != issue.status]


def _responsible(assignee: Assignee | None, people: Mapping[str, Responsible]) -> Responsible | None:
    if assignee is None:
        return None
    value = f"{assignee.type}:{assignee.id}"
    return people.get(value) or Responsible("Somebody who left", value)
