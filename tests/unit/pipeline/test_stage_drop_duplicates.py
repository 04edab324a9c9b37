"""Events that are sent again."""

from datetime import timedelta
from uuid import UUID

from mothlight.model.outcome import DropReason
from mothlight.pipeline.stages.drop_duplicates import DropDuplicates
from tests.support.received import NOW, batch_of, later, received


class Store:
    """Has some events."""

    def __init__(self, *known):
        self.known = set(known)
        self.asked = []

    def known_events(self, project_id, uuids, received_after):
        self.asked.append((project_id, set(uuids), received_after))
        return {uuid for project, uuid in self.known if project == project_id and uuid in uuids}


def drop(stage, *events):
    found = stage(batch_of(*events))
    return found.items, found.dropped.get(DropReason.DUPLICATE, 0)


def test_the_first_of_a_batch_wins():
    first, again = (received(1, {"n": n}, uuid=UUID(int=1 << 100)) for n in (1, 2))

    assert drop(DropDuplicates(Store()), first, again) == ([first], 1)


def test_the_same_uuid_in_another_project_is_another_event():
    one, other = (received(project, uuid=UUID(int=1 << 100)) for project in (1, 2))

    assert drop(DropDuplicates(Store()), one, other) == ([one, other], 0)


def test_an_event_that_the_store_has_is_dropped():
    known, new = received(1), received(1)
    stage = DropDuplicates(Store((1, known.uuid)))

    assert drop(stage, known, new) == ([new], 1)


def test_looks_14_days_back_from_the_earliest_receipt():
    store = Store()

    drop(DropDuplicates(store), received(1, received_at=later(50)), received(1, received_at=NOW))

    assert store.asked[0][2] == NOW - timedelta(days=14)


def test_a_stored_event_is_known_without_asking():
    store = Store()
    stage = DropDuplicates(store)
    event = received(1)
    stage.remember([event])

    assert drop(stage, event) == ([], 1)
    assert store.asked == []


def test_an_event_that_was_not_stored_yet_is_no_duplicate_of_itself():
    stage = DropDuplicates(Store())
    event = received(1)

    drop(stage, event)

    assert drop(stage, event) == ([event], 0)


def test_an_event_that_is_being_stored_is_known_until_it_is_stored_or_not():
    stage = DropDuplicates(Store())
    event = received(1)

    stage.hold([event])
    while_held = drop(stage, event)
    stage.release([event])

    assert while_held == ([], 1)
    assert drop(stage, event) == ([event], 0)
