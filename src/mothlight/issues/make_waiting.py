"""Makes the issues of grouping keys that have waited for the new-issue budget, at its pace, oldest first."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa

from mothlight.issues.link import link_newcomers
from mothlight.issues.new_issue_budget import StoredRulings, sighting_of, spend_on_waiting
from mothlight.kit.clock import Clock
from mothlight.kit.ids import MakeId
from mothlight.kit.token_bucket import Rate
from mothlight.storage.metadata.engine import alone, reading, writing
from mothlight.storage.metadata.repositories import waiting_keys
from mothlight.storage.metadata.repositories.environments import add_environments
from mothlight.storage.metadata.repositories.issues import Owner, find_owners
from mothlight.storage.metadata.repositories.waiting_keys import WaitingKey
from mothlight.storage.mirror import Mirror

MOST_AT_ONCE = 1_000
"""Of a project in one transaction."""


def make_waiting_issues(engine: sa.Engine, mirror: Mirror, budget: Rate | None, clock: Clock, make_id: MakeId) -> int:
    """Make those whose turn it is; returns how many keys wait no more. Does nothing while another node does it.

    Raises:
        Unavailable: a store is away; the next call goes on.
    """
    with alone(engine, "waiting keys") as is_ours:
        if not is_ours:
            return 0
        with reading(engine) as connection:
            projects = waiting_keys.waiting_projects(connection)
        made = sum(_make(engine, project_id, budget, clock, make_id) for project_id in sorted(projects))
        if made:
            mirror.sync()
        return made


def _make(engine: sa.Engine, project_id: int, budget: Rate | None, clock: Clock, make_id: MakeId) -> int:
    with writing(engine) as connection:
        now = clock()
        keys = spend_on_waiting(connection, project_id, budget, now, MOST_AT_ONCE)
        if not keys:
            return 0
        sightings = [sighting_of(project_id, key) for key in keys]
        link_newcomers(connection, project_id, sightings, now, make_id, StoredRulings(keys))
        owners = find_owners(connection, project_id, [key.grouping_key for key in keys])
        add_environments(connection, _environments(keys, owners))
        waiting_keys.delete_waiting(connection, project_id, [key.grouping_key for key in keys])
        return len(keys)


def _environments(keys: Sequence[WaitingKey], owners: Mapping[int, Owner]) -> dict[UUID, frozenset[str]]:
    """Where the fingerprints, by id, were seen meanwhile."""
    seen: dict[UUID, frozenset[str]] = {}
    for key in keys:
        fingerprint = owners[key.grouping_key].fingerprint_id
        seen[fingerprint] = seen.get(fingerprint, frozenset()) | key.environments
    return seen
