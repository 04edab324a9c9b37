"""Changes of a project itself, by programs and on pages: what may be is checked, what was done is entered."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from mothlight.access.changes import check_project_change
from mothlight.issues.journal import Author
from mothlight.issues.project_settings import change_settings
from mothlight.model.access import Project
from mothlight.storage.metadata.repositories.access import find_project
from mothlight.web.change import change
from mothlight.web.parts import Work


def change_project(
    call: Work,
    name: str | None = None,
    test_account_filters: Sequence[Mapping[str, Any]] | None = None,
    allowed_origins: Sequence[str] | None = None,
) -> Project:
    """Change what is given; the filters must have been checked. None leaves things as they are.

    Raises:
        Refused: the caller is no admin (403), or a value cannot be (400).
    """

    def work(connection: sa.Connection, author: Author) -> Project:
        project_id = call.project.id
        values = check_project_change(
            connection,
            call.caller.user_id,
            project_id,
            name=name,
            test_account_filters=test_account_filters,
            allowed_origins=allowed_origins,
        )
        change_settings(connection, author, values)
        return find_project(connection, project_id) or call.project

    changed = change(call, work)
    call.parts.directory.forget()
    return changed
