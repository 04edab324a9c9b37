"""Taking events out of a batch that wait for source maps, and putting them into a later one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from mothlight.model.event import ReceivedEvent
from mothlight.model.outcome import DropReason
from mothlight.persons.apply import Entry, PersonsOfBatch
from mothlight.pipeline.states import Batch, Normalised, Parked


def park(waiting: Sequence[Normalised], people: Sequence[str], entries: Sequence[Entry]) -> list[Parked]:
    """Events of these entries that wait. `people`: whose each is as of its receipt."""
    of_event = {id(event): entry for entry in entries for event in entry.events}
    parked = []
    for item, person in zip(waiting, people, strict=True):
        entry = of_event[id(item.event)]
        parked.append(Parked(item, person, entry.sequence, entry.writer))
    return parked


def with_returned(
    batch: Batch[Normalised], returned: Sequence[Parked], existing: Mapping[int, object]
) -> Batch[Normalised]:
    """The batch with events that waited; those of projects that are gone meanwhile are dropped."""
    if not returned:
        return batch
    back = [each for each in returned if each.item.event.project_id in existing]
    batch.drop(DropReason.PROJECT_DELETED, len(returned) - len(back))
    people = {(each.item.event.project_id, each.item.event.uuid.int): each.person for each in back}
    persons = PersonsOfBatch({**batch.persons.at_receipt, **people}, changed=batch.persons.changed)
    return msgspec.structs.replace(batch, items=[*batch.items, *(each.item for each in back)], persons=persons)


def without_parked(events: list[ReceivedEvent], parked: Sequence[Parked]) -> list[ReceivedEvent]:
    """Those of the events that do not wait."""
    if not parked:
        return events
    waits = {id(event) for event in events_of(parked)}
    return [event for event in events if id(event) not in waits]


def events_of(parked: Iterable[Parked]) -> Iterator[ReceivedEvent]:
    """The events that wait, or waited."""
    return (each.item.event for each in parked)
