"""Counts of events since the start of this process, consistent at any moment."""

import threading
from collections import Counter
from collections.abc import Mapping

import msgspec


class TallySnapshot(msgspec.Struct, frozen=True):
    """One consistent reading. `accepted + recovered = stored + sum(dropped) + pending` always holds."""

    accepted: int
    recovered: int
    """Events that this process found unprocessed in the journal at its start."""
    stored: int
    dropped: dict[str, int]

    @property
    def processed(self) -> int:
        """Events whose fate is decided."""
        return self.stored + sum(self.dropped.values())

    @property
    def pending(self) -> int:
        """Events accepted but not yet queryable."""
        return self.accepted + self.recovered - self.processed


class Tally:
    """Counters that the intake and the pipeline add to, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accepted = 0
        self._recovered = 0
        self._stored = 0
        self._dropped: Counter[str] = Counter()

    def accept(self, events: int, dropped: Mapping[str, int] | None = None) -> None:
        """Count the events of a request that is about to be answered 200; some may be dropped at once, by reason."""
        with self._lock:
            self._accepted += events
            self._dropped.update(dropped or {})

    def recover(self, events: int) -> None:
        """Count events that a restart found in the journal."""
        with self._lock:
            self._recovered += events

    def settle(self, stored: int, dropped: Mapping[str, int]) -> None:
        """Count events that became queryable or were dropped by the pipeline. Call it after the store has them."""
        with self._lock:
            self._stored += stored
            self._dropped.update(dropped)

    def read(self) -> TallySnapshot:
        """One consistent reading of all counters."""
        with self._lock:
            return TallySnapshot(self._accepted, self._recovered, self._stored, dict(self._dropped))
