"""Grouping keys whose stacks may be read otherwise than when their fingerprints were computed."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.storage.metadata.repositories.statements import in_slices
from mothlight.storage.metadata.tables import fingerprints, grouping_keys


class StaleKey(msgspec.Struct, frozen=True):
    """A grouping key whose fingerprint follows from a stack."""

    grouping_key: int
    issue_id: UUID
    stack: str
    stack_version: int
    """Of the stack that its fingerprint was computed from."""
    exceptions: str | None
    """`grouping.kept`; None where nobody kept it."""


def keys_of_stacks(connection: sa.Connection, project_id: int, stacks: Collection[str]) -> list[StaleKey]:
    """Keys whose fingerprints follow from one of the stacks."""
    found: list[StaleKey] = []
    for some in in_slices(sorted(stacks)):
        found += [StaleKey(*row) for row in connection.execute(_select(project_id).where(_columns.stack.in_(some)))]
    return found


def keys_of_issues(
    connection: sa.Connection, project_id: int, issue_ids: Collection[UUID], after: int | None, at_most: int
) -> list[StaleKey]:
    """Some keys of a few issues whose fingerprints follow from a stack: in order, behind one."""
    query = _select(project_id).where(fingerprints.c.issue_id.in_(list(issue_ids)), _columns.stack != "")
    if after is not None:
        query = query.where(_columns.grouping_key > after)
    return [StaleKey(*row) for row in connection.execute(query.order_by(_columns.grouping_key).limit(at_most))]


_columns = grouping_keys.c


def _select(project_id: int) -> sa.Select[Any]:
    return (
        sa.select(
            _columns.grouping_key,
            fingerprints.c.issue_id,
            _columns.stack,
            _columns.stack_version,
            _columns.exceptions,
        )
        .join(fingerprints, fingerprints.c.id == _columns.fingerprint_id)
        # A fingerprint of the application's choice follows from nothing else.
        .where(_columns.project_id == project_id, _columns.fingerprint_version.is_not(None))
    )
