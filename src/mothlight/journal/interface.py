"""What a journal promises.

A request that was answered 200 is in the journal until everything in it is stored, whatever happens to the process.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Protocol

import msgspec

from mothlight.journal.entry import JournalEntry


class Position(msgspec.Struct, frozen=True, gc=False):
    """Where an entry stands in the journal of this node."""

    sequence: int
    """Grows with every entry and is never used twice, across restarts too."""
    segment: int
    """The first sequence number of the file that holds the entry."""
    offset: int
    size: int
    """Bytes on disk from `offset` on, framing included."""
    events: int
    """Usable events in the entry."""
    received_at: datetime
    writer: str = ""
    """Who wrote the entry: a name that a journal makes up each time it is opened. What is remembered of entries beyond
    this directory is remembered by it, so a journal that is lost, restored or copied is never taken for another."""


class Damaged(Exception):
    """An entry cannot be read back as it was written."""


class Journal(Protocol):
    """An append-only log of accepted requests, in order of sequence. Every method may be called from any thread."""

    async def append(self, entry: JournalEntry, durable: Callable[[Position], None] | None = None) -> Position:
        """Write an entry; returns when it would survive a loss of power.

        `durable` is called once for each entry written, in order of sequence and before any waiter continues, even if
        the caller has gone in the meantime. It must be quick and must not raise.

        Raises `Unavailable` when the entry could not be written; then nothing of it stays behind.
        """

    def read(self, position: Position) -> JournalEntry:
        """Read one entry back. Raises `Damaged`."""

    def done(self, position: Position) -> None:
        """Everything up to and including this position needs no journal any more.

        Becomes lasting shortly after. A crash before that brings entries back that were done: whoever processes them
        must be able to do it twice.
        """

    def recover(self) -> Iterator[Position]:
        """The positions that an earlier process left undone, in order of sequence. Call it once, before any append."""

    @property
    def failing(self) -> str | None:
        """Why entries cannot be written at present, or None. It comes back to None by itself."""

    @property
    def bytes_on_disk(self) -> int:
        """What the journal takes on disk, done entries that are not yet deleted included."""

    def close(self) -> None:
        """Finish what was begun and write the done position. Later appends raise `Unavailable`."""
