"""Which of a project's events its limits let through (pipeline 7.2). Decisions only, no database."""

from collections.abc import Iterable, Sequence
from enum import IntEnum
from uuid import UUID

import msgspec

from mothlight.kit.token_bucket import Bucket, take
from mothlight.limits.rates import Limits

PROJECT = "project"
"""The subject of the project's own bucket; that of an issue's is its id."""


class Fate(IntEnum):
    """What a limit says about an event."""

    KEPT = 0
    OVER_ISSUE_LIMIT = 1
    OVER_PROJECT_LIMIT = 2


class Asking(msgspec.Struct, frozen=True, gc=False):
    """An event that wants to be kept."""

    uuid: int
    issue_id: UUID | None
    """None: it waits for an issue, so that only the project's limit concerns it."""
    second: int
    """Unix time of its receipt."""


class Admission(msgspec.Struct, frozen=True):
    """What was decided, and what is left of the buckets."""

    fates: list[Fate]
    """One for each event that asked, in their order."""
    buckets: dict[str, Bucket]


def subjects(asking: Iterable[Asking], limits: Limits) -> set[str]:
    """The buckets that a decision needs."""
    of_issues = {str(each.issue_id) for each in asking if each.issue_id is not None} if limits.issue else set()
    return of_issues | ({PROJECT} if limits.project else set())


def admit(asking: Sequence[Asking], limits: Limits, buckets: dict[str, Bucket]) -> Admission:
    """Decide about events in order of receipt, given the buckets that exist.

    Those of one issue that were received within one second are a group. So it makes no difference how events are cut
    into batches, nor when they are processed.
    """
    groups: dict[tuple[int, UUID | None], list[int]] = {}
    for place, each in enumerate(asking):
        groups.setdefault((each.second, each.issue_id), []).append(place)
    left = dict(buckets)
    fates = [Fate.KEPT] * len(asking)
    for (second, issue_id), places in sorted(groups.items(), key=lambda group: group[0][0]):
        through = _take(left, "" if issue_id is None else str(issue_id), len(places), limits, second)
        for place in places[through[1] : through[0]]:
            fates[place] = Fate.OVER_PROJECT_LIMIT
        for place in places[through[0] :]:
            fates[place] = Fate.OVER_ISSUE_LIMIT
    return Admission(fates, left)


def _take(left: dict[str, Bucket], issue: str, want: int, limits: Limits, second: int) -> tuple[int, int]:
    """How many the issue's bucket lets through, and how many of these the project's."""
    of_issue = want
    if limits.issue is not None and issue:
        of_issue, left[issue] = take(left.get(issue), want, limits.issue, second)
    of_project = of_issue
    if limits.project is not None and of_issue:
        of_project, left[PROJECT] = take(left.get(PROJECT), of_issue, limits.project, second)
    return of_issue, of_project
