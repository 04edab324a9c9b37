"""Answers remembered for a moment, so that a hot question does not go to the database each time."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class ShortMemory(Generic[Value]):
    """Keeps the newest `most` answers. They are fresh for `seconds`; older ones are still there to fall back on.

    Safe to use from several threads. `elapsed` is a clock that never goes back, in seconds.
    """

    def __init__(self, seconds: float, most: int, elapsed: Callable[[], float]) -> None:
        self._seconds = seconds
        self._most = most
        self._elapsed = elapsed
        self._answers: OrderedDict[Hashable, tuple[float, Value]] = OrderedDict()
        self._forgotten_at = float("-inf")
        self._lock = Lock()

    def fresh(self, question: Hashable) -> tuple[Value] | None:
        """Give the answer in a tuple of its own, because None is an answer too; None if there is no fresh one."""
        known = self._answers.get(question)
        if known is None or known[0] <= self._forgotten_at or self._elapsed() - known[0] >= self._seconds:
            return None
        return (known[1],)

    def stale(self, question: Hashable) -> tuple[Value] | None:
        """Give the last answer, whatever its age."""
        known = self._answers.get(question)
        return None if known is None else (known[1],)

    def ask(self, question: Hashable, answer: Callable[[], Value]) -> Value:
        """Give the fresh answer, or ask for one and remember it. Its age counts from before it was asked for."""
        if (known := self.fresh(question)) is not None:
            return known[0]
        asked_at = self._elapsed()
        value = answer()
        self._remember(question, asked_at, value)
        return value

    def forget(self) -> None:
        """Make every answer stale, those on their way too, because something changed."""
        self._forgotten_at = self._elapsed()

    def _remember(self, question: Hashable, asked_at: float, value: Value) -> None:
        with self._lock:
            self._answers[question] = (asked_at, value)
            self._answers.move_to_end(question)
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)
