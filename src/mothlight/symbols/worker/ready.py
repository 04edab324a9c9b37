"""What a reading process has ready, within a bound on memory."""

from collections import OrderedDict

from mothlight.symbols.formats.prepared import Prepared
from mothlight.symbols.look_ups import Kind


class Ready:
    """Prepared symbol data by key; what was not used for longest goes first when room is needed."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._items: OrderedDict[str, tuple[Kind, Prepared]] = OrderedDict()

    def find(self, key: str) -> tuple[Kind, Prepared] | None:
        """What is ready under the key."""
        found = self._items.get(key)
        if found is not None:
            self._items.move_to_end(key)
        return found

    def put(self, key: str, kind: Kind, prepared: Prepared) -> None:
        """Keep it. What alone is larger than the bound stays until the next comes."""
        self.forget(key)
        self._items[key] = (kind, prepared)
        self._bytes += prepared.weight
        while self._bytes > self._most_bytes and len(self._items) > 1:
            self.forget(next(iter(self._items)))

    def forget(self, key: str) -> None:
        """Let it go, if it is there."""
        found = self._items.pop(key, None)
        if found is not None:
            self._bytes -= found[1].weight
