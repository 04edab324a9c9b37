"""`external_references/…`: tickets about issues (api.md 3.8). Without integrations there are none."""

from typing import Annotated, Any

from pydantic import BaseModel
from starlette.responses import Response

from mothlight.model.errors import Refused, invalid, not_found
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import issues
from mothlight.web.api.calls import ProjectCall
from mothlight.web.values.fields import Id, Integer
from mothlight.web.values.validate import validate


class NewReference(BaseModel):
    """A ticket to be made at a provider."""

    issue: Id
    integration_id: Annotated[int, Integer]
    config: dict[str, Any]


def list_references(call: ProjectCall) -> Response:
    """Tickets about the project's issues."""
    return call.answer_slice([])


def get_reference(call: ProjectCall) -> Response:
    """One ticket."""
    try:
        call.row_id()
    except Refused:
        raise invalid("Invalid external reference id") from None
    raise not_found("External reference not found")


def add_reference(call: ProjectCall) -> Response:
    """Make a ticket about an issue."""
    body = validate(NewReference, call.fields())
    with reading(call.parts.database) as connection:
        if not issues.load_issues(connection, call.project.id, [body.issue]):
            raise invalid("Issue does not belong to this team.")
    raise invalid("Integration does not belong to this team.")
