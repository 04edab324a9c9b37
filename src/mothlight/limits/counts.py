"""What limits did, for the usage figures (pipeline 7.4). Of one process, since its start."""

import threading
from collections import Counter
from collections.abc import Sequence

from mothlight.limits.admit import Fate
from mothlight.limits.rates import Limits

ISSUE, PROJECT = "issue", "project"
ALLOWED, RATE_LIMITED, BYPASSED = "allowed", "rate_limited", "bypassed"


class LimitCounts:
    """Counters that the pipeline adds to and everybody reads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._failed = 0

    def decided(self, limits: Limits, fates: Sequence[Fate]) -> None:
        """Count what limits of one project decided. What an issue's limit drops never comes to the project's."""
        over_issue, over_project = fates.count(Fate.OVER_ISSUE_LIMIT), fates.count(Fate.OVER_PROJECT_LIMIT)
        let_through = len(fates) - over_issue
        with self._lock:
            if limits.issue is not None:
                self._counts[ISSUE, ALLOWED] += let_through
                self._counts[ISSUE, RATE_LIMITED] += over_issue
            if limits.project is not None:
                self._counts[PROJECT, ALLOWED] += let_through - over_project
                self._counts[PROJECT, RATE_LIMITED] += over_project

    def bypassed(self, limits: Limits, events: int) -> None:
        """Count events that a rule exempts from each limit that there is."""
        with self._lock:
            for name, rate in ((ISSUE, limits.issue), (PROJECT, limits.project)):
                if rate is not None:
                    self._counts[name, BYPASSED] += events

    def failed(self, events: int) -> None:
        """Count events that were kept because limits could not be looked at."""
        with self._lock:
            self._failed += events

    def read(self) -> tuple[dict[tuple[str, str], int], int]:
        """Counts by limit and outcome, and how many were kept because limits failed; one moment's."""
        with self._lock:
            return dict(self._counts), self._failed
