"""What the layout shows around every page: who, where, and how the server feels. Templates know it as `here`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from urllib.parse import urlsplit

from mothlight.model.access import Project, User
from mothlight.web.pages.proof import form_token
from mothlight.web.pages.pulse import Reading
from mothlight.web.pages.service import PageService
from mothlight.web.pages.visit import Flash


@dataclass(frozen=True, slots=True)
class Here:
    """One viewer on one page."""

    service: PageService
    secret: str
    prefix: str
    address: str
    path: str
    """Path and query of this page, to come back to."""
    section: str | None
    """Which tab of the head is current: `issues`, `changes`, `settings`, `server`."""
    user: User | None
    project: Project | None
    projects: Sequence[Project]
    is_operator: bool
    """Whether the operator's page is for them."""
    makes_projects: bool
    """Whether they are an admin of some organization."""
    theme: str
    zone: tzinfo
    flash: Flash | None
    now: datetime

    def link(self, path: str) -> str:
        """A path of ours, as the browser must name it."""
        return self.prefix + path

    def asset(self, name: str) -> str:
        """The address of a stylesheet, script or picture."""
        return self.prefix + self.service.assets.path(name)

    def has_asset(self, name: str) -> bool:
        """Whether this build has it: scripts of others may be missing."""
        return self.service.assets.find(name) is not None

    @property
    def form_token(self) -> str:
        """The token that every form carries; `forms.token(here)` writes its field."""
        return form_token(self.secret)

    @property
    def pulse(self) -> Reading:
        """Lag and rate, now."""
        return self.service.pulse.read()

    @property
    def version(self) -> str:
        """Of Mothlight."""
        return self.service.version

    @property
    def host(self) -> str:
        """The name of this server, as people know it."""
        return urlsplit(self.address).netloc

    @property
    def zone_name(self) -> str:
        """Of the viewer's time zone."""
        return getattr(self.zone, "key", "UTC")
