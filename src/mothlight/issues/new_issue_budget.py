"""How many new issues a project may have (pipeline 7.5). It guards against errors that never repeat.

Over the budget events are stored, and their grouping keys wait, oldest first; upkeep makes their issues at the budget's
pace. While any waits, new ones queue up behind it. The budget is charged in the transaction that makes the issues.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.issues.sighting import Newcomer, Sighting
from mothlight.kit.token_bucket import Bucket, Rate, take
from mothlight.model.event import EXCEPTION, ReceivedEvent
from mothlight.storage.metadata.repositories import waiting_keys
from mothlight.storage.metadata.repositories.issues import Assignee, StoredIssue
from mothlight.storage.metadata.repositories.token_buckets import lock_buckets, write_buckets
from mothlight.storage.metadata.repositories.waiting_keys import WaitingKey

SUBJECT = "new issues"
MINUTES = 10


class Waiting(msgspec.Struct, frozen=True):
    """What an issue is to be made from: the first event's, with what rules said of it then."""

    newcomer: Newcomer
    event_uuid: UUID
    event_timestamp: datetime
    received_at: datetime
    historical: bool
    environment: str
    release: str
    user_id: int | None = None
    role_id: UUID | None = None


def budget_of(new_issues: int) -> Rate | None:
    """The budget that a setting means; None: no bound."""
    return Rate.over(new_issues, MINUTES, lifetime_seconds=MINUTES * 60) if new_issues > 0 else None


def spend(connection: sa.Connection, project_id: int, wanted: int, budget: Rate, moment: datetime) -> int:
    """How many of the issues that are wanted may be made now. Nobody else of the project makes any meanwhile."""
    left = lock_buckets(connection, project_id, [SUBJECT]).get(SUBJECT)
    if waiting_keys.has_waiting(connection, project_id):
        return 0
    return _charge(connection, project_id, left, wanted, budget, moment)


def spend_on_waiting(
    connection: sa.Connection, project_id: int, budget: Rate | None, moment: datetime, most: int
) -> list[WaitingKey]:
    """The keys whose turn it is, oldest first."""
    left = lock_buckets(connection, project_id, [SUBJECT]).get(SUBJECT)
    oldest = waiting_keys.oldest_waiting(connection, project_id, most)
    if budget is None:
        return oldest
    return oldest[: _charge(connection, project_id, left, len(oldest), budget, moment)]


def let_wait(
    connection: sa.Connection,
    project_id: int,
    sightings: Sequence[Sighting],
    held_back: Mapping[int, tuple[Sighting, Newcomer, StoredIssue]],
) -> None:
    """Keep what the issues of grouping keys are to be made from; more events of a key that waits only add to it."""
    present = waiting_keys.find_waiting(connection, project_id, held_back)
    known = dict(present)
    for key, (sighting, newcomer, issue) in held_back.items():
        known.setdefault(key, _new(sighting, newcomer, issue))
    for sighting in sightings:
        if sighting.grouping_key in known:
            known[sighting.grouping_key] = _with(known[sighting.grouping_key], sighting)
    changed = [each for key, each in known.items() if present.get(key) != each]
    waiting_keys.write_waiting(connection, project_id, changed)


class StoredRulings:
    """What rules said when the events came."""

    def __init__(self, keys: Collection[WaitingKey]) -> None:
        self._assignees = {
            waiting.event_uuid: None
            if waiting.user_id is None and waiting.role_id is None
            else Assignee(waiting.user_id, waiting.role_id)
            for waiting in map(read_waiting, keys)
        }

    def severity(self, _event: ReceivedEvent, _issue: StoredIssue) -> str | None:
        """It is among the values of the newcomer."""
        return None

    def assignee(self, event: ReceivedEvent, _issue: StoredIssue) -> Assignee | None:
        """Who was chosen."""
        return self._assignees.get(event.uuid)


def read_waiting(key: WaitingKey) -> Waiting:
    """What an issue is to be made from."""
    return msgspec.json.decode(key.waiting, type=Waiting)


def sighting_of(project_id: int, key: WaitingKey) -> Sighting:
    """The sighting by which an issue begins that has waited."""
    waiting = read_waiting(key)
    first = ReceivedEvent(
        project_id=project_id,
        uuid=waiting.event_uuid,
        name=EXCEPTION,
        distinct_id="",
        timestamp=waiting.event_timestamp,
        received_at=waiting.received_at,
        properties={},
        historical=waiting.historical,
    )
    sighting = Sighting.of(key.grouping_key, first, waiting.environment, waiting.release)
    sighting.earliest, sighting.received_at, sighting.newcomer = key.earliest, key.received_at, waiting.newcomer
    return sighting


def _charge(
    connection: sa.Connection, project_id: int, left: Bucket | None, wanted: int, budget: Rate, moment: datetime
) -> int:
    given, after = take(left, wanted, budget, int(moment.timestamp()))
    write_buckets(connection, project_id, {SUBJECT: after})
    return given


def _new(sighting: Sighting, newcomer: Newcomer, issue: StoredIssue) -> WaitingKey:
    first, assignee = sighting.first, issue.assignee or Assignee()
    waiting = Waiting(
        newcomer=msgspec.structs.replace(newcomer, severity=issue.severity),
        event_uuid=first.uuid,
        event_timestamp=first.timestamp,
        received_at=first.received_at,
        historical=first.historical,
        environment=sighting.environment,
        release=sighting.release,
        user_id=assignee.user_id,
        role_id=assignee.role_id,
    )
    return WaitingKey(
        grouping_key=sighting.grouping_key,
        since=first.received_at,
        earliest=sighting.earliest,
        received_at=sighting.received_at,
        environments=frozenset({sighting.environment}),
        waiting=msgspec.json.encode(waiting).decode(),
    )


def _with(key: WaitingKey, sighting: Sighting) -> WaitingKey:
    return msgspec.structs.replace(
        key,
        earliest=min(key.earliest, sighting.earliest),
        received_at=max(key.received_at, sighting.received_at),
        environments=key.environments | {sighting.environment},
    )
