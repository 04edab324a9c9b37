"""`settings/…`: limits at intake (api.md 2.8, 3.9)."""

from starlette.responses import Response

from mothlight.issues.project_settings import change_limits
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import settings as repository
from mothlight.web.api.calls import ProjectCall
from mothlight.web.change import change
from mothlight.web.errors import json_response
from mothlight.web.values.changes import SettingsChange
from mothlight.web.values.validate import validate


def retrieve_settings(call: ProjectCall) -> Response:
    """The limits of the project."""
    with reading(call.parts.database) as connection:
        return json_response(repository.load_settings(connection, call.project.id))


def update_settings(call: ProjectCall) -> Response:
    """Change some limits and show all."""
    wanted = validate(SettingsChange, call.fields()).model_dump(exclude_unset=True)
    return json_response(change(call, lambda connection, author: change_limits(connection, author, wanted)))
