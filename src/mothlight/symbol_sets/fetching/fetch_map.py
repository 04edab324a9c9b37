"""One fetch from beginning to end: ask, read what came, keep it or the reason why there is none."""

from typing import Protocol

from mothlight.kit.clock import Clock
from mothlight.symbol_sets.fetching.keep import Fetched
from mothlight.symbol_sets.fetching.script_map import NoMap, ScriptMaps
from mothlight.symbols.failures import Failure, script_unreadable
from mothlight.symbols.look_ups import Examined, Kind, Reason, Unreadable


class Examiner(Protocol):
    """Who reads symbol data: `symbols.reader.SymbolReader`."""

    def examine(self, data: bytes) -> Examined | Unreadable:
        """What the bytes are, or why they cannot be used."""


class FetchMap:
    """Fetches the map of a script for a project. For any thread."""

    def __init__(self, maps: ScriptMaps, reader: Examiner, fetched: Fetched, clock: Clock) -> None:
        self._maps = maps
        self._reader = reader
        self._fetched = fetched
        self._clock = clock

    def __call__(self, project_id: int, url: str) -> None:
        """Fetch it, and keep what came of it.

        Raises:
            Unavailable: a store is away; nothing is kept.
        """
        try:
            content = self._maps.fetch(project_id, url)
        except NoMap as problem:
            self._fetched.keep_failure(project_id, url, problem.failure.text, self._clock())
            return
        failure = self._examine(content)
        if failure is not None:
            self._fetched.keep_failure(project_id, url, failure.text, self._clock())
        else:
            self._fetched.keep_map(project_id, url, content, self._clock())

    def _examine(self, content: bytes) -> Failure | None:
        """Why what came cannot be used, or None."""
        examined = self._reader.examine(content)
        if isinstance(examined, Examined) and examined.kind is not Kind.SCRIPT_MAP:
            examined = Unreadable(Reason.CONTENT, f"it is a {examined.kind}")
        return script_unreadable(examined) if isinstance(examined, Unreadable) else None
