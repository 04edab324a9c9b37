"""Figures of issues over their matching events (api 8).

They are read in steps, each over as little as possible: what is counted by grouping key for all issues (`Summary`),
then, for the issues that are shown, users and sessions and what the newest event says.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from mothlight.filters.fields import OF_PROJECT
from mothlight.queries.date_range import DateRange
from mothlight.queries.matching import MOST_BOUND_KEYS, Matching, Owned
from mothlight.queries.together import together
from mothlight.queries.volume import Buckets
from mothlight.storage.events.interface import EventStore

USER = "user_key"
"""Who had the event: the person as recorded, else the distinct id (as `storage.events.schema` says)."""

HAS_SESSION = "session_key != 0"


class Summary(msgspec.Struct, frozen=True):
    """What is known of an issue's matching events from counting them by grouping key."""

    issue_id: UUID
    occurrences: int
    first_seen: datetime
    last_seen: datetime
    newest_key: int
    """The grouping key of the newest event."""
    keys: Sequence[int]
    """Grouping keys of matching events: all, or of very many some, but more than `MOST_BOUND_KEYS`."""
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
        SELECT
            issue_id, sum(events), min(first_seen), max(newest), argMax(grouping_key, newest),
            groupArray({MOST_BOUND_KEYS + 1})(grouping_key){merged}
        FROM (
            SELECT grouping_key, count() AS events, max(timestamp) AS newest{counted}
            FROM events WHERE {matching.where} GROUP BY grouping_key
        ) AS counted
        INNER JOIN (
            SELECT grouping_key, issue_id, first_seen FROM owners FINAL WHERE {OF_PROJECT} AND issue_id IN ({issue_ids})
        ) AS owned USING (grouping_key)
        GROUP BY issue_id
    """


PEOPLE = (f"uniqExact({USER})", f"uniqExactIf(session_key, {HAS_SESSION})")
"""Users and sessions."""

COUNTED = (f"uniqExactState({USER}) AS people", f"uniqExactStateIf(session_key, {HAS_SESSION}) AS visits")
MERGED = ("uniqExactMerge(people)", "uniqExactMerge(visits)")


def owned_keys(found: Sequence[Summary]) -> Owned:
    """The issues with their grouping keys."""
    keys = {key: each.issue_id for each in found for key in each.keys}
    return Owned([each.issue_id for each in found], keys if len(keys) <= MOST_BOUND_KEYS else None)


def read_figures(
    store: EventStore, project_id: int, found: Sequence[Summary], matching: Matching
) -> dict[UUID, Figures]:
    """The figures of each of the issues."""
    if not found:
        return {}
    uncounted = [each for each in found if each.users is None]
    people, newest = together(
        lambda: _read_people(store, project_id, owned_keys(uncounted), matching.apart()) if uncounted else {},
        lambda: read_newest(store, project_id, found, matching.apart()),
    )
    return {each.issue_id: figures_of(each, people, newest[each.issue_id]) for each in found}


def read_volumes(
    store: EventStore, project_id: int, owned: Owned, matching: Matching, buckets: Buckets
) -> dict[UUID, list[int]]:
    """The volume of each of the issues that has a matching event."""
    if not owned.issue_ids:
        return {}
    events = owned.events([f"{buckets.index(matching.bindings)} AS part"], matching)
    sql = f"SELECT place, part, count() FROM {events} GROUP BY place, part"
    counted: dict[UUID, list[tuple[int, int]]] = defaultdict(list)
    for place, part, events_in_part in store.query(project_id, sql, matching.bindings.parameters):
        counted[owned.issue_ids[place - 1]].append((part, events_in_part))
    return {issue_id: buckets.values(parts) for issue_id, parts in counted.items()}


def _read_people(store: EventStore, project_id: int, owned: Owned, matching: Matching) -> dict[UUID, tuple[int, int]]:
    """Users and sessions of each issue."""
    events = owned.events([USER, "session_key"], matching)
    sql = f"SELECT place, {', '.join(PEOPLE)} FROM {events} GROUP BY place"
    rows = store.query(project_id, sql, matching.bindings.parameters)
    return {owned.issue_ids[place - 1]: (users, sessions) for place, users, sessions in rows}


def read_newest(store: EventStore, project_id: int, found: Sequence[Summary], matching: Matching) -> dict[UUID, Newest]:
    """What the newest event of each issue says; where that lacks something, what the newest that has it says."""
    newest = _said_by(store, project_id, _newest_events(store, project_id, found, matching))
    nothing = Newest(None, None, None)
    said = {each.issue_id: newest.get(each.issue_id, nothing) for each in found}
    return complete(said, store, project_id, found, matching)


def complete(
    said: dict[UUID, Newest], store: EventStore, project_id: int, found: Sequence[Summary], matching: Matching
) -> dict[UUID, Newest]:
    """The same, but where the newest event of an issue lacks something, what the newest that has it says."""
    lacking = [each for each in found if not said[each.issue_id].is_whole]
    if not lacking:
        return said
    return said | _said_by(store, project_id, _newest_with_each(store, project_id, owned_keys(lacking), matching))


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
    store: EventStore, project_id: int, owned: Owned, matching: Matching
) -> list[tuple[UUID, str, str, str]]:
    """Issue, newest library, newest stack with a source and newest stack with a function, by reading all events."""
    events = owned.events(["lib", "stack", "timestamp"], matching)
    sql = f"""
        SELECT
            place, argMaxIf(lib, newest, lib != ''),
            argMaxIf(stack, newest, stack IN ({_stacks_with("sources")})),
            argMaxIf(stack, newest, stack IN ({_stacks_with("functions")}))
        FROM (SELECT place, lib, stack, max(timestamp) AS newest FROM {events} GROUP BY place, lib, stack)
        GROUP BY place
    """
    rows = store.query(project_id, sql, matching.bindings.parameters)
    return [(owned.issue_ids[row[0] - 1], row[1], row[2], row[3]) for row in rows]


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


def _stacks_with(column: str) -> str:
    return f"SELECT hash FROM stacks FINAL WHERE {OF_PROJECT} AND notEmpty({column})"


def figures_of(summary: Summary, people: Mapping[UUID, tuple[int, int]], said: Newest) -> Figures:
    """All figures of an issue, with the users and sessions from where they were counted."""
    users, sessions = people.get(summary.issue_id, (summary.users or 0, summary.sessions or 0))
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
