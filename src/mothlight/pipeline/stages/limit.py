"""Keeps as many events as a project's limits allow, and counts the others (pipeline 7).

Buckets are charged once for each batch, together with the record of what was decided, so a batch that is run again is
neither charged nor decided again. Time is the receipt's.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import sqlalchemy as sa
import structlog

from mothlight.kit.clock import Clock
from mothlight.kit.ids import MakeId
from mothlight.limits.admit import Asking, Fate, admit, subjects
from mothlight.limits.counts import LimitCounts
from mothlight.limits.decisions import Decisions, Key
from mothlight.limits.rates import Limits, limits_of
from mothlight.model.event import ReceivedEvent
from mothlight.model.outcome import DropReason
from mothlight.pipeline.states import Admitted, Batch, Limited, Linked
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories.settings import load_limits
from mothlight.storage.metadata.repositories.token_buckets import lock_buckets, write_buckets

log = structlog.get_logger(__name__)

REASONS = {
    Fate.OVER_ISSUE_LIMIT: DropReason.ISSUE_RATE_LIMIT,
    Fate.OVER_PROJECT_LIMIT: DropReason.PROJECT_RATE_LIMIT,
}


class Limit:
    """Takes from the token buckets in the metadata, which all nodes share.

    `is_bypassed` says whether a bypass rule exempts an event (pipeline 6.9); it is asked only where there are limits.
    """

    def __init__(
        self,
        engine: sa.Engine,
        clock: Clock,
        make_id: MakeId,
        counts: LimitCounts,
        is_bypassed: Callable[[Linked], bool],
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._make_id = make_id
        self._counts = counts
        self._is_bypassed = is_bypassed
        self._decisions = Decisions()

    def __call__(self, batch: Batch[Linked], writers: Collection[str]) -> Admitted:
        """Keep what is within the limits; `writers` are those of the journal entries that the batch comes from."""
        if not batch.items:
            return Admitted(batch, [])
        limits = self._prepare(batch.items, writers)
        self._decide(batch.items, limits, writers)
        if self._decisions.is_empty:
            return Admitted(batch, [])
        kept: list[Linked] = []
        limited: list[Limited] = []
        for item in batch.items:
            fate = self._decisions.find(_key(item)) or Fate.KEPT
            if fate is Fate.KEPT:
                kept.append(item)
            else:
                limited.append(Limited(item, REASONS[fate]))
        for reason in REASONS.values():
            batch.drop(reason, sum(1 for each in limited if each.reason is reason))
        return Admitted(batch.hand_on(kept), limited)

    def conclude(self, events: Iterable[ReceivedEvent]) -> None:
        """Events are stored, or counted as dropped: the event store knows them now."""
        self._decisions.conclude((event.project_id, event.uuid.int) for event in events)

    def _prepare(self, items: Sequence[Linked], writers: Collection[str]) -> dict[int, Limits]:
        """The limits of those of the projects that have any; what an earlier process decided is remembered."""
        unknown = self._decisions.unknown(writers)
        with reading(self._engine) as connection:
            if unknown:
                self._decisions.recall(connection, unknown)
            found = load_limits(connection, {item.normalised.event.project_id for item in items})
        limits = {project_id: limits_of(settings) for project_id, settings in found.items()}
        return {project_id: of_project for project_id, of_project in limits.items() if of_project.any}

    def _decide(self, items: Sequence[Linked], limits: Mapping[int, Limits], writers: Collection[str]) -> None:
        """Decide about the events that are new, of projects that have limits."""
        undecided: dict[int, list[Linked]] = {}
        for item in items if limits else ():
            event = item.normalised.event
            if event.project_id in limits and not event.historical and self._decisions.find(_key(item)) is None:
                undecided.setdefault(event.project_id, []).append(item)
        asking = {project_id: self._not_bypassed(project_id, of, limits) for project_id, of in undecided.items()}
        if not any(asking.values()):
            return
        try:
            self._charge(asking, limits, writers)
        except sa.exc.DBAPIError:
            # Too many are better than none.
            self._counts.failed(sum(map(len, asking.values())))
            log.exception("limits_failed")

    def _not_bypassed(self, project_id: int, items: list[Linked], limits: Mapping[int, Limits]) -> list[Linked]:
        asking = [item for item in items if not self._is_bypassed(item)]
        self._counts.bypassed(limits[project_id], len(items) - len(asking))
        return asking

    def _charge(
        self, asking: Mapping[int, Sequence[Linked]], limits: Mapping[int, Limits], writers: Collection[str]
    ) -> None:
        fates: dict[Key, Fate] = {}
        decided: list[tuple[Limits, list[Fate]]] = []
        with writing(self._engine) as connection:
            # In order of the id, so that two nodes never wait for each other.
            for project_id, items in sorted(asking.items()):
                if not items:
                    continue
                of_project = limits[project_id]
                asked = [_asking(item) for item in items]
                buckets = lock_buckets(connection, project_id, subjects(asked, of_project))
                admission = admit(asked, of_project, buckets)
                write_buckets(connection, project_id, admission.buckets)
                fates.update(zip(map(_key, items), admission.fates, strict=True))
                decided.append((of_project, admission.fates))
            written = self._decisions.write(connection, writers, fates, self._clock(), self._make_id)
        self._decisions.remember(written)
        for of_project, some in decided:
            self._counts.decided(of_project, some)


def _key(item: Linked) -> Key:
    event = item.normalised.event
    return event.project_id, event.uuid.int


def _asking(item: Linked) -> Asking:
    event = item.normalised.event
    return Asking(event.uuid.int, item.issue_id, int(event.received_at.timestamp()))
