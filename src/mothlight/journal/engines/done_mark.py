"""The file that says up to where the journal is done.

Replaced by rename and not synced: what a crash can take is only the last moments' progress, and doing entries again is
allowed. For the same reason a file that cannot be read counts as absent.
"""

import os
from pathlib import Path

import msgspec
import structlog

log = structlog.get_logger(__name__)


class _Mark(msgspec.Struct):
    done: int
    format: int = 1


class DoneMark:
    """The lasting done position of a journal's directory."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "done.json"
        self.sequence = self._read()

    def write(self, sequence: int) -> None:
        """Replace the mark. Raises OSError."""
        fresh = self._path.with_suffix(".new")
        handle = os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        try:
            os.write(handle, msgspec.json.encode(_Mark(sequence)))
        finally:
            os.close(handle)
        fresh.replace(self._path)
        self.sequence = sequence

    def _read(self) -> int:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_Mark).done
        except FileNotFoundError:
            return 0
        except (msgspec.DecodeError, UnicodeDecodeError):
            log.warning("journal_done_mark_unreadable")
            return 0
