"""`mothlight users …`."""

from typing import Annotated

from cyclopts import Parameter

from mothlight.access import changes
from mothlight.access.changes import OPERATOR
from mothlight.cli.metadata import changing, looking
from mothlight.cli.options import DEFAULT_DATA_DIR, NO_VARIABLE, AsJson, DataDir
from mothlight.cli.output import print_json, print_table
from mothlight.kit.clock import system_clock
from mothlight.model.access import MemberRole
from mothlight.storage.metadata.repositories import access as repository


def create(
    email: Annotated[str, NO_VARIABLE, Parameter(help="The address that the user signs in with.")],
    /,
    *,
    name: Annotated[str, Parameter(help="The first name.")] = "",
    password: Annotated[str | None, Parameter(help="Without one the user cannot sign in.")] = None,
    role: Annotated[MemberRole, Parameter(help="What the user is in the organization.")] = "member",
    as_json: AsJson = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Create a user."""
    with changing(data_dir) as (connection, organization):
        user = changes.create_user(
            connection,
            OPERATOR,
            organization.id,
            email,
            system_clock(),
            first_name=name,
            password=password,
            role=role,
        )
    if as_json:
        print_json({"id": user.id, "email": user.email})
    else:
        print(f"User {user.id}, {user.email}, is {role} of {organization.name}")


def list_users(*, as_json: AsJson = False, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """List the users."""
    with looking(data_dir) as (connection, organization):
        members = repository.list_members(connection, organization.id)
    if as_json:
        print_json(
            [
                {"id": each.user.id, "email": each.user.email, "name": each.user.first_name, "role": each.role}
                for each in members
            ]
        )
    else:
        rows = [[each.user.id, each.user.email, each.user.first_name, each.role] for each in members]
        print_table(["ID", "EMAIL", "NAME", "ROLE"], rows)
