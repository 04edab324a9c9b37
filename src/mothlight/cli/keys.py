"""`mothlight keys …`."""

from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from cyclopts import Parameter

from mothlight.access import changes
from mothlight.access.changes import OPERATOR
from mothlight.access.emails import read_email
from mothlight.cli.metadata import changing, looking
from mothlight.cli.options import DEFAULT_DATA_DIR, NO_VARIABLE, AsJson, DataDir
from mothlight.cli.output import print_json, print_table
from mothlight.kit.clock import system_clock
from mothlight.model.access import ApiKey, Organization, User
from mothlight.model.errors import Misconfigured
from mothlight.storage.metadata.repositories import access as repository


def create(
    *,
    scope: Annotated[
        list[str] | None, Parameter(help="What the key may do, such as error_tracking:read or *. Can be repeated.")
    ] = None,
    project: Annotated[
        list[int] | None, Parameter(help="The id of a project that the key is pinned to. Can be repeated.")
    ] = None,
    label: Annotated[str, Parameter(help="What the key is for.")] = "",
    user: Annotated[str | None, Parameter(help="The e-mail of its owner; the first admin if not given.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Create a personal API key; its value is shown once. Without a scope it grants nothing."""
    with changing(data_dir) as (connection, organization):
        made = changes.create_key(
            connection,
            OPERATOR,
            _find_owner(connection, organization, user).id,
            system_clock(),
            label=label,
            scopes=scope or (),
            scoped_projects=project or (),
        )
    if as_json:
        print_json(_shape(made.key, value=made.value))
    else:
        print(f"{made.value}\nKeep it: it is not shown again. Its id is {made.key.id}")


def list_keys(*, as_json: AsJson = False, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """List the keys, without their values."""
    with looking(data_dir) as (connection, organization):
        keys = repository.list_keys(connection, organization.id)
        emails = {each.user.id: each.user.email for each in repository.list_members(connection, organization.id)}
    if as_json:
        print_json([_shape(key, mask=key.mask, user=emails[key.user_id]) for key in keys])
        return
    rows = [
        [key.id, key.label, key.mask, emails[key.user_id], _words(key.scopes), _words(key.scoped_projects)]
        for key in keys
    ]
    print_table(["ID", "LABEL", "KEY", "USER", "SCOPES", "PROJECTS"], rows)


def revoke(
    key_id: Annotated[UUID, NO_VARIABLE, Parameter(help="The key's id, as `keys list` shows it.")],
    /,
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Make a key stop working."""
    with changing(data_dir) as (connection, _):
        key = changes.revoke_key(connection, OPERATOR, key_id)
    print(f"Key {key.mask} is revoked")


def _find_owner(connection: sa.Connection, organization: Organization, email: str | None) -> User:
    members = repository.list_members(connection, organization.id)
    if email is None:
        owner = next((member.user for member in members if member.role == "admin" and member.user.is_active), None)
        if owner is None:
            raise Misconfigured("there is no active admin; name the key's owner with --user")
        return owner
    wanted = read_email(email)
    found = next((member.user for member in members if member.user.email == wanted), None)
    if found is None:
        raise Misconfigured(f"there is no user {wanted}")
    return found


def _shape(key: ApiKey, **more: str) -> dict[str, Any]:
    return {
        "id": str(key.id),
        "label": key.label,
        **more,
        "scopes": list(key.scopes),
        "scoped_projects": list(key.scoped_projects),
    }


def _words(values: tuple[object, ...]) -> str:
    return ",".join(map(str, values)) or "-"
