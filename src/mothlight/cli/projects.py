"""`mothlight projects …`."""

from typing import Annotated, Any

from cyclopts import Parameter

from mothlight.access import changes
from mothlight.access.changes import OPERATOR
from mothlight.cli.metadata import changing, looking
from mothlight.cli.options import DEFAULT_DATA_DIR, NO_VARIABLE, AsJson, DataDir, Yes
from mothlight.cli.output import print_json, print_table
from mothlight.kit.clock import system_clock
from mothlight.model.access import Project
from mothlight.model.errors import Misconfigured
from mothlight.storage.metadata.repositories import access as repository


def create(
    name: Annotated[str, NO_VARIABLE, Parameter(help="What people call it.")],
    /,
    *,
    token: Annotated[str | None, Parameter(help="The project token, phc_…; made up if not given.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Create a project."""
    with changing(data_dir) as (connection, organization):
        project = changes.create_project(connection, OPERATOR, organization.id, name, system_clock(), token=token)
    if as_json:
        print_json(_shape(project))
    else:
        print(f"Project {project.id}, {project.name}, has the token {project.api_token}")


def list_projects(*, as_json: AsJson = False, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """List the projects."""
    with looking(data_dir) as (connection, organization):
        projects = repository.list_projects(connection, [organization.id])
    if as_json:
        print_json([_shape(project) for project in projects])
    else:
        print_table(["ID", "NAME", "TOKEN"], [[each.id, each.name, each.api_token] for each in projects])


def delete(
    project_id: Annotated[int, NO_VARIABLE, Parameter(help="The project's id, as `projects list` shows it.")],
    /,
    *,
    yes: Yes = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Delete a project with its issues and events."""
    if not yes:
        raise Misconfigured(f"deleting project {project_id} cannot be undone; say --yes to do it")
    with changing(data_dir) as (connection, _):
        project = changes.delete_project(connection, OPERATOR, project_id, system_clock())
    print(f"Project {project.id}, {project.name}, is deleted; a running server removes its events")


def _shape(project: Project) -> dict[str, Any]:
    return {"id": project.id, "name": project.name, "api_token": project.api_token}
