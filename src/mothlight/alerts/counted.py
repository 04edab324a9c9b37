"""Finds when issues reached what an alert counts: occurrences or users within a time, or a milestone of occurrences.

Events are counted by the minute in which they were received. The alerts that are on are counted up to now again and
again, a preview is counted over the past; both go through `reached`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from mothlight.alerts.conditions import condition_sql
from mothlight.alerts.firing import Candidate
from mothlight.alerts.triggers import MILESTONE, USERS
from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT
from mothlight.storage.events.interface import EventStore
from mothlight.storage.metadata.repositories.alerts import StoredAlert

MINUTE = timedelta(minutes=1)
MOST_ROWS = 1_000_000
"""Issue and minute, with users also issue, minute and user: more are not looked at, the newest stay."""
MOMENT = "DateTime64(6, 'UTC')"
LARGEST_MILESTONE = 10**12

Minutes = Mapping[int, int | frozenset[int]]
"""By minutes since 1970: how many events, or whose."""


class Reached(NamedTuple):
    """An issue reached what was counted for."""

    issue_id: UUID
    moment: datetime
    """The beginning of the minute in which it did."""
    total: int
    milestone: int = 0


def candidates(store: EventStore, alert: StoredAlert, since: datetime, until: datetime) -> list[Candidate]:
    """What a counted alert has to tell about the time, in order; the minute that `until` is in counts as far as it is.

    Raises:
        Unavailable: the event store is away.
    """
    found = sorted(reached(store, alert, since, until), key=lambda each: (each.moment, each.issue_id))
    return [_candidate(alert, each) for each in found]


def reached(store: EventStore, alert: StoredAlert, since: datetime, until: datetime) -> Iterable[Reached]:
    """Each time that an issue reached it after `since`, that is: was below it the minute before."""
    first = _minute(since)
    if alert.trigger == MILESTONE:
        before = _count_before(store, alert, _moment(first), until)
        for issue_id, minutes in _minutes(store, alert, _moment(first), until, users=False).items():
            yield from _milestones(issue_id, minutes, before.get(issue_id, 0))
        return
    window = alert.window_minutes or 1
    users = alert.trigger == USERS
    for issue_id, minutes in _minutes(store, alert, _moment(first - window), until, users=users).items():
        for minute, count in crossings(minutes, window, alert.threshold or 1):
            if minute >= first:
                yield Reached(issue_id, _moment(minute), count)


def crossings(minutes: Minutes, window: int, threshold: int) -> list[tuple[int, int]]:
    """The minutes at which the count of the last `window` minutes reached the threshold, and the count then."""
    found: list[tuple[int, int]] = []
    running, ordered, oldest = _Running(), sorted(minutes), 0
    for minute in ordered:
        # First as it was the minute before, in which perhaps nothing happened.
        for start in (minute - window, minute - window + 1):
            while ordered[oldest] < start:
                running.change(minutes[ordered[oldest]], -1)
                oldest += 1
            if start == minute - window:
                before = running.count
        running.change(minutes[minute], +1)
        if running.count >= threshold > before:
            found.append((minute, running.count))
    return found


class _Running:
    """The count of the minutes that are in the window."""

    def __init__(self) -> None:
        self._events = 0
        self._users: Counter[int] = Counter()

    @property
    def count(self) -> int:
        return self._events + len(self._users)

    def change(self, held: int | frozenset[int], sign: int) -> None:
        if isinstance(held, int):
            self._events += sign * held
            return
        for user in held:
            self._users[user] += sign
            if not self._users[user]:
                del self._users[user]


def _milestones(issue_id: UUID, minutes: Minutes, before: int) -> Iterable[Reached]:
    count = before
    for minute in sorted(minutes):
        held = minutes[minute]
        after = count + (held if isinstance(held, int) else len(held))
        milestone = largest_milestone(after)
        if milestone > largest_milestone(count):
            yield Reached(issue_id, _moment(minute), after, milestone)
        count = after


def largest_milestone(count: int) -> int:
    """The largest of 1, 10, 100, 1,000 … that the count has reached; 0 for none."""
    milestone = 0
    while (following := max(1, milestone * 10)) <= min(count, LARGEST_MILESTONE):
        milestone = following
    return milestone


def _minutes(
    store: EventStore, alert: StoredAlert, start: datetime, until: datetime, *, users: bool
) -> dict[UUID, Minutes]:
    bindings = Bindings()
    counted = "groupUniqArray(user_key)" if users else "count()"
    sql = f"""
        SELECT issue_id, minute, counted FROM (
            SELECT issue_id, intDiv(toUnixTimestamp(received_at), 60) AS minute, {counted} AS counted
            FROM events INNER JOIN ({_owned()}) AS owned USING grouping_key
            WHERE {OF_PROJECT} AND {_received(bindings, start, until)} AND {condition_sql(alert, bindings, until)}
            GROUP BY issue_id, minute
        )
        ORDER BY minute DESC LIMIT {MOST_ROWS}
    """
    found: dict[UUID, dict[int, int | frozenset[int]]] = {}
    for issue_id, minute, held in store.query(alert.project_id, sql, bindings.parameters):
        of_issue = found.setdefault(UUID(str(issue_id)), {})
        of_issue[int(minute)] = frozenset(held) if users else int(held)
    return dict(found)


def _count_before(store: EventStore, alert: StoredAlert, start: datetime, until: datetime) -> dict[UUID, int]:
    """What issues with events in the time had before it."""
    bindings = Bindings()
    condition = condition_sql(alert, bindings, until)
    lately = _received(bindings, start, until)
    keys = f"SELECT DISTINCT grouping_key FROM events WHERE {OF_PROJECT} AND {lately}"
    issues = f"SELECT issue_id FROM owners FINAL WHERE {OF_PROJECT} AND grouping_key IN ({keys})"
    sql = f"""
        SELECT issue_id, count()
        FROM events INNER JOIN ({_owned()} AND issue_id IN ({issues})) AS owned USING grouping_key
        WHERE {OF_PROJECT} AND grouping_key != 0 AND received_at < {bindings.bind(start, MOMENT)} AND {condition}
        GROUP BY issue_id
    """
    rows = store.query(alert.project_id, sql, bindings.parameters)
    return {UUID(str(issue_id)): int(count) for issue_id, count in rows}


def _owned() -> str:
    return f"SELECT grouping_key, issue_id FROM owners FINAL WHERE {OF_PROJECT}"


def _received(bindings: Bindings, start: datetime, until: datetime) -> str:
    begin, end = bindings.bind(start, MOMENT), bindings.bind(until, MOMENT)
    return f"grouping_key != 0 AND received_at >= {begin} AND received_at <= {end}"


def _candidate(alert: StoredAlert, found: Reached) -> Candidate:
    what = found.milestone or found.moment.isoformat()
    figures = {"count": found.total}
    if found.milestone:
        figures["milestone"] = found.milestone
    else:
        figures |= {"threshold": alert.threshold or 0, "window_minutes": alert.window_minutes or 0}
    # What the issue is called is added when it fires.
    told = {"notification_id": None, "figures": figures}
    cause = f"{alert.trigger}:{found.issue_id}:{what}"
    return Candidate(alert, found.issue_id, cause, found.moment, told, found.milestone)


def _minute(moment: datetime) -> int:
    return int(moment.timestamp()) // 60


def _moment(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)
