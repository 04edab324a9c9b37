"""Whether an event brings a resolved issue back, and why. See `docs/regressions.md`."""

from datetime import datetime, timedelta

import msgspec

from mothlight.issues.release_order import Comparison, compare
from mothlight.model.event import ReceivedEvent
from mothlight.model.issue_states import State
from mothlight.storage.metadata.repositories.release_sightings import KnownReleases

STATIC_AFTER = timedelta(days=30)
"""How long a release is the only one, or has no digit, until it is known that it never changes."""


class Verdict(msgspec.Struct, frozen=True):
    """What was decided about an event."""

    reopens: bool
    rule: str
    evidence: str
    """Why, in words."""


def judge(state: State, release: str, event: ReceivedEvent, known: KnownReleases) -> Verdict:
    """Whether an event of a release (empty: none) is from after a resolution."""
    since, happened_at = state.resolved_at, event.timestamp
    if since is not None and happened_at < since:
        return Verdict(False, "earlier_time", f"it happened {_span(since - happened_at)} before the issue was resolved")
    if not release:
        return Verdict(True, "later_time", f"it names no release and happened {_after(since, happened_at)}")
    if is_static(release, event.received_at, known):
        reason = f"its release {release} never changes, so time decides, and it happened {_after(since, happened_at)}"
        return Verdict(True, "static_release", reason)
    if state.release is None:
        reason = f"no release was known when the issue was resolved, and it happened {_after(since, happened_at)}"
        return Verdict(True, "later_time", reason)
    return _by_release(state.release, release, compare(release, state.release, known.first_seen), is_next=state.next)


def is_static(release: str, at: datetime, known: KnownReleases) -> bool:
    """Whether a release is a text that never changes: the project's only one, or no number at all, for a long time."""
    first_seen = known.first_seen.get(release)
    if first_seen is None or at - first_seen < STATIC_AFTER:
        return False
    return known.is_only_one or not any(sign.isdecimal() for sign in release)


def _by_release(resolved_in: str, release: str, found: Comparison, *, is_next: bool) -> Verdict:
    how = "by version" if found.by_version else "by when they were first seen"
    match found.order:
        case "earlier":
            return Verdict(
                False, "earlier_release", f"its release {release} is older than {resolved_in}, {_goal(is_next)} ({how})"
            )
        case "later":
            return Verdict(
                True, "later_release", f"its release {release} is later than {resolved_in}, {_goal(is_next)} ({how})"
            )
        case "same" if is_next:
            return Verdict(False, "same_release", f"its release {release} is the one after which the issue is resolved")
        case "same":
            return Verdict(True, "same_release", f"its release {release} is the one in which the issue was resolved")
        case _:
            reason = f"nobody knows whether its release {release} is later than {resolved_in}, so time decides"
            return Verdict(True, "later_time", reason)


def _goal(is_next: bool) -> str:
    return "after which the issue is resolved" if is_next else "in which the issue was resolved"


def _after(since: datetime | None, happened_at: datetime) -> str:
    if since is None:
        return "after the issue was resolved"
    return f"{_span(happened_at - since)} after the issue was resolved"


def _span(length: timedelta) -> str:
    """A length of time in its two largest units."""
    seconds = int(length.total_seconds())
    if seconds < 1:
        return "less than a second"
    units = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
    parts = []
    for size, name in units:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {name}{'' if count == 1 else 's'}")
    return " ".join(parts[:2])
