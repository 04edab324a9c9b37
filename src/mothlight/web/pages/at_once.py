"""Questions of a page that do not need each other's answers, asked at the same time."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

MOST_THREADS = 16
"""Of all pages together; more would only wait for a client of the store. Questions have threads of their own below."""

T = TypeVar("T")

_threads = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="page")


def begin(ask: Callable[[], T]) -> Future[T]:
    """Ask on another thread; `result()` gives the answer, or raises what it raised.

    What is asked must not begin anything itself: threads that wait for each other could be all there are.
    """
    return _threads.submit(copy_context().run, ask)
