"""Appends on their way to the disk, and how their callers learn what became of them."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
import structlog

from mothlight.journal.interface import Position
from mothlight.model.errors import Unavailable

log = structlog.get_logger(__name__)


class Waiter(msgspec.Struct):
    """One append on its way to the disk."""

    head: bytes
    body: bytes
    events: int
    received_at: datetime
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Position]"
    durable: Callable[[Position], None] | None


def settle(group: Sequence[Waiter], results: Sequence[Position] | Unavailable) -> None:
    """Let the waiters continue, in their order, on the loops they wait on."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Position], Position | Unavailable]]] = {}
    for index, waiter in enumerate(group):
        result = results if isinstance(results, Unavailable) else results[index]
        by_loop.setdefault(waiter.loop, []).append((waiter.future, result))
    for loop, pairs in by_loop.items():
        try:
            loop.call_soon_threadsafe(_resolve, pairs)
        except RuntimeError:
            # The loop was closed: whoever waited is gone.
            log.info("journal_waiters_gone", waiters=len(pairs))


def _resolve(pairs: list[tuple["asyncio.Future[Position]", "Position | Unavailable"]]) -> None:
    for future, result in pairs:
        if future.done():
            continue
        if isinstance(result, Unavailable):
            future.set_exception(result)
        else:
            future.set_result(result)
