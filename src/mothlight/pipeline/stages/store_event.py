"""Makes rows of exceptions and stores them in the event store; says which of them it refuses."""

from collections import Counter
from collections.abc import Sequence

from mothlight.model.event import ReceivedEvent
from mothlight.model.outcome import DropReason
from mothlight.persons.apply import Persons, PersonsOfBatch
from mothlight.persons.identity import person_text
from mothlight.pipeline.rows import NO_GROUP, event_row, noted_row
from mothlight.pipeline.states import Batch, Linked, Outcome, Prepared, Refused
from mothlight.storage.events.interface import EventStore, RefusedRow
from mothlight.storage.events.rows import EventRow


class StoreEvent:
    """Writes the rows of a batch at once."""

    def __init__(self, store: EventStore, persons: Persons) -> None:
        self._store = store
        self._persons = persons

    def make_rows(self, batch: Batch[Linked]) -> list[EventRow]:
        """The rows of everything that is left of the batch."""
        events = [item.normalised.event for item in batch.items] + [each.event for each in batch.unreadable]
        people = iter(self._find_people(events, batch.persons))
        rows = [event_row(item, next(people)) for item in batch.items]
        return rows + [noted_row(each, next(people)) for each in batch.unreadable]

    def store(self, prepared: Prepared) -> Outcome:
        """Store rows, and say what became of the batch. Can run beside other batches' stages; changes nothing here."""
        refused = self._store.insert_events(prepared.rows) if prepared.rows else []
        # Events that could not be read are counted already.
        bad = sum(1 for each in refused if each.row.grouping_key != NO_GROUP)
        dropped = prepared.dropped + Counter({DropReason.QUARANTINED: bad})
        stored = sum(1 for row in prepared.rows if row.grouping_key != NO_GROUP) - bad
        counted = {str(reason): events for reason, events in dropped.items()}
        return Outcome(stored, counted, _refused_events(refused, prepared.events))

    def _find_people(self, events: Sequence[ReceivedEvent], batch: PersonsOfBatch) -> list[str]:
        """The person of each event as of its receipt."""
        by_project: dict[int, set[str]] = {}
        for event in events:
            by_project.setdefault(event.project_id, set()).add(event.distinct_id)
        told = {project_id: self._persons.find(project_id, list(ids)) for project_id, ids in by_project.items()}
        return [
            batch.find(event)
            or told[event.project_id].get(event.distinct_id)
            or person_text(event.project_id, event.distinct_id)
            for event in events
        ]


def _refused_events(refused: Sequence[RefusedRow], events: Sequence[ReceivedEvent]) -> list[Refused]:
    if not refused:
        return []
    reasons = {(each.row.project_id, each.row.uuid): each.reason for each in refused}
    named = ((event, reasons.get((event.project_id, str(event.uuid)))) for event in events)
    return [Refused(event, reason) for event, reason in named if reason is not None]
