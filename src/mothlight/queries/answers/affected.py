"""How many events and users a change would concern, over all time."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT
from mothlight.queries.criteria import in_environments
from mothlight.queries.figures import USER
from mothlight.storage.events.interface import EventStore


class Affected(msgspec.Struct, frozen=True):
    """Figures over the events of some issues or fingerprints."""

    events: int = 0
    users: int = 0


def of_fingerprints(store: EventStore, project_id: int, fingerprints: Sequence[str]) -> Affected:
    """Over the events that have one of the fingerprints."""
    bindings = Bindings()
    return _count(store, project_id, f"fingerprint IN {bindings.texts(list(fingerprints))}", bindings)


def of_keys(store: EventStore, project_id: int, keys: Sequence[int]) -> Affected:
    """Over the events that have one of the grouping keys."""
    bindings = Bindings()
    return _count_where(store, project_id, f"grouping_key IN {bindings.bind(keys, 'Array(UInt64)')}", bindings)


def of_issues(
    store: EventStore, project_id: int, issue_ids: Sequence[UUID], environment: str | None = None
) -> Affected:
    """Over the events that belong to one of the issues, in one environment or in all."""
    bindings = Bindings()
    there = "" if environment is None else f" AND {in_environments([environment], bindings)}"
    return _count(store, project_id, f"issue_id IN {bindings.bind(issue_ids, 'Array(UUID)')}", bindings, there)


def _count(store: EventStore, project_id: int, of_owner: str, bindings: Bindings, also: str = "") -> Affected:
    owned = f"SELECT grouping_key FROM owners FINAL WHERE {OF_PROJECT} AND {of_owner}"
    return _count_where(store, project_id, f"grouping_key IN ({owned}){also}", bindings)


def _count_where(store: EventStore, project_id: int, condition: str, bindings: Bindings) -> Affected:
    sql = f"SELECT count(), uniqExact({USER}) FROM events WHERE {OF_PROJECT} AND {condition}"
    ((events, users),) = store.query(project_id, sql, bindings.parameters)
    return Affected(int(events), int(users))
