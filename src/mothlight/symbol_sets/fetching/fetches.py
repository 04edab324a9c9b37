"""Decides what is fetched and when, and does it on threads of its own (pipeline.md 9.5, 9.6)."""

import threading
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import structlog

from mothlight.model.errors import Unavailable
from mothlight.symbol_sets.fetching.turns import HostTurns, host_of

log = structlog.get_logger(__name__)

MOST_AN_EVENT = 5
MOST_A_MINUTE = 60
"""Fetches that are begun for one project."""
MINUTE = 60.0
MOST_WAITING = 1_000
"""Fetches that wait for a thread, of all projects."""
THREADS = 6
AGAIN_SECONDS = 300.0
"""How long after it ended nothing is fetched again, whatever came of it."""
MOST_REMEMBERED = 20_000
LOOK_SECONDS = 0.1
"""How often a thread without work looks whether a busy host has room."""

Work = Callable[[int, str], None]
"""Fetches what a project needs from a URL, and keeps what came of it."""


class _Fetch(NamedTuple):
    project_id: int
    url: str


class Fetches:
    """The fetches of this process: each once at a time, within the bounds of its project and its host.

    May be used from any thread; nothing here waits for the network but its own threads.
    """

    def __init__(self, work: Work, turns: HostTurns, monotonic: Callable[[], float]) -> None:
        self._work = work
        self._turns = turns
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._waiting: deque[_Fetch] = deque()
        self._under_way: set[_Fetch] = set()
        self._ended: dict[_Fetch, float] = {}
        self._begun: dict[int, deque[float]] = {}
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._closed = False

    def want(self, project_id: int, url: str) -> bool:
        """Have a URL fetched; whether that is under way now.

        False: it ended a short while ago, the project has had its share of this minute, or too much waits.
        """
        fetch = _Fetch(project_id, url)
        with self._changed:
            if fetch in self._under_way:
                return True
            if self._closed or self._ended_lately(fetch) or len(self._waiting) >= MOST_WAITING:
                return False
            if not self._has_share(project_id):
                return False
            self._under_way.add(fetch)
            self._waiting.append(fetch)
            self._see_to_thread()
            self._changed.notify()
            return True

    def is_under_way(self, project_id: int, url: str) -> bool:
        """Whether the URL is being fetched, or waits for it."""
        return _Fetch(project_id, url) in self._under_way

    def close(self, seconds: float = 2.0) -> None:
        """Begin no more; wait a little for those under way. What they would have brought is fetched another time."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()
        ends = self._monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, ends - self._monotonic()))

    def _ended_lately(self, fetch: _Fetch) -> bool:
        ended = self._ended.get(fetch)
        return ended is not None and self._monotonic() - ended < AGAIN_SECONDS

    def _has_share(self, project_id: int) -> bool:
        """Take one of the project's fetches of this minute, if one is left."""
        now = self._monotonic()
        begun = self._begun.setdefault(project_id, deque())
        while begun and now - begun[0] >= MINUTE:
            begun.popleft()
        if len(begun) >= MOST_A_MINUTE:
            return False
        begun.append(now)
        return True

    def _see_to_thread(self) -> None:
        """Start a thread if all are busy and there may be one more."""
        if self._idle >= len(self._waiting) or len(self._threads) >= THREADS:
            return
        thread = threading.Thread(target=self._run, name="fetch-maps", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _run(self) -> None:
        while (fetch := self._next()) is not None:
            try:
                self._work(*fetch)
            except Unavailable as problem:
                log.warning("fetched_map_lost", project_id=fetch.project_id, reason=problem.reason)
            except Exception:
                log.exception("fetch_failed", project_id=fetch.project_id, host=host_of(fetch.url))
            finally:
                self._end(fetch)

    def _next(self) -> _Fetch | None:
        """The next fetch whose host has room; None at the end."""
        with self._changed:
            while not self._closed:
                for fetch in self._waiting:
                    if self._turns.has_room(fetch.url):
                        self._waiting.remove(fetch)
                        return fetch
                self._idle += 1
                # Turns end without a word to this condition, so it looks again.
                self._changed.wait(LOOK_SECONDS if self._waiting else None)
                self._idle -= 1
            return None

    def _end(self, fetch: _Fetch) -> None:
        with self._changed:
            self._under_way.discard(fetch)
            if len(self._ended) >= MOST_REMEMBERED:
                self._ended.clear()
            self._ended[fetch] = self._monotonic()
            self._changed.notify()
