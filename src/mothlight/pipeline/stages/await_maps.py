"""Lets source maps be fetched, and holds events back for a short while whose new stack waits for one (pipeline.md 9.5).

Events of stacks that are stored pass, and so do all others: nothing here waits.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from mothlight.kit.clock import Clock
from mothlight.kit.recent import Recent
from mothlight.pipeline.stack_symbols import Sets, refs_of
from mothlight.pipeline.stages.normalise import read_sent
from mothlight.pipeline.states import Batch, Normalised
from mothlight.storage.events.interface import EventStore
from mothlight.storage.metadata.repositories.symbol_sets import FAILURE_LASTS
from mothlight.symbol_sets.find import SymbolSets
from mothlight.symbols.stack import urls_to_fetch

MOST_AN_EVENT = 5
"""Fetches that one stack may begin."""
WAITS_SECONDS = 10.0
REMEMBERED = 50_000
"""Stacks of which it is known when to look at them again."""
AGAIN = timedelta(minutes=1)
"""When a stack is looked at again whose maps could not be fetched just now."""
NEVER = timedelta(days=36_500)

StackKey = tuple[int, str]


class Fetching(Protocol):
    """Who fetches: `symbol_sets.fetching.fetches.Fetches`."""

    def want(self, project_id: int, url: str) -> bool:
        """Have a URL fetched; whether that is under way now."""

    def is_under_way(self, project_id: int, url: str) -> bool:
        """Whether it is."""


class _Waiting(msgspec.Struct, frozen=True):
    urls: Sequence[str]
    until: float


class AwaitMaps:
    """Looks at stacks that are new, and at others now and then. For one thread."""

    def __init__(
        self,
        store: EventStore,
        sets: SymbolSets,
        fetching: Fetching,
        clock: Clock,
        monotonic: Callable[[], float],
    ) -> None:
        self._store = store
        self._sets = sets
        self._fetching = fetching
        self._clock = clock
        self._monotonic = monotonic
        self._next_look: Recent[StackKey, datetime] = Recent(REMEMBERED)
        self._waiting: dict[StackKey, _Waiting] = {}

    def __call__(self, batch: Batch[Normalised], *, may_wait: bool) -> tuple[Batch[Normalised], list[Normalised]]:
        """What passes, and what has to wait.

        Raises:
            Unavailable: a store is away.
        """
        now = self._clock()
        outdated: dict[int, dict[str, Normalised]] = {}
        for item in batch.items:
            project_id = item.event.project_id
            if item.has_stack:
                next_look = self._next_look.get((project_id, item.stack))
                if next_look is None or next_look <= now:
                    outdated.setdefault(project_id, {}).setdefault(item.stack, item)
        if not outdated:
            return batch, []
        for project_id, items in outdated.items():
            new = {stack: item for stack, item in items.items() if (project_id, stack) not in self._waiting}
            if new:
                self._look(project_id, new, now, may_wait=may_wait)
        if not self._waiting or not may_wait:
            return batch, []
        # Also where the map has just come: what passes now was told of the project's sets before.
        passing: list[Normalised] = []
        waiting: list[Normalised] = []
        for item in batch.items:
            (waiting if (item.event.project_id, item.stack) in self._waiting else passing).append(item)
        return batch.hand_on(passing), waiting

    def is_waiting(self, item: Normalised) -> bool:
        """Whether the maps of the item's stack are still being fetched, and it may wait for them."""
        key = (item.event.project_id, item.stack)
        waiting = self._waiting.get(key)
        if waiting is None:
            return False
        under_way = any(self._fetching.is_under_way(key[0], url) for url in waiting.urls)
        if under_way and self._monotonic() < waiting.until:
            return True
        del self._waiting[key]
        self._next_look.put(key, self._clock() + AGAIN)
        return False

    def _look(self, project_id: int, items: Mapping[str, Normalised], now: datetime, *, may_wait: bool) -> None:
        read = {stack: read_sent(item.sent) for stack, item in items.items()}
        found = self._sets.find(project_id, {ref for each in read.values() for ref in refs_of(each)})
        wanted: dict[str, list[str]] = {}
        for stack, each in read.items():
            missing = urls_to_fetch(each, found)[:MOST_AN_EVENT]
            under_way = [url for url in missing if self._fetching.want(project_id, url)]
            if under_way:
                wanted[stack] = under_way
            else:
                next_look = now + AGAIN if missing else _when_failures_end(found, refs_of(each), now)
                self._next_look.put((project_id, stack), next_look)
        if not wanted:
            return
        stored = self._store.known_stacks(project_id, wanted) if may_wait else wanted.keys()
        until = self._monotonic() + WAITS_SECONDS
        for stack, urls in wanted.items():
            if stack in stored:
                self._next_look.put((project_id, stack), now + AGAIN)
            else:
                self._waiting[project_id, stack] = _Waiting(urls, until)


def _when_failures_end(found: Sets, refs: Iterable[str], now: datetime) -> datetime:
    """When a failure that is remembered is to be tried again, at the earliest."""
    failed = [found[ref].last_used or now for ref in refs if ref in found and not found[ref].is_complete]
    return min(failed) + FAILURE_LASTS if failed else now + NEVER
