"""Whom an issue can be given to: users and roles of the project's organization."""

from uuid import UUID

from mothlight.model.errors import invalid
from mothlight.storage.metadata.repositories.issues import Assignee
from mothlight.web.parts import Work
from mothlight.web.values.fields import WHOLE_NUMBER
from mothlight.web.values.questions import AssigneeFilter

LARGEST_ID = 2**31 - 1


def read_assignee(call: Work, wanted: AssigneeFilter | None) -> Assignee | None:
    """The user or role that was named; None: nobody.

    Raises:
        Refused: the organization has none such (400).
    """
    if wanted is None:
        return None
    return _user(call, wanted.id) if wanted.type == "user" else _role(call, wanted.id)


def _user(call: Work, id: int | str) -> Assignee:
    digits = WHOLE_NUMBER.fullmatch(str(id))
    user_id = int(digits.group(1)) if digits else 0
    organization = call.project.organization_id
    if not 0 < user_id <= LARGEST_ID or call.parts.directory.membership_role(user_id, organization) is None:
        raise invalid("Assignee user does not belong to this organization.")
    return Assignee(user_id=user_id)


def _role(call: Work, id: int | str) -> Assignee:
    known = {role.id for role in call.parts.directory.list_roles(call.project.organization_id)}
    try:
        role_id = UUID(str(id))
    except ValueError:
        role_id = None
    if role_id not in known:
        raise invalid("Assignee role does not belong to this organization.")
    return Assignee(role_id=role_id)
