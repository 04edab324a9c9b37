"""The stages of an event's way, in order."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import msgspec
import sqlalchemy as sa

from mothlight.kit.clock import Clock
from mothlight.kit.ids import MakeId
from mothlight.kit.token_bucket import Rate
from mothlight.limits.counts import LimitCounts
from mothlight.model.event import EXCEPTION, ReceivedEvent
from mothlight.model.outcome import DropReason
from mothlight.persons.apply import Entry, Persons
from mothlight.pipeline.parked import events_of, park, with_returned, without_parked
from mothlight.pipeline.quarantine import Quarantine
from mothlight.pipeline.rows import drop_row
from mothlight.pipeline.rules import PipelineRules
from mothlight.pipeline.stack_symbols import StackResolver
from mothlight.pipeline.stages.apply_rules import group_by_rules, suppress_by_rules
from mothlight.pipeline.stages.attach_release import AttachRelease
from mothlight.pipeline.stages.await_maps import AwaitMaps
from mothlight.pipeline.stages.drop_duplicates import DropDuplicates
from mothlight.pipeline.stages.fingerprint import fingerprint
from mothlight.pipeline.stages.limit import Limit
from mothlight.pipeline.stages.link_issue import LinkIssue
from mothlight.pipeline.stages.normalise import Normalise
from mothlight.pipeline.stages.resolve import Resolve
from mothlight.pipeline.stages.store_event import StoreEvent
from mothlight.pipeline.states import Batch, Linked, Normalised, Outcome, Parked, Prepared
from mothlight.storage.blobs.interface import Blobs
from mothlight.storage.events.interface import EventStore
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.project_lifetime import ProjectVersions, project_versions
from mothlight.storage.mirror import Mirror
from mothlight.symbol_sets.find import SymbolSets
from mothlight.symbols.stack import Reader


class Pipeline:
    """Takes batches from journal entries to stored events. For one thread.

    Every stage can run twice on the same entries and has the same outcome then.
    """

    def __init__(
        self,
        engine: sa.Engine,
        store: EventStore,
        mirror: Mirror,
        *,
        blobs: Blobs,
        reader: Reader,
        clock: Clock,
        make_id: MakeId,
        await_maps: AwaitMaps | None = None,
    ) -> None:
        """Build it. Without `await_maps` no source map is fetched."""
        self._engine = engine
        self._mirror = mirror
        self.quarantine = Quarantine(engine, clock)
        self._persons = Persons(engine, clock)
        self._drop_duplicates = DropDuplicates(store)
        self._normalise = Normalise()
        self._await_maps = await_maps
        self._resolve = Resolve(store, StackResolver(SymbolSets(engine, blobs, clock), reader), clock)
        self._attach_release = AttachRelease(engine, clock)
        self._rules = PipelineRules(engine, clock, self._resolve.stack_of)
        self._link_issue = LinkIssue(engine, mirror, clock, make_id, self._resolve.stack_of, self._rules)
        self.limit_counts = LimitCounts()
        self._limit = Limit(engine, clock, make_id, self.limit_counts, self._rules.is_bypassed)
        self._store_event = StoreEvent(engine, store, self._persons)

    def limit_new_issues(self, budget: Rate | None) -> None:
        """Say how many issues of a project may be new; until then, and with None, any number."""
        self._link_issue.limit_new_issues(budget)

    def run(self, entries: Sequence[Entry]) -> Outcome:
        """Take the events of some journal entries from one end to the other, in order of the journal.

        Raises:
            Unavailable: a store is away. Nothing is lost: the same call can be repeated.
            Exception: a defect; the same call with fewer entries tells which event it lies in.
        """
        prepared = self.prepare(entries)
        try:
            outcome = self.store(prepared)
        except BaseException:
            self.abandon(prepared)
            raise
        self.conclude(prepared, outcome)
        return outcome

    def prepare(self, entries: Sequence[Entry], returned: Sequence[Parked] = (), *, may_park: bool = False) -> Prepared:
        """All stages but storing. End it with `conclude` or `abandon`; until then its events count as known.

        `returned`: events that an earlier batch parked. `may_park`: whether events may wait for source maps; they come
        out as `parked`, count as known until they have come back, and are to be given back once they are no longer
        `waiting`.

        Raises as `run`, and leaves nothing to end then.
        """
        try:
            return self._prepare(entries, returned, may_park=may_park)
        except BaseException:
            self._drop_duplicates.release(events_of(returned))
            raise

    def waiting(self, parked: Parked) -> bool:
        """Whether it is too early for an event to come back."""
        return self._await_maps is not None and self._await_maps.is_waiting(parked.item)

    def _prepare(self, entries: Sequence[Entry], returned: Sequence[Parked], *, may_park: bool) -> Prepared:
        versions, present = self._of_existing_projects(entries, returned)
        received = self._change_persons(entries, present)
        self._drop_duplicates.hold(events_of(returned))
        fresh = self._drop_duplicates(received)
        normalised, parked = self._wait_for_maps(self._normalise(fresh), entries, may_park=may_park)
        ready = with_returned(normalised, returned, versions)
        self._rules.load(versions)
        symbols_versions = {key: version.symbols for key, version in versions.items()}
        # What this announces is in the issue's own transaction, also for an event that is only counted afterwards.
        linked = self._bring_to_issues(ready, symbols_versions)
        admitted = self._limit(linked, {each.writer for each in entries} | {each.writer for each in returned})
        self._rules.tell_broken()
        events = [*without_parked(fresh.items, parked), *events_of(returned)]
        rows, drops = self._store_event.make_rows(admitted.kept), [drop_row(each) for each in admitted.limited]
        prepared = Prepared(rows, admitted.kept.dropped, events, drops, parked)
        self._drop_duplicates.hold(prepared.events)
        self._drop_duplicates.hold(events_of(parked))
        return prepared

    def store(self, prepared: Prepared) -> Outcome:
        """The last stage. The only method that may run on another thread, while the next batch is prepared.

        Raises as `run`.
        """
        return self._store_event.store(prepared)

    def conclude(self, prepared: Prepared, outcome: Outcome) -> None:
        """The batch is stored, but for what the store refused, which may come again."""
        self._drop_duplicates.remember(prepared.events, [refused.event for refused in outcome.refused])
        self._limit.conclude(prepared.events)

    def abandon(self, prepared: Prepared) -> None:
        """The batch is not stored; its entries can be run again."""
        self._drop_duplicates.release(prepared.events)
        self._drop_duplicates.release(events_of(prepared.parked))

    def _wait_for_maps(
        self, batch: Batch[Normalised], entries: Sequence[Entry], *, may_park: bool
    ) -> tuple[Batch[Normalised], list[Parked]]:
        """What passes, and what waits."""
        if self._await_maps is None:
            return batch, []
        passing, waiting = self._await_maps(batch, may_wait=may_park)
        people = self._store_event.find_people([item.event for item in waiting], batch.persons) if waiting else []
        return passing, park(waiting, people, entries) if waiting else []

    def _bring_to_issues(self, normalised: Batch[Normalised], symbols_versions: Mapping[int, int]) -> Batch[Linked]:
        """From stacks to issues; once more when symbol sets have changed meanwhile.

        A repair that began meanwhile may have looked before our stacks and keys were there. If the sets are the same
        afterwards, every repair of later ones sees them.
        """
        while True:
            attempt = msgspec.structs.replace(normalised, dropped=normalised.dropped.copy())
            resolved = self._resolve(attempt, symbols_versions)
            released = self._attach_release(resolved)
            fingerprinted = group_by_rules(fingerprint(released), self._rules)
            # Before an issue begins or comes back because of an unwanted event.
            wanted = suppress_by_rules(fingerprinted, self._rules, self._resolve.stack_of)
            linked = self._link_issue(wanted)
            versions = self._versions(symbols_versions)
            present = {
                key: versions[key].symbols if key in versions else known for key, known in symbols_versions.items()
            }
            if present == symbols_versions:
                return linked
            symbols_versions = present

    def _versions(self, projects: Collection[int]) -> dict[int, ProjectVersions]:
        """Of those of the projects that are not deleted."""
        if not projects:
            return {}
        with reading(self._engine) as connection:
            return project_versions(connection, projects)

    def _change_persons(self, entries: Sequence[Entry], present: Sequence[Entry]) -> Batch[ReceivedEvent]:
        """Apply what the events that are present tell about persons; only exceptions go on."""
        persons = self._persons.apply(present)
        if persons.changed:
            self._mirror.sync()
        received = [event for entry in present for event in entry.events]
        exceptions = [event for event in received if event.name == EXCEPTION]
        batch = Batch(exceptions, persons, Counter(), [])
        batch.drop(DropReason.PROJECT_DELETED, _count(entries) - _count(present))
        batch.drop(DropReason.NOT_EXCEPTION, len(received) - len(exceptions))
        return batch

    def _of_existing_projects(
        self, entries: Sequence[Entry], returned: Sequence[Parked]
    ) -> tuple[Mapping[int, ProjectVersions], Sequence[Entry]]:
        """The versions of projects that are not deleted, and what belongs to these."""
        projects = {event.project_id for entry in entries for event in entry.events}
        projects.update(event.project_id for event in events_of(returned))
        existing = self._versions(projects)
        if existing.keys() == projects:
            return existing, entries
        present = [
            msgspec.structs.replace(entry, events=[each for each in entry.events if each.project_id in existing])
            for entry in entries
        ]
        return existing, present


def _count(entries: Sequence[Entry]) -> int:
    return sum(len(entry.events) for entry in entries)
