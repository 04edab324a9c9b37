"""What the operator's page knows about the machine and the process."""

import os
import resource
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mothlight.model.finding import Finding
from mothlight.model.tally import Tally

Examine = Callable[[], Sequence[Finding]]
"""Does the doctor's checks. Blocks for seconds where something does not answer."""

_STATUS = Path("/proc/self/status")
_TOTAL = Path("/proc/meminfo")


def nothing_to_say() -> Sequence[Finding]:
    """For servers that were started without a doctor, by tests."""
    return ()


@dataclass(frozen=True, slots=True)
class Machine:
    """This process, and where it works."""

    data_dir: Path
    tally: Tally
    started_at: datetime
    examine: Examine = nothing_to_say

    def journal_bytes(self) -> int:
        """What the journal takes on disk."""
        return _size(self.data_dir / "journal")

    def disk(self) -> tuple[int, int]:
        """Free and all bytes of the disk that the data directory is on."""
        usage = shutil.disk_usage(self.data_dir)
        return usage.free, usage.total

    def memory_bytes(self) -> int:
        """What this process has in memory now; where the system does not tell, the most it ever had."""
        found = _kilobytes(_STATUS, "VmRSS:")
        if found is not None:
            return found * 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    def machine_memory_bytes(self) -> int | None:
        """What the machine has; None where the system does not tell."""
        found = _kilobytes(_TOTAL, "MemTotal:")
        return None if found is None else found * 1024


def _kilobytes(path: Path, name: str) -> int | None:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), None)


def _size(folder: Path) -> int:
    """Bytes of all files in a folder. Files come and go meanwhile."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(where) / name).stat().st_size
            except FileNotFoundError:
                continue
    return total
