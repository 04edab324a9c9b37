"""`/projects/{id}/settings`: name, keys, test accounts, allowed origins, retention, and the end of a project.

Members see it, admins change it.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from starlette.responses import Response

from mothlight.access import changes
from mothlight.filters.operators import OPERATORS
from mothlight.model.access import Project
from mothlight.model.errors import Refused, invalid
from mothlight.storage.metadata.engine import writing
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.pages.filter_rows import FILTER_TYPES, as_row, read_rows
from mothlight.web.project_changes import change_project
from mothlight.web.values.changes import ProjectChange
from mothlight.web.values.validate import validate

PATH = "settings"


def show_settings(call: ProjectPage) -> Response:
    """All of them."""
    return _page(call)


def change_name(call: ProjectPage) -> Response:
    """Call the project something else."""
    wanted = call.form.get("name", "")
    return _change(call, "name", "The project has another name.", name=wanted)


def change_filters(call: ProjectPage) -> Response:
    """Change which events are taken for one's own people's."""
    try:
        filters = validate(ProjectChange, {"test_account_filters": read_rows(call.form)}).test_account_filters
    except Refused as problem:
        return _page(call, problem, about="filters")
    return _change(call, "filters", "Test accounts are others now.", test_account_filters=filters)


def change_origins(call: ProjectPage) -> Response:
    """Change which websites may report."""
    entries = call.form.get("origins", "").splitlines()
    return _change(call, "origins", "Saved. It holds within a second.", allowed_origins=entries)


def renew_token(call: ProjectPage) -> Response:
    """Give the project another key."""
    if call.form.get("sure") != "on":
        return _page(call, invalid("Tick the box first: SDKs with the old key will be refused.", "sure"), about="token")
    _work(call, lambda connection: changes.renew_token(connection, call.user.id, call.project.id))
    return call.redirect(call.path(PATH), "The project has a new key. Put it into your applications.")


def delete_project(call: ProjectPage) -> Response:
    """Remove the project, once its name was typed."""
    if call.form.get("name", "").strip() != call.project.name:
        return _page(call, invalid("This is not the project's name.", "confirm"), about="delete")
    now = call.parts.clock()
    _work(call, lambda connection: changes.delete_project(connection, call.user.id, call.project.id, now))
    return call.redirect("/", f"{call.project.name} is deleted. Its events go within the hour.")


def _change(call: ProjectPage, about: str, words: str, **values: Any) -> Response:
    try:
        change_project(call, **values)
    except Refused as problem:
        return _page(call, problem, about=about)
    return call.redirect(call.path(PATH), words)


def _work(call: ProjectPage, work: Callable[[sa.Connection], Project]) -> None:
    with writing(call.database) as connection:
        work(connection)
    call.parts.directory.forget()


def _page(call: ProjectPage, problem: Refused | None = None, *, about: str | None = None) -> Response:
    """The page; after a refused form with what was sent, and what is wrong with it."""
    form = call.form if problem is not None else None
    filters = call.project.test_account_filters if about != "filters" else read_rows(call.form)
    return call.page(
        "project_settings/project_settings.html",
        status=200 if problem is None else problem.status,
        place=call.path(PATH),
        is_admin=call.is_admin,
        problem=problem,
        about=about,
        name=form.get("name", "") if form and about == "name" else call.project.name,
        origins=form.get("origins", "") if form and about == "origins" else "\n".join(call.project.allowed_origins),
        filters=[as_row(each) for each in filters],
        operators=list(OPERATORS),
        filter_types=list(FILTER_TYPES),
        retention_days=call.service.retention_days,
    )
