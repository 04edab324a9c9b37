"""`/api/users/@me/`: whose key this is."""

from starlette.responses import Response

from mothlight.web.api.calls import UserCall
from mothlight.web.api.shapes import OrganizationShape, PersonalShape
from mothlight.web.errors import Unauthenticated, json_response


def me(call: UserCall) -> Response:
    """The caller and the organization they work in."""
    directory = call.parts.directory
    user = directory.find_user(call.caller.user_id)
    if user is None:
        # Deleted since the key was looked up.
        raise Unauthenticated("authentication_failed", "The user of this key does not exist any more.")
    organization = directory.current_organization(call.caller)
    shown = OrganizationShape.of(organization) if organization else None
    return json_response(PersonalShape(user.id, user.email, user.first_name, shown))
