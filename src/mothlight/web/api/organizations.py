"""`/api/organizations/{organization_id}/…`: whom issues can be assigned to (api.md 1.4)."""

from starlette.responses import Response

from mothlight.web.api.calls import OrganizationCall
from mothlight.web.api.shapes import MemberShape, RoleShape


def list_members(call: OrganizationCall) -> Response:
    """Members by user id."""
    members = call.parts.directory.list_members(call.organization.id)
    return call.answer_slice([MemberShape.of(member) for member in members])


def list_roles(call: OrganizationCall) -> Response:
    """Roles by name."""
    roles = call.parts.directory.list_roles(call.organization.id)
    return call.answer_slice([RoleShape.of(role) for role in roles])
