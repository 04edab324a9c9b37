"""The beginning of a coroutine at once, so that one that has nothing to wait for costs no more than a call."""

from collections.abc import Coroutine, Generator
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


class Begun(Generic[Result]):
    """A coroutine taken as far as it goes without waiting. Raises what it raises on the way there.

    Either it is `done` and has its `result`, or the rest is to be awaited once.
    """

    __slots__ = ("_coroutine", "_waits_for", "done", "result")

    def __init__(self, coroutine: Coroutine[Any, Any, Result]) -> None:
        self._coroutine = coroutine
        self._waits_for: Any = None
        self.done = False
        self.result: Result
        try:
            self._waits_for = coroutine.send(None)
        except StopIteration as end:
            self.done = True
            self.result = end.value

    def __await__(self) -> Generator[Any, Any, Result]:
        """Go on where the beginning stopped."""
        waits_for = self._waits_for
        while True:
            try:
                try:
                    sent = yield waits_for
                except BaseException as problem:  # noqa: BLE001 - whatever it is, the coroutine has to hear it
                    waits_for = self._coroutine.throw(problem)
                else:
                    waits_for = self._coroutine.send(sent)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
