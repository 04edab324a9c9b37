"""What a batch shows of one grouping key."""

from mothlight.issues.sighting import Sighting
from tests.support.received import later, received


def test_a_sighting_knows_its_first_its_earliest_and_its_latest_event():
    first = received(timestamp=later(5), received_at=later(10))
    early = received(timestamp=later(1), received_at=later(11))
    late = received(timestamp=later(9), received_at=later(12))
    sighting = Sighting.of(7, first)

    for event in (early, late):
        sighting.add(event)

    assert sighting.first is first
    assert sighting.earliest == later(1)
    assert sighting.latest is late
    assert sighting.received_at == later(12)
