"""Figures of issues over their matching events (api 8).

For a list they are read in steps, each over as little as possible: what is counted by grouping key for all issues
(`Summary`), then users and sessions for the issues that are shown, then what the newest event says. For one issue all
counts come from one reading (`read_one`).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT
from mothlight.queries.criteria import of_issues
from mothlight.queries.date_range import DateRange
from mothlight.queries.volume import Buckets
from mothlight.storage.events.interface import EventStore

USER = "user_key"
"""Who had the event: the person as recorded, else the distinct id (as `storage.events.schema` says)."""

HAS_SESSION = "session_key != 0"


class Matching(msgspec.Struct, frozen=True):
    """The events that figures are about: conditions on `events`, with the values bound in them."""

    conditions: Sequence[str]
    bindings: Bindings

    @property
    def where(self) -> str:
        """All conditions as one, with the project's."""
        return " AND ".join([OF_PROJECT, *self.conditions])

    def also(self, condition: str) -> "Matching":
        """The events that meet one more condition, whose values are bound in the same bindings."""
        return Matching([*self.conditions, condition], self.bindings)


class Summary(msgspec.Struct, frozen=True):
    """What is known of an issue's matching events from counting them by grouping key."""

    issue_id: UUID
    occurrences: int
    first_seen: datetime
    last_seen: datetime
    newest_key: int
    """The grouping key of the newest event."""
    users: int | None = None
    sessions: int | None = None
    """None where they were not counted in the same reading."""


class Figures(msgspec.Struct, frozen=True):
    """What an issue's matching events say together."""

    occurrences: int
    users: int
    sessions: int
    first_seen: datetime
    last_seen: datetime
    library: str | None
    source: str | None
    function: str | None


class Newest(msgspec.Struct, frozen=True):
    """What the newest event says that has it; None where no event does."""

    library: str | None
    source: str | None
    function: str | None

    @property
    def is_whole(self) -> bool:
        """Whether no older event can add anything."""
        return None not in (self.library, self.source, self.function)


def summaries(store: EventStore, project_id: int, sql: str, matching: Matching) -> list[Summary]:
    """The rows of `summaries_sql`."""
    return [Summary(*row) for row in store.query(project_id, sql, matching.bindings.parameters)]


def summaries_sql(matching: Matching, issue_ids: str, *, with_people: bool) -> str:
    """A statement for `Summary`, to be given an order. `issue_ids` is a list or a subquery of the issues wanted.

    Events are counted by grouping key first: keys are few, so the join is small. Counting users and sessions of all
    issues here takes longer than counting those of one page later, unless finding the events is what takes long.
    """
    counted, merged = (f", {', '.join(part)}" if with_people else "" for part in (COUNTED, MERGED))
    return f"""
        SELECT issue_id, sum(events), min(first_seen), max(newest), argMax(grouping_key, newest){merged} FROM (
            SELECT grouping_key, count() AS events, max(timestamp) AS newest{counted}
            FROM events WHERE {matching.where} GROUP BY grouping_key
        ) AS counted
        INNER JOIN (
            SELECT grouping_key, issue_id, first_seen FROM owners FINAL WHERE {OF_PROJECT} AND issue_id IN ({issue_ids})
        ) AS owned USING (grouping_key)
        GROUP BY issue_id
    """


COUNTED = (f"uniqExactState({USER}) AS people", f"uniqExactStateIf(session_key, {HAS_SESSION}) AS visits")
MERGED = ("uniqExactMerge(people)", "uniqExactMerge(visits)")


def read_figures(
    store: EventStore, project_id: int, found: Sequence[Summary], matching: Matching
) -> dict[UUID, Figures]:
    """The figures of each of the issues."""
    if not found:
        return {}
    uncounted = [each.issue_id for each in found if each.users is None]
    people = _read_people(store, project_id, uncounted, matching) if uncounted else {}
    newest = _read_newest(store, project_id, found, matching)
    return {each.issue_id: _figures(each, people, newest) for each in found}


class OneIssue(msgspec.Struct, frozen=True):
    """Figures and volume of one issue."""

    figures: Figures
    volume: list[int]


def read_one(
    store: EventStore, project_id: int, issue_id: UUID, matching: Matching, buckets: Buckets
) -> OneIssue | None:
    """The figures of one issue; None when no event of it matches."""
    of_issue = matching.also(of_issues([issue_id], matching.bindings))
    sql = f"""
        SELECT
            groupArray((part, events)), sum(events), {", ".join(MERGED)},
            max(newest), argMax(newest_key, newest), groupUniqArrayArray(keys)
        FROM (
            SELECT
                {buckets.index(matching.bindings)} AS part, count() AS events, {", ".join(COUNTED)},
                max(timestamp) AS newest, argMax(grouping_key, timestamp) AS newest_key,
                groupUniqArray(grouping_key) AS keys
            FROM events WHERE {of_issue.where} GROUP BY part
        )
    """
    ((parts, events, users, sessions, newest, newest_key, keys),) = store.query(
        project_id, sql, matching.bindings.parameters
    )
    if not events:
        return None
    first_seen = _first_seen(store, project_id, keys)
    summary = Summary(issue_id, events, first_seen, newest, newest_key, users, sessions)
    said = _read_newest(store, project_id, [summary], matching)
    return OneIssue(_figures(summary, {}, said), buckets.values(parts))


def read_volumes(
    store: EventStore, project_id: int, issue_ids: Sequence[UUID], matching: Matching, buckets: Buckets
) -> dict[UUID, list[int]]:
    """The volume of each of the issues that has a matching event."""
    if not issue_ids:
        return {}
    events = matching.also(of_issues(issue_ids, matching.bindings))
    sql = f"""
        SELECT issue_id, part, sum(events) FROM (
            SELECT grouping_key, {buckets.index(matching.bindings)} AS part, count() AS events
            FROM events WHERE {events.where} GROUP BY grouping_key, part
        ) AS counted
        INNER JOIN ({_owners(issue_ids, matching.bindings)}) AS owned USING (grouping_key)
        GROUP BY issue_id, part
    """
    counted: dict[UUID, list[tuple[int, int]]] = defaultdict(list)
    for issue_id, part, events_in_part in store.query(project_id, sql, matching.bindings.parameters):
        counted[issue_id].append((part, events_in_part))
    return {issue_id: buckets.values(parts) for issue_id, parts in counted.items()}


def _first_seen(store: EventStore, project_id: int, keys: Sequence[int]) -> datetime:
    """The first sighting of the fingerprints of grouping keys."""
    bindings = Bindings()
    of_keys = f"grouping_key IN {bindings.bind(keys, 'Array(UInt64)')}"
    sql = f"SELECT min(first_seen) FROM owners FINAL WHERE {OF_PROJECT} AND {of_keys}"
    moment: datetime = store.query(project_id, sql, bindings.parameters)[0][0]
    return moment


def _read_people(
    store: EventStore, project_id: int, issue_ids: Sequence[UUID], matching: Matching
) -> dict[UUID, tuple[int, int]]:
    """Users and sessions of each issue."""
    events = matching.also(of_issues(issue_ids, matching.bindings))
    sql = f"""
        SELECT issue_id, uniqExact({USER}), uniqExactIf(session_key, {HAS_SESSION})
        FROM (SELECT grouping_key, {USER}, session_key FROM events WHERE {events.where}) AS matched
        INNER JOIN ({_owners(issue_ids, matching.bindings)}) AS owned USING (grouping_key)
        GROUP BY issue_id
    """
    rows = store.query(project_id, sql, matching.bindings.parameters)
    return {issue_id: (users, sessions) for issue_id, users, sessions in rows}


def _read_newest(
    store: EventStore, project_id: int, found: Sequence[Summary], matching: Matching
) -> dict[UUID, Newest]:
    """What the newest event of each issue says; where that lacks something, what the newest that has it says."""
    newest = _said_by(store, project_id, _newest_events(store, project_id, found, matching))
    nothing = Newest(None, None, None)
    said = {each.issue_id: newest.get(each.issue_id, nothing) for each in found}
    lacking = [issue_id for issue_id, each in said.items() if not each.is_whole]
    if lacking:
        said |= _said_by(store, project_id, _newest_with_each(store, project_id, lacking, matching))
    return said


def _newest_events(
    store: EventStore, project_id: int, found: Sequence[Summary], matching: Matching
) -> list[tuple[UUID, str, str, str]]:
    """Issue, library and stack (for source and function) of the newest events, found by their place."""
    bindings = matching.bindings
    keys = bindings.bind(sorted({each.newest_key for each in found}), "Array(UInt64)")
    moments = [each.last_seen for each in found]
    of_moments = DateRange(min(moments), max(moments)).condition(bindings)
    sql = f"""
        SELECT grouping_key, timestamp, lib, stack FROM events
        WHERE {matching.where} AND grouping_key IN {keys} AND {of_moments}
        ORDER BY timestamp DESC LIMIT 1 BY grouping_key
    """
    issues = {each.newest_key: each.issue_id for each in found}
    rows = store.query(project_id, sql, bindings.parameters)
    return [(issues[key], lib, stack, stack) for key, _, lib, stack in rows]


def _newest_with_each(
    store: EventStore, project_id: int, issue_ids: Sequence[UUID], matching: Matching
) -> list[tuple[UUID, str, str, str]]:
    """Issue, newest library, newest stack with a source and newest stack with a function, by reading all events."""
    events = matching.also(of_issues(issue_ids, matching.bindings))
    sql = f"""
        SELECT
            issue_id, argMaxIf(lib, newest, lib != ''),
            argMaxIf(stack, newest, stack IN ({_stacks_with("sources")})),
            argMaxIf(stack, newest, stack IN ({_stacks_with("functions")}))
        FROM (
            SELECT grouping_key, lib, stack, max(timestamp) AS newest
            FROM events WHERE {events.where} GROUP BY grouping_key, lib, stack
        ) AS matched
        INNER JOIN ({_owners(issue_ids, matching.bindings)}) AS owned USING (grouping_key)
        GROUP BY issue_id
    """
    return [(row[0], row[1], row[2], row[3]) for row in store.query(project_id, sql, matching.bindings.parameters)]


def _said_by(store: EventStore, project_id: int, rows: Sequence[tuple[UUID, str, str, str]]) -> dict[UUID, Newest]:
    ends = _last_elements(store, project_id, {stack for row in rows for stack in row[2:]})
    nothing = (None, None)
    return {
        issue_id: Newest(library or None, ends.get(with_source, nothing)[0], ends.get(with_function, nothing)[1])
        for issue_id, library, with_source, with_function in rows
    }


def _last_elements(store: EventStore, project_id: int, hashes: set[str]) -> dict[str, tuple[str | None, str | None]]:
    """Source and function nearest the throw of each stack."""
    wanted = sorted(hashes - {""})
    if not wanted:
        return {}
    of_hashes = "hash IN {hashes:Array(String)}"
    sql = f"SELECT hash, sources[-1], functions[-1] FROM stacks FINAL WHERE {OF_PROJECT} AND {of_hashes}"
    rows = store.query(project_id, sql, {"hashes": wanted})
    return {stack: (source or None, function or None) for stack, source, function in rows}


def _owners(issue_ids: Sequence[UUID], bindings: Bindings) -> str:
    ids = bindings.bind(issue_ids, "Array(UUID)")
    return f"SELECT grouping_key, issue_id FROM owners FINAL WHERE {OF_PROJECT} AND issue_id IN {ids}"


def _stacks_with(column: str) -> str:
    return f"SELECT hash FROM stacks FINAL WHERE {OF_PROJECT} AND notEmpty({column})"


def _figures(summary: Summary, people: Mapping[UUID, tuple[int, int]], newest: Mapping[UUID, Newest]) -> Figures:
    users, sessions = people.get(summary.issue_id, (summary.users or 0, summary.sessions or 0))
    said = newest[summary.issue_id]
    return Figures(
        occurrences=summary.occurrences,
        users=users,
        sessions=sessions,
        first_seen=summary.first_seen,
        last_seen=summary.last_seen,
        library=said.library,
        source=said.source,
        function=said.function,
    )
