"""Figures of one issue over its matching events (api 8), with what its newest event says."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT
from mothlight.model.errors import Unavailable
from mothlight.queries.date_range import DateRange
from mothlight.queries.figures import PEOPLE, Figures, Newest, Summary, complete, figures_of, read_newest
from mothlight.queries.matching import KeyOwner, Matching, Owned
from mothlight.queries.samples import Sample, read_page, read_samples
from mothlight.queries.together import together
from mothlight.queries.volume import Buckets
from mothlight.storage.events.interface import EventStore


class OneIssue(msgspec.Struct, frozen=True):
    """Figures and volume of one issue, and its newest event; None when that could not be read."""

    figures: Figures
    volume: list[int]
    newest: Sample | None


class Wanted(msgspec.Struct, frozen=True):
    """Which events of which issue."""

    owned: Owned
    """The one issue."""
    keys: Sequence[KeyOwner]
    matching: Matching
    """The events that count."""
    shown: Matching
    """The events of which the newest is shown, but for their dates."""
    shown_range: DateRange
    properties: Sequence[str]
    """What is shown of the newest event's properties."""


def read_one(store: EventStore, project_id: int, wanted: Wanted, buckets: Buckets) -> OneIssue | None:
    """What an answer about one issue says; None when no event of it matches."""
    of_issue = wanted.matching.apart()
    of_issue = of_issue.also(wanted.owned.condition(of_issue.bindings))
    (found, newest), people = together(
        lambda: _read_volume_and_newest(store, project_id, wanted, of_issue.apart(), buckets),
        lambda: _read_people(store, project_id, of_issue),
    )
    if found is None:
        return None
    summary = found.summary
    said = _said(store, project_id, wanted, summary, newest)
    figures = figures_of(summary, {summary.issue_id: people}, said)
    return OneIssue(figures, buckets.values(found.parts), newest)


class _Volume(msgspec.Struct, frozen=True):
    summary: Summary
    parts: list[tuple[int, int]]


def _read_volume_and_newest(
    store: EventStore, project_id: int, wanted: Wanted, of_issue: Matching, buckets: Buckets
) -> tuple[_Volume | None, Sample | None]:
    found = _read_volume(store, project_id, wanted, of_issue, buckets)
    newest = None if found is None else _read_shown(store, project_id, wanted, found.summary.last_seen)
    return found, newest


def _read_volume(
    store: EventStore, project_id: int, wanted: Wanted, of_issue: Matching, buckets: Buckets
) -> _Volume | None:
    sql = f"""
        SELECT
            groupArray((part, events)), sum(events), max(newest), argMax(newest_key, newest), groupUniqArrayArray(keys)
        FROM (
            SELECT
                {buckets.index(of_issue.bindings)} AS part, count() AS events,
                max(timestamp) AS newest, argMax(grouping_key, timestamp) AS newest_key,
                groupUniqArray(grouping_key) AS keys
            FROM events WHERE {of_issue.where} GROUP BY part
        )
    """
    ((parts, events, newest, newest_key, keys),) = store.query(project_id, sql, of_issue.bindings.parameters)
    if not events:
        return None
    (issue_id,) = wanted.owned.issue_ids
    first_seen = _first_seen(store, project_id, wanted, keys)
    return _Volume(Summary(issue_id, events, first_seen, newest, newest_key, keys), parts)


def _first_seen(store: EventStore, project_id: int, wanted: Wanted, keys: Sequence[int]) -> datetime:
    """The first sighting of the fingerprints of grouping keys."""
    if wanted.owned.keys is not None:
        seen = set(keys)
        return min(each.first_seen for each in wanted.keys if each.grouping_key in seen)
    bindings = Bindings()
    of_keys = f"grouping_key IN {bindings.bind(keys, 'Array(UInt64)')}"
    sql = f"SELECT min(first_seen) FROM owners FINAL WHERE {OF_PROJECT} AND {of_keys}"
    moment: datetime = store.query(project_id, sql, bindings.parameters)[0][0]
    return moment


def _read_people(store: EventStore, project_id: int, of_issue: Matching) -> tuple[int, int]:
    """Users and sessions."""
    sql = f"SELECT {', '.join(PEOPLE)} FROM events WHERE {of_issue.where}"
    ((users, sessions),) = store.query(project_id, sql, of_issue.bindings.parameters)
    return users, sessions


def _read_shown(store: EventStore, project_id: int, wanted: Wanted, last_seen: datetime) -> Sample | None:
    """The newest event that can be shown."""
    range_, shown = wanted.shown_range, wanted.shown.apart()
    shown = shown.also(wanted.owned.condition(shown.bindings))
    # The newest event is not older than the newest one of the figures, unless that one lies on a bound.
    is_inside = range_.start < last_seen < range_.end
    if is_inside:
        range_ = DateRange(last_seen - timedelta(microseconds=1), range_.end, strict=True)
    shown = shown.also(range_.condition(shown.bindings))
    # In so short a range there is nothing to be gained by finding the time first.
    read = read_page if is_inside else read_samples
    try:
        return next(iter(read(store, project_id, shown, "DESC", (1, 0), wanted.properties)), None)
    except Unavailable:
        # What the event adds is worth less than the answer.
        return None


def _said(store: EventStore, project_id: int, wanted: Wanted, summary: Summary, newest: Sample | None) -> Newest:
    """What the newest event of the figures says: mostly it is the one that is shown."""
    matching = wanted.matching.apart()
    if newest is None or newest.timestamp != summary.last_seen:
        return read_newest(store, project_id, [summary], matching)[summary.issue_id]
    said = {summary.issue_id: Newest(newest.library or None, newest.source, newest.function)}
    return complete(said, store, project_id, [summary], matching)[summary.issue_id]
