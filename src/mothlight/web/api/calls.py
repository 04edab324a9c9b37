"""What a handler gets: the request as values, the parts it may use, and who asks about what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any
from uuid import UUID

from starlette.datastructures import QueryParams
from starlette.responses import Response

from mothlight.model.access import Caller, Organization, Project
from mothlight.model.errors import not_found
from mothlight.web.api.body import Body
from mothlight.web.api.paging import Page, envelope, read_page
from mothlight.web.errors import json_response
from mothlight.web.parts import Parts


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request whose body was read."""

    address: str
    """The absolute URL as clients see it, without the query."""
    base: str
    """Where clients reach this server: scheme and host, without a slash at the end."""
    authorization: str | None
    path: Mapping[str, str]
    query: QueryParams
    body: Body
    file: IO[bytes] | None = None
    """What was uploaded, on routes that take a file."""


@dataclass(frozen=True, slots=True)
class UserCall:
    """A request of a known caller."""

    parts: Parts
    incoming: Incoming
    caller: Caller

    @property
    def query(self) -> QueryParams:
        """The query parameters; of equal names the last counts."""
        return self.incoming.query

    @property
    def is_dry_run(self) -> bool:
        """Whether only the consequences are asked for."""
        return self.query.get("dry_run", "").strip().lower() == "true"

    def fields(self) -> dict[str, Any]:
        """The body's fields; raises `Refused` for a body that has none."""
        return self.incoming.body.fields()

    def page(self) -> Page:
        """Which part of a list is asked for."""
        return read_page(self.query)

    def answer_page(self, page: Page, count: int, results: Sequence[Any]) -> Response:
        """A part of a list in its envelope."""
        content = envelope(page, count, results, self.incoming.address, self.query.multi_items())
        return json_response(content)

    def answer_slice(self, everything: Sequence[Any]) -> Response:
        """The part asked for of a list that is short enough to be read whole."""
        page = self.page()
        return self.answer_page(page, len(everything), everything[page.offset : page.offset + page.limit])


@dataclass(frozen=True, slots=True)
class ProjectCall(UserCall):
    """A request about a project that the caller may see."""

    project: Project

    def row_id(self, missing: str = "Not found.") -> UUID:
        """The id of the row in the path; raises `Refused` when it is none, as for an unknown row."""
        try:
            return UUID(self.incoming.path["id"])
        except ValueError:
            raise not_found(missing) from None


@dataclass(frozen=True, slots=True)
class OrganizationCall(UserCall):
    """A request about an organization that the caller may see."""

    organization: Organization
