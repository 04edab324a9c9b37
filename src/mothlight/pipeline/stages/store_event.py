"""Makes rows of exceptions and stores them in the event store; says which of them it refuses."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from mothlight.model.event import ReceivedEvent
from mothlight.model.outcome import DropReason
from mothlight.persons.apply import Persons, PersonsOfBatch
from mothlight.persons.identity import person_text
from mothlight.pipeline.rows import NO_GROUP, event_row, noted_row
from mothlight.pipeline.stages.drop_duplicates import find_stored
from mothlight.pipeline.states import Batch, Linked, Outcome, Prepared, Refused
from mothlight.storage.events.interface import EventStore, RefusedRow
from mothlight.storage.events.rows import DropRow, EventRow
from mothlight.storage.metadata.engine import in_turn

STORING = "store events"


class StoreEvent:
    """Writes the rows of a batch at once."""

    def __init__(self, engine: sa.Engine, store: EventStore, persons: Persons) -> None:
        self._engine = engine
        self._store = store
        self._persons = persons

    def make_rows(self, batch: Batch[Linked]) -> list[EventRow]:
        """The rows of everything that is left of the batch."""
        events = [item.normalised.event for item in batch.items] + [each.event for each in batch.unreadable]
        people = iter(self.find_people(events, batch.persons))
        rows = [event_row(item, next(people)) for item in batch.items]
        return rows + [noted_row(each, next(people)) for each in batch.unreadable]

    def store(self, prepared: Prepared) -> Outcome:
        """Store rows, and say what became of the batch. Can run beside other batches' stages; changes nothing here."""
        if not prepared.rows and not prepared.drops:
            return Outcome(0, {str(reason): events for reason, events in prepared.dropped.items()}, [])
        # Two nodes can have the same event at the same time, and neither found it when it looked: what one stores the
        # other sees once it is its turn.
        with in_turn(self._engine, STORING) as beside_others:
            rows, drops = self._not_stored(prepared) if beside_others else (prepared.rows, prepared.drops)
            refused = self._store.insert_events(rows) if rows else []
            if drops:
                self._store.insert_drops(drops)
        return self._outcome(prepared, refused)

    def _not_stored(self, prepared: Prepared) -> tuple[list[EventRow], list[DropRow]]:
        """The rows, and those of events that are only counted, that no node has stored."""
        stored = {(project_id, str(UUID(int=uuid))) for project_id, uuid in find_stored(self._store, prepared.events)}
        prepared.attempts.append(stored)
        if not stored:
            return prepared.rows, prepared.drops
        return (
            [row for row in prepared.rows if (row.project_id, row.uuid) not in stored],
            [row for row in prepared.drops if (row.project_id, row.uuid) not in stored],
        )

    def _outcome(self, prepared: Prepared, refused: Sequence[RefusedRow]) -> Outcome:
        # What a later attempt finds is what the first one stored before its answer was lost.
        doubled = prepared.attempts[0] if prepared.attempts else set()
        counted = [row for row in prepared.rows if row.grouping_key != NO_GROUP]
        known = sum(1 for row in counted if (row.project_id, row.uuid) in doubled) if doubled else 0
        # Events that could not be read are counted already.
        bad = sum(1 for each in refused if each.row.grouping_key != NO_GROUP)
        dropped = prepared.dropped + Counter({DropReason.QUARANTINED: bad, DropReason.DUPLICATE: known})
        stored = len(counted) - bad - known
        reasons = {str(reason): events for reason, events in dropped.items()}
        return Outcome(stored, reasons, _refused_events(refused, prepared.events))

    def find_people(self, events: Sequence[ReceivedEvent], batch: PersonsOfBatch) -> list[str]:
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
