"""Does each piece of upkeep when it is due, on a thread of its own."""

import threading
import time
from collections.abc import Callable, Sequence

import msgspec
import structlog

from mothlight.model.errors import Unavailable

log = structlog.get_logger(__name__)

Work = Callable[[], object]


class Chore(msgspec.Struct, frozen=True):
    """A piece of work that may be done again and again."""

    name: str
    work: Work
    every_seconds: float


class Upkeep:
    """Runs chores. One that fails is logged and tried again when it is due next; the others do not mind."""

    def __init__(
        self, chores: Sequence[Chore], monotonic: Callable[[], float] = time.monotonic, *, name: str = "upkeep"
    ) -> None:
        self._due = {chore.name: monotonic() for chore in chores}
        self._chores = chores
        self._monotonic = monotonic
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin; everything is due at once."""
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Stop after the chore that is being done."""
        self._stopping.set()
        self._thread.join(timeout)

    def do_due(self) -> float:
        """Do what is due; returns the seconds until something is due again."""
        for chore in self._chores:
            if self._stopping.is_set():
                break
            if self._due[chore.name] <= self._monotonic():
                self._due[chore.name] = self._monotonic() + chore.every_seconds
                _do(chore)
        return max(0.0, min(self._due.values()) - self._monotonic())

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._stopping.wait(self.do_due())


def _do(chore: Chore) -> None:
    try:
        chore.work()
    except Unavailable as problem:
        log.warning("upkeep_postponed", chore=chore.name, reason=problem.reason)
    except Exception:
        log.exception("upkeep_failed", chore=chore.name)
