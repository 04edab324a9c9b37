"""First sightings and environments of fingerprints after events have come to them or left them.

They are what they would be, had the events been sent where they are now. What was seen of events that retention has
dropped since stays.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.model.issue_states import read_environments, write_environments
from mothlight.storage.events.interface import EventStore
from mothlight.storage.metadata.repositories.issues import keys_of_fingerprints
from mothlight.storage.metadata.repositories.rule_applications import Application, MovedKey, load_key_rows
from mothlight.storage.metadata.repositories.seen import ENVIRONMENTS, FIRST_SEEN, read_seen, write_seen


class Shown(msgspec.Struct, frozen=True):
    """What the events of some keys show."""

    earliest: datetime
    environments: frozenset[str]


def read_shown(store: EventStore, project_id: int, keys: Collection[int]) -> dict[int, Shown]:
    """By key; those without events are left out."""
    sql = """
        SELECT grouping_key, min(timestamp), groupUniqArray(environment) FROM events
        WHERE project_id = {project:UInt32} AND grouping_key IN {keys:Array(UInt64)} GROUP BY grouping_key
    """
    rows = store.query(project_id, sql, {"keys": list(keys)}) if keys else []
    return {key: Shown(earliest, frozenset(environments)) for key, earliest, environments in rows}


def update_seen(
    connection: sa.Connection, store: EventStore, application: Application, moved: Collection[MovedKey]
) -> set[UUID]:
    """Bring the fingerprints that lost or got events up to date; gives them."""
    project_id = application.project_id
    left = _by_fingerprint(connection, project_id, {each.from_key for each in moved})
    came = _by_fingerprint(connection, project_id, {each.grouping_key for each in moved})
    sources = set(left.values()) - set(came.values())
    targets = set(came.values())
    remaining = _by_fingerprint(connection, project_id, set(keys_of_fingerprints(connection, sources)))
    shown = read_shown(store, project_id, {*remaining, *(each.grouping_key for each in moved)})
    gone = {each.from_key: shown[each.grouping_key] for each in moved if each.grouping_key in shown}
    before = read_seen(connection, sources | targets)
    seen = {
        source: _without(before[source], _of(source, left, gone), _of(source, remaining, shown)) for source in sources
    }
    seen.update({target: _with(before[target], _of(target, came, shown)) for target in targets})
    write_seen(connection, seen)
    return sources | targets


def _by_fingerprint(connection: sa.Connection, project_id: int, keys: Collection[int]) -> dict[int, UUID]:
    return {key: row["fingerprint_id"] for key, row in load_key_rows(connection, project_id, sorted(keys)).items()}


def _of(fingerprint: UUID, keys: Mapping[int, UUID], shown: Mapping[int, Shown]) -> Shown | None:
    """What the events of all keys of a fingerprint show together."""
    some = [shown[key] for key, owner in keys.items() if owner == fingerprint and key in shown]
    if not some:
        return None
    return Shown(min(each.earliest for each in some), frozenset().union(*(each.environments for each in some)))


Seen = tuple[datetime | None, str | None]


def _without(before: Mapping[str, str | None], gone: Shown | None, remaining: Shown | None) -> Seen:
    first_seen, environments = _read(before)
    if gone is None or remaining is None:
        # Without events nothing is shown of it, and it keeps what it was.
        return first_seen, before[ENVIRONMENTS]
    if first_seen is not None and first_seen >= gone.earliest:
        first_seen = remaining.earliest
    if environments is None:
        return first_seen, None
    return first_seen, write_environments(environments - (gone.environments - remaining.environments))


def _with(before: Mapping[str, str | None], came: Shown | None) -> Seen:
    first_seen, environments = _read(before)
    if came is None:
        return first_seen, before[ENVIRONMENTS]
    earliest = came.earliest if first_seen is None else min(first_seen, came.earliest)
    return earliest, write_environments((environments or frozenset()) | came.environments)


def _read(seen: Mapping[str, str | None]) -> tuple[datetime | None, frozenset[str] | None]:
    moment, names = seen[FIRST_SEEN], seen[ENVIRONMENTS]
    return (
        None if moment is None else datetime.fromisoformat(moment),
        None if names is None else read_environments(names),
    )
