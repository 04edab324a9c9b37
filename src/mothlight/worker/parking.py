"""Events that wait for source maps, and the journal entries that are not done because of them."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from mothlight.journal.interface import Position
from mothlight.pipeline.states import Parked

MOST_EVENTS = 2_000
MOST_BYTES = 20_000_000
"""Of their properties. Past either bound events go on unresolved, and are repaired when their map has come."""


class Parking:
    """Where they wait. For one thread. What is here is in the journal too, so a crash loses nothing."""

    def __init__(self) -> None:
        self._parked: list[Parked] = []
        self._bytes = 0
        self._left: Counter[int] = Counter()
        self._positions: dict[int, Position] = {}

    @property
    def is_used(self) -> bool:
        """Whether anything waits."""
        return bool(self._parked)

    @property
    def has_room(self) -> bool:
        """Whether more may wait."""
        return len(self._parked) < MOST_EVENTS and self._bytes < MOST_BYTES

    def park(self, positions: Iterable[Position], parked: Sequence[Parked]) -> list[Position]:
        """Take in events of some entries; gives the entries that none of them is of: those are done."""
        self._parked.extend(parked)
        self._bytes += sum(each.size for each in parked)
        left = Counter(each.sequence for each in parked)
        self._left.update(left)
        done = []
        for position in positions:
            if left[position.sequence]:
                self._positions[position.sequence] = position
            else:
                done.append(position)
        return done

    def take_ready(self, is_ready: Callable[[Parked], bool]) -> list[Parked]:
        """Let go of the events that need not wait; they are to be given back."""
        ready = [each for each in self._parked if is_ready(each)]
        if ready:
            gone = {id(each) for each in ready}
            self._parked = [each for each in self._parked if id(each) not in gone]
            self._bytes -= sum(each.size for each in ready)
        return ready

    def give_back(self, returned: Iterable[Parked]) -> list[Position]:
        """Events that waited are at their end; gives the entries that are done with them."""
        done = []
        for each in returned:
            self._left[each.sequence] -= 1
            if not self._left[each.sequence]:
                del self._left[each.sequence]
                done.append(self._positions.pop(each.sequence))
        return done
