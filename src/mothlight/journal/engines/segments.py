"""A journal of append-only segment files in one directory.

One thread writes. Appends that arrive while it syncs are written together by the next sync (group commit), so the
number of syncs does not grow with the number of requests. Files are deleted whole, once everything in them is done.
"""

import asyncio
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from uuid import UUID, uuid4

import structlog

from mothlight.journal.engines.done_mark import DoneMark
from mothlight.journal.engines.opening import Segment, open_segments
from mothlight.journal.engines.records import HEADER_SIZE, frame, whole_record
from mothlight.journal.engines.segment_file import SegmentFile, segment_path
from mothlight.journal.engines.waiters import Waiter, settle
from mothlight.journal.entry import JournalEntry, decode_entry, encode_head
from mothlight.journal.interface import Damaged, Position
from mothlight.model.errors import Unavailable

log = structlog.get_logger(__name__)

MEBIBYTE = 1024 * 1024

_GROUP_ENTRIES = 1024
_GROUP_BYTES = 32 * MEBIBYTE
_HOUSEKEEPING_SECONDS = 0.2
_PROBE_SECONDS = 1.0
ALMOST_FULL = "the disk is almost full"
_IDLE_SECONDS = 5.0
_RETIRE_SECONDS = 30.0
_RETIRE_BYTES = 4 * MEBIBYTE
"""Bodies that are done don't stay on disk much longer than this, even when a segment never fills; many of them go as
soon as nothing waits."""


class SegmentJournal:
    """`Journal` over segment files. One process at a time may open a directory."""

    def __init__(
        self,
        directory: Path,
        *,
        segment_bytes: int = 64 * MEBIBYTE,
        reserve_bytes: int = 64 * MEBIBYTE,
        monotonic: Callable[[], float] = time.monotonic,
        new_id: Callable[[], UUID] = uuid4,
    ) -> None:
        """Open or create the journal.

        `reserve_bytes`: appends are refused while the file system has less free, so that what was accepted can still
        be stored. Raises OSError, and ValueError when a file is of an unknown format.
        """
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory = directory
        self._segment_bytes = segment_bytes
        self._reserve_bytes = reserve_bytes
        self._monotonic = monotonic
        self._name = str(new_id())
        self._mark = DoneMark(directory)
        self._done = self._mark.sequence
        self._segments, self._recovered = open_segments(directory, self._done)
        self._next = 1 + max([self._done, *(segment.last for segment in self._segments.values())])
        self._active: SegmentFile | None = None
        self._active_since = 0.0
        self._failure: str | None = None
        self._free: tuple[float, int] = (float("-inf"), 0)
        self._almost_full = False
        self._looking = threading.Lock()
        self._housekept = float("-inf")
        self._waiting: deque[Waiter] = deque()
        self._group: list[Waiter] = []
        self._wake = threading.Condition()
        self._closing = False
        self._writer = threading.Thread(target=self._run, name="journal", daemon=True)
        self._writer.start()

    async def append(self, entry: JournalEntry, durable: Callable[[Position], None] | None = None) -> Position:
        """As `Journal.append` says."""
        if self._is_disk_almost_full():
            raise Unavailable("The disk is almost full.", retry_after=5)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Position] = loop.create_future()
        head = encode_head(entry, self._name)
        waiter = Waiter(head, entry.body, entry.events, entry.received_at, loop, future, durable)
        with self._wake:
            if self._closing:
                raise Unavailable("The server is stopping.")
            self._waiting.append(waiter)
            self._wake.notify()
        return await future

    def read(self, position: Position) -> JournalEntry:
        """As `Journal.read` says."""
        try:
            with segment_path(self._directory, position.segment).open("rb") as file:
                data = os.pread(file.fileno(), position.size, position.offset)
            payload = whole_record(data)
            if payload is None:
                raise Damaged(f"entry {position.sequence} does not match its checksum")
            return decode_entry(payload)
        except (OSError, ValueError) as error:
            raise Damaged(f"entry {position.sequence} cannot be read: {error}") from error

    def done(self, position: Position) -> None:
        """As `Journal.done` says."""
        with self._wake:
            first = self._done == self._mark.sequence
            self._done = max(self._done, position.sequence)
            if first:
                self._wake.notify()

    def recover(self) -> Iterator[Position]:
        """As `Journal.recover` says."""
        recovered, self._recovered = self._recovered, []
        return iter(recovered)

    @property
    def failing(self) -> str | None:
        """As `Journal.failing` says."""
        if self._failure is None and self._is_disk_almost_full():
            return ALMOST_FULL
        return self._failure

    @property
    def bytes_on_disk(self) -> int:
        """As `Journal.bytes_on_disk` says."""
        with self._wake:
            return sum(segment.size for segment in self._segments.values())

    def close(self) -> None:
        """As `Journal.close` says."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._writer.join()

    # The writer's thread

    def _run(self) -> None:
        try:
            while (group := self._next_group()) is not None:
                if group:
                    self._commit(group)
                elif self._failure is not None:
                    self._probe()
                if self._almost_full:
                    self._is_disk_almost_full()
                self._keep_house()
            self._finish()
        except Exception as error:
            # A defect: without this thread nothing can be accepted, so nobody may be left waiting for it.
            log.exception("journal_writer_died")
            self._die(error)

    def _next_group(self) -> list[Waiter] | None:
        """What to write next; empty when it is only time to look after things, None when all is written and closed."""
        with self._wake:
            if not self._waiting and not self._closing:
                self._wake.wait(self._patience())
            if not self._waiting and self._closing:
                return None
            group: list[Waiter] = []
            size = 0
            while self._waiting and len(group) < _GROUP_ENTRIES and size < _GROUP_BYTES:
                waiter = self._waiting.popleft()
                size += len(waiter.body)
                group.append(waiter)
            self._group = group
            return group

    def _patience(self) -> float | None:
        if self._done != self._mark.sequence:
            return _HOUSEKEEPING_SECONDS
        if self._failure is not None or self._almost_full:
            return _PROBE_SECONDS
        return None if self._active is None else _IDLE_SECONDS

    def _commit(self, group: list[Waiter]) -> None:
        try:
            positions = self._write(group)
        except OSError as error:
            self._fail(error)
            settle(group, Unavailable("The journal cannot be written."))
            return
        self._recovered_from_failure()
        for waiter, position in zip(group, positions, strict=True):
            if waiter.durable is not None:
                waiter.durable(position)
        settle(group, positions)

    def _write(self, group: Sequence[Waiter]) -> list[Position]:
        """Write a group and make it lasting."""
        segment = self._writable_segment()
        buffers: list[bytes] = []
        positions: list[Position] = []
        offset = segment.size
        for waiter in group:
            size = HEADER_SIZE + len(waiter.head) + len(waiter.body)
            buffers += frame(self._next, waiter.head, waiter.body)
            place = (self._next, segment.first, offset, size)
            positions.append(Position(*place, waiter.events, waiter.received_at, self._name))
            # Counted before the write: a number that a failed write took is never given to another entry.
            self._next += 1
            offset += size
        self._append(segment, buffers)
        return positions

    def _append(self, segment: SegmentFile, buffers: Sequence[bytes]) -> None:
        try:
            segment.append(buffers)
        except OSError:
            self._leave_active()
            raise
        with self._wake:
            self._segments[segment.first] = Segment(self._next - 1, segment.size)
        if segment.size >= self._segment_bytes:
            self._leave_active()

    def _writable_segment(self) -> SegmentFile:
        if self._active is None:
            self._active = SegmentFile(self._directory, self._next)
            self._active_since = self._monotonic()
            with self._wake:
                self._segments[self._active.first] = Segment(self._next - 1, self._active.size)
        return self._active

    def _leave_active(self) -> None:
        if self._active is not None:
            active, self._active = self._active, None
            active.close()

    def _fail(self, error: OSError) -> None:
        if self._failure is None:
            log.error("journal_write_failed", reason=error.strerror)
        self._failure = f"the journal cannot be written: {error.strerror}"

    def _recovered_from_failure(self) -> None:
        if self._failure is not None:
            log.info("journal_writes_again")
            self._failure = None

    def _probe(self) -> None:
        """Try an empty record, so that the journal comes back even when nobody sends anything to an unready node."""
        try:
            segment = self._writable_segment()
            sequence, self._next = self._next, self._next + 1
            self._append(segment, frame(sequence, b"", b""))
        except OSError as error:
            self._fail(error)
        else:
            self._recovered_from_failure()

    def _keep_house(self) -> None:
        now = self._monotonic()
        if now - self._housekept < _HOUSEKEEPING_SECONDS:
            return
        self._housekept = now
        is_large = self._active is not None and self._active.size >= _RETIRE_BYTES
        if is_large or now - self._active_since >= _RETIRE_SECONDS:
            self._retire_active()
        self._delete_done()

    def _retire_active(self) -> None:
        if self._active is not None and self._segments[self._active.first].last <= self._done:
            self._leave_active()

    def _delete_done(self) -> None:
        done = self._done
        active = None if self._active is None else self._active.first
        try:
            if done != self._mark.sequence:
                self._mark.write(done)
            for first in [first for first, held in self._segments.items() if held.last <= done and first != active]:
                segment_path(self._directory, first).unlink(missing_ok=True)
                with self._wake:
                    del self._segments[first]
        except OSError as error:
            # Tried again a moment later; until then a restart would only do more again than it has to.
            log.warning("journal_housekeeping_failed", reason=error.strerror)

    def _finish(self) -> None:
        self._retire_active()
        self._leave_active()
        self._delete_done()

    def _die(self, error: Exception) -> None:
        with self._wake:
            self._closing = True
            self._failure = f"the journal's writer stopped: {type(error).__name__}"
            group = [*self._group, *self._waiting]
            self._waiting.clear()
        settle(group, Unavailable("The journal cannot be written."))

    # Any thread

    def _is_disk_almost_full(self) -> bool:
        """Whether entries are refused for want of space. Says so once in the log, and once that it is over."""
        free = self._free_bytes()
        is_full = free < self._reserve_bytes
        if is_full != self._almost_full:
            with self._looking:
                changed, self._almost_full = is_full != self._almost_full, is_full
            if changed:
                self._tell_space(free)
        return is_full

    def _tell_space(self, free: int) -> None:
        if not self._almost_full:
            log.info("journal_has_space_again", free_bytes=free)
            return
        log.error("journal_refuses", reason=ALMOST_FULL, free_bytes=free, needed_bytes=self._reserve_bytes)
        with self._wake:
            # The writer looks from now on whether it is over, even if nobody sends anything.
            self._wake.notify()

    def _free_bytes(self) -> int:
        now = self._monotonic()
        measured, free = self._free
        if now - measured >= _HOUSEKEEPING_SECONDS:
            figures = os.statvfs(self._directory)
            free = figures.f_bavail * figures.f_frsize
            self._free = (now, free)
        return free
