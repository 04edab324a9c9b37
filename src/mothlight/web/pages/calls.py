"""What a page's function gets: the request as values, who comes, the parts it may use; and how it answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from starlette.datastructures import QueryParams
from starlette.responses import RedirectResponse, Response

from mothlight.access.scopes import ALL
from mothlight.access.sessions import Whence
from mothlight.model.access import Caller, MemberRole, Project, Session, User
from mothlight.web.pages.here import Here
from mothlight.web.pages.incoming import Form, Incoming
from mothlight.web.pages.service import PageService
from mothlight.web.pages.visit import FLASH, Flash, Visit, forget_cookie, remember_flash, remember_visitor
from mothlight.web.parts import Parts


@dataclass(frozen=True, slots=True)
class PageCall:
    """A request of anybody."""

    service: PageService
    incoming: Incoming
    visit: Visit
    section: str | None

    @property
    def parts(self) -> Parts:
        """What answers are made from."""
        return self.service.parts

    @property
    def database(self) -> sa.Engine:
        """The metadata database."""
        return self.service.parts.database

    @property
    def query(self) -> QueryParams:
        """The query parameters; of equal names the last counts, `multi_items` has all."""
        return self.incoming.query

    @property
    def form(self) -> Form:
        """The fields of the form; `getlist` gives those of several boxes."""
        return self.incoming.form

    @property
    def whence(self) -> Whence:
        """Where the request comes from."""
        return Whence(self.incoming.client, self.incoming.headers.get("user-agent", ""))

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """A whole page. The template finds `here` and the values."""
        response = self._render(template, status, values)
        remember_visitor(response, self.incoming, self.visit)
        if FLASH in self.incoming.cookies:
            forget_cookie(response, self.incoming, FLASH)
        return response

    def fragment(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """A part of a page, for htmx. A waiting flash keeps waiting."""
        return self._render(template, status, values)

    def dialog(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """A page that the script shows in a dialog of another one; without script it stands alone.

        The template extends `frame`, and finds `is_dialog`.
        """
        if self.incoming.is_fragment:
            return self.fragment(template, status=status, frame="layout/dialog.html", is_dialog=True, **values)
        return self.page(template, status=status, frame="layout/base.html", is_dialog=False, **values)

    def redirect(
        self, path: str, say: str | None = None, *, undo: str | None = None, undo_word: str = "Undo"
    ) -> Response:
        """To another page of ours, after a form.

        `say`: a sentence that it shows. `undo`: the path that a form is sent to, which takes back what was done.
        """
        response = RedirectResponse(self.incoming.prefix + path, status_code=303)
        if say is not None:
            remember_flash(response, self.incoming, self.visit.secret, Flash(say, undo, undo_word))
        return response

    def here(self) -> Here:
        """What the layout shows."""
        return Here(
            service=self.service,
            secret=self.visit.secret,
            prefix=self.incoming.prefix,
            address=self.incoming.address,
            path=self.incoming.here if self.incoming.method == "GET" else "/",
            section=self.section,
            user=self.visit.user,
            project=None,
            projects=(),
            is_operator=False,
            makes_projects=False,
            theme=self.visit.theme,
            zone=self.visit.zone,
            flash=self.visit.flash,
            now=self.parts.clock(),
        )

    def _render(self, template: str, status: int, values: dict[str, Any]) -> Response:
        content = self.service.templates.get_template(template).render(here=self.here(), **values)
        return Response(content, status, media_type="text/html")


@dataclass(frozen=True, slots=True)
class UserPage(PageCall):
    """A request of somebody who is signed in."""

    user: User
    session: Session

    @property
    def caller(self) -> Caller:
        """Who asks, as the directory and the journal of changes know them."""
        return Caller(None, self.user.id, (ALL,), (), ())

    @property
    def projects(self) -> Sequence[Project]:
        """What the user can see, by id."""
        return self.parts.directory.list_projects(self.caller)

    @property
    def is_operator(self) -> bool:
        """Whether the user manages the organization that runs this server, the first one."""
        return self.parts.directory.is_operator(self.user.id)

    def here(self) -> Here:
        """What the layout shows; around pages of no project, the project that was opened last."""
        projects = self.projects
        last = [each for each in projects if each.id == self.user.current_project_id]
        return self._here(projects, next(iter([*last, *projects]), None))

    def _here(self, projects: Sequence[Project], project: Project | None) -> Here:
        return replace(
            PageCall.here(self),
            projects=projects,
            project=project,
            is_operator=self.is_operator,
            makes_projects=bool(self.parts.directory.list_managed_organizations(self.user.id)),
        )


@dataclass(frozen=True, slots=True)
class ProjectPage(UserPage):
    """A request about a project that the user may see. It is somebody's `Work`, as `web/change.py` takes it."""

    project: Project
    role: MemberRole

    @property
    def is_admin(self) -> bool:
        """Whether the user may manage the project, its members and their keys."""
        return self.role == "admin"

    def path(self, rest: str = "issues") -> str:
        """A path below the project's."""
        return f"/projects/{self.project.id}/{rest}"

    def here(self) -> Here:
        """What the layout shows."""
        return self._here(self.projects, self.project)
