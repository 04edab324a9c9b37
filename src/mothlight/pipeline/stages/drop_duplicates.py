"""Drops events that the project has already: clients send again whatever they got no answer to (ingest 6)."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from mothlight.kit.recent import Recent
from mothlight.model.event import ReceivedEvent
from mothlight.model.outcome import DropReason
from mothlight.pipeline.states import Batch
from mothlight.storage.events.interface import EventStore

LOOK_BACK = timedelta(days=14)
"""How long before its own receipt an event is looked for."""
REMEMBERED = 50_000

Key = tuple[int, int]


class DropDuplicates:
    """Knows events by uuid: those stored lately or being stored, those earlier in the batch, those in the store.

    The first wins.
    """

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._being_stored: set[Key] = set()
        self._stored: Recent[Key, bool] = Recent(REMEMBERED)

    def __call__(self, batch: Batch[ReceivedEvent]) -> Batch[ReceivedEvent]:
        """Keep the events that are new."""
        first: dict[Key, ReceivedEvent] = {}
        for event in batch.items:
            key = (event.project_id, event.uuid.int)
            if key not in self._stored and key not in self._being_stored:
                first.setdefault(key, event)
        fresh = self._without_known(first)
        batch.drop(DropReason.DUPLICATE, len(batch.items) - len(fresh))
        return batch.hand_on(fresh)

    def hold(self, events: Iterable[ReceivedEvent]) -> None:
        """Say that events are on their way into the store; end it with `remember` or `release`."""
        self._being_stored.update((event.project_id, event.uuid.int) for event in events)

    def remember(self, events: Sequence[ReceivedEvent], without: Sequence[ReceivedEvent] = ()) -> None:
        """Say that events are stored now; not before, or a second attempt would take them for duplicates.

        `without`: those of them that are not.
        """
        self.release(events)
        missing = {(event.project_id, event.uuid.int) for event in without}
        for event in events:
            key = (event.project_id, event.uuid.int)
            if key not in missing:
                self._stored.put(key, value=True)

    def release(self, events: Iterable[ReceivedEvent]) -> None:
        """Say that events are no longer on their way."""
        self._being_stored.difference_update((event.project_id, event.uuid.int) for event in events)

    def _without_known(self, first: dict[Key, ReceivedEvent]) -> list[ReceivedEvent]:
        known = find_stored(self._store, first.values())
        return [event for key, event in first.items() if key not in known] if known else list(first.values())


def find_stored(store: EventStore, events: Iterable[ReceivedEvent]) -> set[Key]:
    """Those of the events that the store has."""
    by_project: dict[int, list[ReceivedEvent]] = {}
    for event in events:
        by_project.setdefault(event.project_id, []).append(event)
    known: set[Key] = set()
    for project_id, of_project in by_project.items():
        since = min(event.received_at for event in of_project) - LOOK_BACK
        stored = store.known_events(project_id, [event.uuid for event in of_project], since)
        known.update((project_id, uuid.int) for uuid in stored)
    return known
