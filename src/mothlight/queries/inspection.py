"""Questions about what stands behind an issue, as typed values, beside those of `questions`.

Bounds, choices and types are checked by the caller.
"""

from typing import Literal
from uuid import UUID

import msgspec

from mothlight.queries.focus import Focus
from mothlight.queries.questions import Window

MOST_PROPERTIES = 10
LEAST_BUCKETS, MOST_BUCKETS = 5, 200


class Breakdown(msgspec.Struct, frozen=True, kw_only=True):
    """Which values properties have in the events of a focus, and how often."""

    focus: Focus
    properties: tuple[str, ...]
    """At most `MOST_PROPERTIES`."""
    limit: int = 10
    """Values of each."""


class Differences(msgspec.Struct, frozen=True, kw_only=True):
    """What sets the events of an issue apart from the project's others that meet the same criteria."""

    focus: Focus
    """With an issue."""
    properties: tuple[str, ...] = ()
    """At most `MOST_PROPERTIES`; none: those in which a look at some events shows a difference."""


class Histogram(msgspec.Struct, frozen=True, kw_only=True):
    """How many events of a focus fell into each part of the range, in the calendar of a place."""

    focus: Focus
    time_zone: str = "UTC"
    """A name of the IANA database."""
    buckets: int = 60
    """At most so many, between `LEAST_BUCKETS` and `MOST_BUCKETS`."""


class IssueEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event of an issue whole, and its neighbours among those of the focus."""

    focus: Focus
    """With an issue."""
    at: UUID | Literal["newest", "oldest"] = "newest"


class SimilarIssues(msgspec.Struct, frozen=True, kw_only=True):
    """Which other issues share frames, stacks or types with an issue."""

    issue_id: UUID
    window: Window = Window()
    limit: int = 10


class Grouping(msgspec.Struct, frozen=True, kw_only=True):
    """Why the events of an issue are together: its fingerprints, and what each was made of."""

    issue_id: UUID
    window: Window = Window()
    """Of the counts."""
    limit: int = 20
    offset: int = 0
