"""Rules that are applied to stored events: how far each application is, and which grouping keys it gave to events."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.storage.metadata.repositories.statements import insert_missing
from mothlight.storage.metadata.tables import grouping_keys, moved_keys, rule_applications

WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"


class Application(msgspec.Struct, frozen=True):
    """One application of a rule."""

    id: UUID
    project_id: int
    kind: str
    rule_id: UUID
    rules: list[dict[str, Any]]
    """Those of the kind at that moment, in the order in which they are evaluated, as settings."""
    status: str
    actor: dict[str, Any]
    date_from: datetime
    date_to: datetime
    created_at: datetime
    events: int | None = None
    """How many are to be moved; None while nobody has counted."""
    moved: int = 0
    issues: int = 0
    fingerprints: dict[str, Any] = {}
    """First sighting and environments of fingerprints that gave or got events, before that."""
    change_id: UUID | None = None
    failure: str | None = None
    finished_at: datetime | None = None
    backwards: bool = False
    """Whether events leave the issue of a grouping rule for where they would be without it."""


class MovedKey(msgspec.Struct, frozen=True):
    """A grouping key that an application gave to events, and the one that they had before."""

    grouping_key: int
    from_key: int


def add_application(connection: sa.Connection, application: Application) -> None:
    """A new application."""
    connection.execute(sa.insert(rule_applications).values(**msgspec.structs.asdict(application)))


def next_application(connection: sa.Connection) -> Application | None:
    """The oldest one that is not finished."""
    unfinished = rule_applications.c.status.in_((WAITING, RUNNING))
    order = (rule_applications.c.created_at, rule_applications.c.id)
    row = connection.execute(_select().where(unfinished).order_by(*order).limit(1)).one_or_none()
    return None if row is None else Application(**row._mapping)


def count_unfinished(connection: sa.Connection, project_id: int) -> int:
    """How many of a project's applications wait or are under way."""
    unfinished = rule_applications.c.status.in_((WAITING, RUNNING))
    query = sa.select(sa.func.count()).where(rule_applications.c.project_id == project_id, unfinished)
    return connection.execute(query).scalar_one()


def find_application(connection: sa.Connection, project_id: int, application_id: UUID) -> Application | None:
    """One of a project's applications."""
    of_project = (rule_applications.c.project_id == project_id, rule_applications.c.id == application_id)
    row = connection.execute(_select().where(*of_project)).one_or_none()
    return None if row is None else Application(**row._mapping)


def list_applications(connection: sa.Connection, project_id: int, rule_id: UUID, at_most: int) -> list[Application]:
    """The newest applications of a rule."""
    of_rule = (rule_applications.c.project_id == project_id, rule_applications.c.rule_id == rule_id)
    order = (rule_applications.c.created_at.desc(), rule_applications.c.id.desc())
    return [
        Application(**row._mapping)
        for row in connection.execute(_select().where(*of_rule).order_by(*order).limit(at_most))
    ]


def list_applications_of_kind(connection: sa.Connection, project_id: int, kind: str, at_most: int) -> list[Application]:
    """The newest applications of all rules of a kind, also of deleted ones."""
    of_kind = (rule_applications.c.project_id == project_id, rule_applications.c.kind == kind)
    order = (rule_applications.c.created_at.desc(), rule_applications.c.id.desc())
    rows = connection.execute(_select().where(*of_kind).order_by(*order).limit(at_most))
    return [Application(**row._mapping) for row in rows]


def update_application(connection: sa.Connection, application_id: UUID, values: Mapping[str, Any]) -> None:
    """Other values for some columns."""
    connection.execute(sa.update(rule_applications).where(rule_applications.c.id == application_id).values(**values))


def add_moved_keys(connection: sa.Connection, application: Application, keys: Mapping[int, int]) -> None:
    """Note the new grouping key of each present one; what is noted already stays."""
    rows = [
        {
            "project_id": application.project_id,
            "grouping_key": new,
            "from_key": old,
            "application_id": application.id,
        }
        for old, new in keys.items()
    ]
    insert_missing(connection, moved_keys, rows)


def moved_keys_of(connection: sa.Connection, application_id: UUID) -> list[MovedKey]:
    """All keys that an application gave to events."""
    columns = (moved_keys.c.grouping_key, moved_keys.c.from_key)
    rows = connection.execute(sa.select(*columns).where(moved_keys.c.application_id == application_id))
    return [MovedKey(*row) for row in rows]


def load_key_rows(connection: sa.Connection, project_id: int, keys: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Grouping keys as rows of their table."""
    found: dict[int, dict[str, Any]] = {}
    for start in range(0, len(keys), 500):
        some = keys[start : start + 500]
        of_some = (grouping_keys.c.project_id == project_id, grouping_keys.c.grouping_key.in_(some))
        rows = connection.execute(sa.select(grouping_keys).where(*of_some))
        found.update((row.grouping_key, dict(row._mapping)) for row in rows)
    return found


def _select() -> sa.Select[Any]:
    return sa.select(rule_applications)
