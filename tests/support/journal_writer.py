"""A process that appends to a journal until it is killed, and prints the id of each entry once it is acknowledged."""

import asyncio
import hashlib
import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from uuid import UUID

from mothlight.journal.engines.segments import SegmentJournal
from mothlight.journal.entry import JournalEntry

CALLERS = 8


def body_of(number: int) -> bytes:
    """A body of odd size that only this number has."""
    return hashlib.sha256(str(number).encode()).digest() * (1 + number % 97)


async def append_for_ever(directory: Path) -> None:
    journal = SegmentJournal(directory, segment_bytes=64 * 1024, reserve_bytes=0)
    numbers = count(1)

    async def caller() -> None:
        for number in numbers:
            entry = JournalEntry(
                id=UUID(int=number), received_at=datetime.now(UTC), path="/batch/", events=1, body=body_of(number)
            )
            await journal.append(entry)
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()

    await asyncio.gather(*(caller() for _ in range(CALLERS)))


if __name__ == "__main__":
    asyncio.run(append_for_ever(Path(sys.argv[1])))
