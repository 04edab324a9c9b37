"""What sets the events of an issue apart: whose share here differs most from that in the project's other exceptions.

Both sides meet the same criteria, the range among them. What is worth counting is found by looking at some events
(`suspects`); what is found is counted over all. `proportions` says how differences are ordered, and why so.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT
from mothlight.queries.answers import breakdown
from mothlight.queries.criteria import of_issues
from mothlight.queries.facets import facet_of
from mothlight.queries.focus import Place, is_unknown, read_criteria
from mothlight.queries.inspection import Breakdown, Differences
from mothlight.queries.matching import Matching
from mothlight.queries.proportions import least_difference
from mothlight.queries.suspects import MOST_VALUES, Suspect, find_suspects
from mothlight.storage.events.interface import EventStore

LEAST = 0.15
"""Differences that are surely at least so large are worth telling. One event alone can never show one."""


RARER = 0.5
"""What a value counts that is rarer here, beside one that is more frequent here."""


class Share(msgspec.Struct, frozen=True):
    """How many of some events have the value."""

    occurrences: int
    of: int
    share: float
    """Between 0 and 1."""


class Difference(msgspec.Struct, frozen=True):
    """A value of a property, and how often it is here and elsewhere."""

    property: str
    value: str | None
    """None: not having the property."""
    here: Share
    others: Share
    at_least: float
    """How far the shares are apart at least, with 99 % confidence; what the answer is ordered by."""


class DifferencesAnswer(msgspec.Struct, frozen=True):
    """The differences, the surest and largest first, at most one of each property."""

    occurrences: int
    """Of the issue."""
    others: int
    """Other exceptions that meet the same criteria."""
    compared: list[str]
    """The properties that were counted."""
    results: list[Difference]


def answer(
    question: Differences, store: EventStore, metadata: sa.Engine, project_id: int, now: datetime
) -> DifferencesAnswer | None:
    """The differences; None when the project has no such issue."""
    place = Place(store, metadata, project_id)
    issue_id = question.focus.issue_id
    if issue_id is None:
        raise ValueError("differences are about one issue")
    for key in question.properties:
        facet_of(key)
    if is_unknown(question.focus, place):
        return None
    _, everything = read_criteria(question.focus, place, now)
    is_here = of_issues([issue_id], everything.bindings)
    of_issues_only = everything.also(f"grouping_key IN (SELECT grouping_key FROM owners FINAL WHERE {OF_PROJECT})")
    suspects = _asked(question, place, now) or find_suspects(place, of_issues_only, is_here)
    return _compare(place, of_issues_only, is_here, suspects)


def _asked(question: Differences, place: Place, now: datetime) -> list[Suspect]:
    """The properties that were asked for, with their most frequent values in the issue."""
    if not question.properties:
        return []
    asked = Breakdown(focus=question.focus, properties=question.properties, limit=MOST_VALUES)
    found = breakdown.answer(asked, place.store, place.metadata, place.project_id, now)
    return [
        Suspect(facet_of(each.property), [None, *(counted.value for counted in each.values)])
        for each in (found.results if found else [])
    ]


def _compare(place: Place, everything: Matching, is_here: str, suspects: Sequence[Suspect]) -> DifferencesAnswer:
    bindings = everything.bindings
    tests = [(suspect, value) for suspect in suspects for value in suspect.values]
    counts = "".join(_counts(suspect, value, bindings) for suspect, value in tests)
    sql = f"""
        WITH {is_here} AS here SELECT countIf(here), count(){counts} FROM events WHERE {everything.where}
    """
    ((events, both, *counted),) = place.store.query(place.project_id, sql, bindings.parameters)
    others = both - events
    pairs = zip(counted[::2], counted[1::2], strict=True)
    found = [
        Difference(
            suspect.facet.key,
            value,
            _share(part, events),
            _share(of_both - part, others),
            least_difference(part, events, of_both - part, others),
        )
        for (suspect, value), (part, of_both) in zip(tests, pairs, strict=True)
    ]
    return DifferencesAnswer(events, others, [each.facet.key for each in suspects], _best(found))


def _counts(suspect: Suspect, value: str | None, bindings: Bindings) -> str:
    holds = suspect.facet.holds(value, bindings)
    return f", countIf(here AND {holds}), countIf({holds})"


def _share(part: int, whole: int) -> Share:
    return Share(part, whole, part / whole if whole else 0.0)


def _best(found: Sequence[Difference]) -> list[Difference]:
    """Of each property the largest difference, where it is worth telling."""
    best: dict[str, Difference] = {}
    for each in sorted(found, key=_weight, reverse=True):
        if each.at_least >= LEAST:
            best.setdefault(each.property, each)
    return sorted(best.values(), key=lambda each: (-each.at_least, each.property))


def _weight(found: Difference) -> tuple[float, str]:
    """What is here more often says more than what is missing here: of two values it is mostly the same news."""
    is_more = found.here.share > found.others.share
    return found.at_least * (1 if is_more else RARER), found.value or ""
