"""What the words of a search mean in a project, for whoever asks."""

from collections.abc import Sequence
from uuid import UUID

from mothlight.issues.journal import REOPENED
from mothlight.queries.questions import Assignee
from mothlight.queries.token_question import ME
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.issue_views import find_regressed
from mothlight.web.pages.calls import ProjectPage


class ProjectDesk:
    """The `Desk` of a project."""

    def __init__(self, call: ProjectPage) -> None:
        self._call = call

    def find_assignee(self, name: str) -> Assignee | None:
        """A member by e-mail address or first name, a role by its name, or `me`."""
        directory, organization = self._call.parts.directory, self._call.project.organization_id
        if name == ME:
            return Assignee(self._call.user.id, "user")
        wanted = name.casefold()
        for member in directory.list_members(organization):
            if wanted in (member.user.email.casefold(), member.user.first_name.casefold()):
                return Assignee(member.user.id, "user")
        roles = (role for role in directory.list_roles(organization) if role.name.casefold() == wanted)
        return next((Assignee(str(role.id), "role") for role in roles), None)

    def regressed_issues(self) -> Sequence[UUID]:
        """Active issues that came back after they had been resolved."""
        with reading(self._call.database) as connection:
            return find_regressed(connection, self._call.project.id, REOPENED)
