"""Readings that do not need each other's results, at the same time.

A reading costs some milliseconds before it sees a row, and small ones leave a core idle.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

MOST_THREADS = 16
"""Of all questions together; more would only wait for a client of the store."""

T = TypeVar("T")
U = TypeVar("U")

_threads = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="read")


def meanwhile(work: Callable[[], T]) -> Future[T]:
    """Begin to read on another thread; `result()` gives what came of it, or raises what it raised.

    The work must not call this itself: threads that wait for each other could be all there are.
    """
    return _threads.submit(work)


def together(first: Callable[[], T], second: Callable[[], U]) -> tuple[T, U]:
    """The results of both."""
    other = meanwhile(second)
    try:
        return first(), other.result()
    finally:
        # What the second found is not wanted any more when the first has failed, and a stopped server waits for nobody.
        other.cancel()
