"""Looks for issues that spike, by the clock, once for all nodes; records and announces them (pipeline 8.4)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa
import structlog

from mothlight.issues.announce import SPIKING, Announcement, Occasion, SpikeFigures, announce
from mothlight.kit.clock import Clock
from mothlight.kit.ids import MakeId
from mothlight.model.issue_states import SUPPRESSED
from mothlight.spikes.counts import Loud, read_history, read_loud, read_totals
from mothlight.spikes.decide import BUCKET_SECONDS, BUCKETS, is_spike, issue_baseline, project_baseline
from mothlight.storage.events.interface import EventStore
from mothlight.storage.metadata.engine import alone, reading, writing
from mothlight.storage.metadata.repositories.issues import lock_issues, projects_receiving_since
from mothlight.storage.metadata.repositories.settings import SpikeConfig, load_spike_config
from mothlight.storage.metadata.repositories.spike_events import LastSpike, NewSpike, insert_spike, last_spikes

log = structlog.get_logger(__name__)

SUBJECT = "spikes"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RECEIPT_SLACK = timedelta(seconds=BUCKET_SECONDS * 2 + 120)
"""Issues say at most a minute late that they have new events."""


class Found(msgspec.Struct, frozen=True):
    """An issue whose events in a bucket are a spike."""

    loud: Loud
    baseline: float


class SpikeWatch:
    """Evaluates the current bucket and the one before it, whose last events may have been stored since."""

    def __init__(self, engine: sa.Engine, store: EventStore, clock: Clock, make_id: MakeId) -> None:
        self._engine = engine
        self._store = store
        self._clock = clock
        self._make_id = make_id

    def look(self) -> int:
        """Evaluate all projects that have new events; returns how many spikes were found.

        Does nothing while another node looks.

        Raises:
            Unavailable: a store is away. The next call finds what this one did not.
        """
        with alone(self._engine, SUBJECT) as is_ours:
            if not is_ours:
                return 0
            now = self._clock()
            with reading(self._engine) as connection:
                projects = projects_receiving_since(connection, now - RECEIPT_SLACK)
            return sum(self._look_at(project_id, now) for project_id in projects)

    def _look_at(self, project_id: int, now: datetime) -> int:
        with reading(self._engine) as connection:
            config = load_spike_config(connection, project_id)
        current = int(now.timestamp()) // BUCKET_SECONDS
        loud = read_loud(self._store, project_id, [current - 1, current], config.threshold)
        if not loud:
            return 0
        with reading(self._engine) as connection:
            last = last_spikes(connection, project_id, {each.issue_id for each in loud})
        awake = [each for each in loud if not _is_snoozed(each, last.get(each.issue_id), now, config)]
        return sum(self._emit(project_id, found, config) for found in self._spiking(project_id, awake, config))

    def _spiking(self, project_id: int, loud: Sequence[Loud], config: SpikeConfig) -> list[Found]:
        if not loud:
            return []
        buckets = range(loud[0].bucket - BUCKETS + 1, loud[-1].bucket + 1)
        history = read_history(self._store, project_id, list({each.issue_id for each in loud}), buckets)
        own = [issue_baseline(history[each.issue_id], each.bucket) for each in loud]
        totals: Mapping[int, tuple[int, int]] = {}
        if None in own:
            totals = read_totals(self._store, project_id, buckets)
        found = [
            Found(each, project_baseline(totals, each.bucket) if baseline is None else baseline)
            for each, baseline in zip(loud, own, strict=True)
        ]
        return [each for each in found if is_spike(each.loud.events, each.baseline, config)]

    def _emit(self, project_id: int, found: Found, config: SpikeConfig) -> bool:
        """Record and announce a spike, in one transaction; False where nobody wants to hear of it."""
        loud = found.loud
        with writing(self._engine) as connection:
            issue = lock_issues(connection, project_id, [loud.issue_id]).get(loud.issue_id)
            # Read under the lock: the issue may be gone, or have had a spike a bucket earlier in this very look.
            now = self._clock()
            last = last_spikes(connection, project_id, {loud.issue_id}).get(loud.issue_id)
            is_wanted = issue is not None and issue.states.of(loud.environment).status != SUPPRESSED
            if issue is None or not is_wanted or _is_snoozed(loud, last, now, config):
                return False
            identifier = self._make_id()
            detected_at = _moment_of(identifier)
            spike = NewSpike(
                id=identifier,
                issue_id=loud.issue_id,
                fingerprint=loud.fingerprint,
                bucket=loud.bucket,
                detected_at=detected_at,
                computed_baseline=found.baseline,
                current_bucket_value=loud.events,
            )
            insert_spike(connection, project_id, spike)
            occasion = Occasion(
                project_id, loud.event_uuid, loud.event_timestamp, loud.fingerprint, environment=loud.environment
            )
            figures = SpikeFigures(found.baseline, loud.events)
            announce(connection, [Announcement(identifier, SPIKING, issue, occasion, now, figures)])
        log.info("issue_spikes", project_id=project_id, issue_id=str(loud.issue_id), events=loud.events)
        return True


def _is_snoozed(loud: Loud, last: LastSpike | None, now: datetime, config: SpikeConfig) -> bool:
    """Whether a spike was told of a short while ago, or with these very events."""
    if last is None:
        return False
    if now < last.detected_at + timedelta(minutes=config.snooze_duration_minutes):
        return True
    return loud.bucket < last.bucket or (loud.bucket == last.bucket and loud.events <= last.current_bucket_value)


def _moment_of(identifier: UUID) -> datetime:
    """When a UUID of version 7 was made, to the millisecond."""
    return EPOCH + timedelta(milliseconds=identifier.int >> 80)
