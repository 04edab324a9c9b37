"""`mothlight roles …`."""

from typing import Annotated

from cyclopts import Parameter

from mothlight.access import changes
from mothlight.access.changes import OPERATOR
from mothlight.cli.metadata import changing, looking
from mothlight.cli.options import DEFAULT_DATA_DIR, NO_VARIABLE, AsJson, DataDir
from mothlight.cli.output import print_json, print_table
from mothlight.kit.clock import system_clock
from mothlight.storage.metadata.repositories import access as repository


def create(
    name: Annotated[str, NO_VARIABLE, Parameter(help="What people call it.")],
    /,
    *,
    member: Annotated[list[str] | None, Parameter(help="The e-mail of a user in it. Can be repeated.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Create a role."""
    with changing(data_dir) as (connection, organization):
        role = changes.create_role(connection, OPERATOR, organization.id, name, member or (), system_clock())
    if as_json:
        print_json({"id": str(role.id), "name": role.name})
    else:
        print(f"Role {role.name} has the id {role.id}")


def list_roles(*, as_json: AsJson = False, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """List the roles."""
    with looking(data_dir) as (connection, organization):
        roles = repository.list_roles(connection, organization.id)
        emails = repository.list_role_members(connection, organization.id)
    if as_json:
        print_json([{"id": str(each.id), "name": each.name, "members": emails.get(each.id, [])} for each in roles])
    else:
        print_table(
            ["ID", "NAME", "MEMBERS"], [[each.id, each.name, ",".join(emails.get(each.id, []))] for each in roles]
        )
