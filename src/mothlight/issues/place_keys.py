"""Gives grouping keys other fingerprints, each with all its events; sightings of both fingerprints stay exact.

The issues of all fingerprints are locked. Call `Mirror.sync` after the transaction.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from mothlight.issues.journal import Author
from mothlight.model.stack import Fingerprint
from mothlight.storage import mirror
from mothlight.storage.metadata.repositories import fingerprints, issues, key_places
from mothlight.storage.metadata.repositories.environments import add_environments
from mothlight.storage.metadata.repositories.key_places import PlacedKey


def place_keys(connection: sa.Connection, author: Author, wanted: Mapping[int, Fingerprint]) -> None:
    """Give keys these fingerprints, which exist. Those that have theirs already stay as they are."""
    present = key_places.read_keys(connection, author.project_id, wanted)
    moving = {key: placed for key, placed in present.items() if placed.fingerprint != wanted[key].value}
    if not moving:
        return
    values = {wanted[key].value for key in moving} | {placed.fingerprint for placed in moving.values()}
    locked = fingerprints.lock_fingerprints(connection, author.project_id, values)
    given = {key: (locked[wanted[key].value].id, wanted[key]) for key in moving}
    key_places.write_fingerprints(connection, author.project_id, moving, given)
    _widen(connection, moving, {key: fingerprint_id for key, (fingerprint_id, _) in given.items()})
    key_places.recount(connection, {placed.fingerprint_id for placed in moving.values()})
    # All keys of a fingerprint show when it was first seen.
    mirror.note_fingerprints(connection, author.project_id, [each.id for each in locked.values()], author.moment)
    mirror.note_issues(connection, author.project_id, {each.issue_id for each in locked.values()}, author.moment)


def earliest(keys: Mapping[int, PlacedKey]) -> datetime | None:
    """When the first of the keys was seen."""
    return min((moment for placed in keys.values() if (moment := placed.seen_first) is not None), default=None)


def _widen(connection: sa.Connection, moving: Mapping[int, PlacedKey], goals: Mapping[int, UUID]) -> None:
    """The fingerprints that keys go to were seen where and when these were."""
    by_goal: dict[UUID, dict[int, PlacedKey]] = {}
    for key, placed in moving.items():
        by_goal.setdefault(goals[key], {})[key] = placed
    places = {goal: frozenset().union(*(each.seen_in for each in some.values())) for goal, some in by_goal.items()}
    add_environments(connection, places)
    firsts = {goal: first for goal, some in by_goal.items() if (first := earliest(some)) is not None}
    if firsts:
        issues.lower_first_seen(connection, firsts)
