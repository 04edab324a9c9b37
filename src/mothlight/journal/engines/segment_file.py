"""One segment file that is being written."""

import errno
import os
from collections.abc import Sequence
from pathlib import Path

from mothlight.journal.engines.records import MAGIC

_BUFFERS_PER_CALL = 1000
"""Below the least IOV_MAX of the systems we run on (1024)."""


def segment_path(directory: Path, first: int) -> Path:
    """Where the segment stands whose first record has this sequence number."""
    return directory / f"{first:020d}.segment"


def sync_directory(directory: Path) -> None:
    """Make created, renamed and deleted names of a directory lasting."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class SegmentFile:
    """The segment at the end of the journal. Used by one thread."""

    def __init__(self, directory: Path, first: int) -> None:
        self.first = first
        self.path = segment_path(directory, first)
        self._handle = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            os.write(self._handle, MAGIC)
            os.fsync(self._handle)
            sync_directory(directory)
        except OSError:
            os.close(self._handle)
            self.path.unlink()
            raise
        self.size = len(MAGIC)

    def append(self, buffers: Sequence[bytes]) -> None:
        """Write the buffers one after the other and make them lasting.

        On failure nothing of them stays behind, as far as the file system still lets us, and the file must not be
        written again: after a failed sync nobody can say what the disk holds.
        """
        end = self.size
        try:
            for start in range(0, len(buffers), _BUFFERS_PER_CALL):
                end = self._write(buffers[start : start + _BUFFERS_PER_CALL], end)
            os.fdatasync(self._handle)
        except OSError:
            os.ftruncate(self._handle, self.size)
            raise
        self.size = end

    def close(self) -> None:
        """Close the file. Everything appended is lasting already."""
        os.close(self._handle)

    def _write(self, buffers: Sequence[bytes], offset: int) -> int:
        total = sum(map(len, buffers))
        written = os.pwritev(self._handle, buffers, offset)
        rest = memoryview(b"".join(buffers))[written:] if written < total else memoryview(b"")
        while rest:
            count = os.pwrite(self._handle, rest, offset + total - len(rest))
            if count == 0:
                raise OSError(errno.EIO, "the file system wrote nothing")
            rest = rest[count:]
        return offset + total
