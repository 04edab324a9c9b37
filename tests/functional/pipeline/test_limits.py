"""Rate limits (pipeline 7): what is kept, what is only counted, and that a crash changes neither."""

import itertools
from uuid import UUID

import pytest
import sqlalchemy as sa

from mothlight.model.errors import Unavailable
from mothlight.persons.apply import Entry
from mothlight.pipeline.stages import limit as limit_stage
from mothlight.storage.metadata import tables
from mothlight.storage.metadata.engine import writing
from mothlight.storage.metadata.repositories.rules import StoredRule, write_rule
from mothlight.storage.metadata.repositories.settings import update_settings
from tests.support.received import NOW, exception, later

NAMES = ("project_rate_limit", "per_issue_rate_limit")


def limit(line, *, issue=None, project=None, minutes=1):
    values = {"per_issue_rate_limit_value": issue, "project_rate_limit_value": project}
    values |= {f"{name}_bucket_size_minutes": minutes for name in NAMES}
    with writing(line.engine) as connection:
        update_settings(connection, line.project, values)


def some(line, count, type_="PayError", **more):
    return [line.event({"$exception_list": [exception(type_)]}, **more) for _ in range(count)]


def counted(line):
    """Occurrences and drops of each issue by name."""
    return {row.name: (row.aggregations.occurrences, row.aggregations.dropped) for row in line.list()}


def drops(line):
    sql = "SELECT toString(uuid), reason FROM drops WHERE project_id = {project:UInt32} ORDER BY uuid"
    return line.store.query(line.project, sql)


def tokens(line):
    return {row.subject: row.tokens for row in line.rows(tables.token_buckets)}


@pytest.mark.parametrize(
    ("limits", "expected", "reasons"),
    [
        ({}, {"PayError": (20, 0), "Other": (3, 0)}, {}),
        ({"issue": 5}, {"PayError": (5, 15), "Other": (3, 0)}, {"issue_rate_limit": 15}),
        ({"project": 22}, {"PayError": (20, 0), "Other": (2, 1)}, {"project_rate_limit": 1}),
        (
            {"issue": 10, "project": 8},
            {"PayError": (8, 12)},
            {"issue_rate_limit": 10, "project_rate_limit": 5},
        ),
    ],
)
def test_what_is_over_a_limit_is_counted_on_its_issue(line, limits, expected, reasons):
    limit(line, **limits)

    outcome = line.run(*some(line, 20), *some(line, 3, "Other"))

    assert counted(line) == expected
    assert outcome.dropped == reasons
    assert outcome.stored == 23 - sum(reasons.values())
    assert len(line.rows(tables.issues)) == 2, "an issue begins also with an event that is only counted"


def test_time_of_receipt_refills(line):
    limit(line, issue=6)

    line.run(*some(line, 8))
    line.now = later(86_000)
    line.run(*some(line, 8, received_at=later(20)))

    assert counted(line) == {"PayError": (8, 8)}


def test_a_backlog_counts_by_receipt(line):
    """What was received over an hour and is processed at once is within a limit that it kept."""
    limit(line, issue=6)
    events = [each for minute in range(60) for each in some(line, 6, received_at=later(60 * minute))]

    line.run(*events)

    assert counted(line) == {"PayError": (360, 0)}


def test_imports_are_not_limited(line):
    limit(line, issue=1, project=1)

    line.run(*some(line, 4, historical=True))

    assert counted(line) == {"PayError": (4, 0)}
    assert tokens(line) == {}


def test_events_of_a_suppressed_issue_cost_nothing(line):
    limit(line, project=5)
    line.run(*some(line, 1))
    line.change(status="suppressed")

    outcome = line.run(*some(line, 9))

    assert outcome.dropped == {"suppressed_issue": 9}
    assert tokens(line) == {"project": 4}


def test_events_that_bypass_are_kept_and_cost_nothing(line):
    limit(line, issue=2)
    condition = {"key": "tier", "value": ["vip"], "operator": "exact", "type": "event"}
    rule = StoredRule(UUID(int=1), "bypass", 0, {"type": "AND", "values": [condition]}, NOW, NOW)
    with writing(line.engine) as connection:
        write_rule(connection, line.project, rule)

    line.run(*[line.event({"tier": "vip"}) for _ in range(4)], *some(line, 3))

    assert counted(line) == {"PayError": (6, 1)}
    counts, failed = line.pipeline.limit_counts.read()
    assert counts == {("issue", "bypassed"): 4, ("issue", "allowed"): 2, ("issue", "rate_limited"): 1}
    assert failed == 0


def test_other_projects_are_not_asked(line):
    """Bypass rules are looked at only where there is a limit."""
    line.pipeline._limit._is_bypassed = None

    assert line.run(*some(line, 4)).stored == 4


def test_a_limiter_that_fails_keeps_everything(line, monkeypatch):
    limit(line, issue=2)

    def fail(*_):
        raise sa.exc.ProgrammingError("SELECT", {}, Exception("a defect"))

    monkeypatch.setattr(limit_stage, "lock_buckets", fail)

    assert line.run(*some(line, 5)).stored == 5
    assert line.pipeline.limit_counts.read()[1] == 5


def test_a_changed_limit_counts_at_once(line):
    limit(line, issue=2)
    line.run(*some(line, 3))
    limit(line, issue=None)
    line.run(*some(line, 3))

    assert counted(line) == {"PayError": (5, 1)}


def test_drops_follow_their_events_to_another_issue(line):
    limit(line, issue=2)
    line.run(*some(line, 5), *some(line, 2, "Other"))
    by_name = {row.name: row.id for row in line.rows(tables.issues)}
    with writing(line.engine) as connection:
        from mothlight.issues.move import move_fingerprint

        row = next(row for row in line.rows(tables.fingerprints) if row.issue_id == by_name["PayError"])
        move_fingerprint(connection, line.project, row.fingerprint, by_name["Other"], NOW)
    line.mirror.sync()

    assert counted(line) == {"Other": (4, 3)}


def test_drops_are_counted_where_and_when_they_happened(line):
    limit(line, issue=1)
    events = [
        *some(line, 1),
        *some(line, 2, timestamp=later(-7200)),
        *[line.event({"environment": "staging"}) for _ in range(3)],
    ]
    line.run(*events)

    from mothlight.queries.answers import issue_list
    from mothlight.queries.questions import IssueList, Window

    def dropped(since, **more):
        question = IssueList(window=Window(later(since).isoformat()), filter_test_accounts=False, **more)
        (row,) = issue_list.answer(question, line.store, line.engine, line.project, later(1)).results
        return row.aggregations.dropped

    assert dropped(-3600) == 3
    assert dropped(-86_400) == 5
    assert dropped(-86_400, environments=("",)) == 2


# Crashes


class Kill(BaseException):
    """The process ends here."""


def run_until(line, entries, method, when, monkeypatch):
    """Run entries until a call of the store, and end the process there."""
    real = getattr(line.store, method)

    def dies(*arguments):
        if when == "after":
            real(*arguments)
        raise Kill

    with monkeypatch.context() as patch:
        patch.setattr(line.store, method, dies, raising=False)
        with pytest.raises(Kill):
            line.pipeline.run(entries)
    line.pipeline = line.new_pipeline()


POINTS = [
    ("insert_events", "before"),
    ("insert_events", "after"),
    ("insert_drops", "before"),
    ("insert_drops", "after"),
]


@pytest.mark.parametrize("cut", [20, 1, 7])
@pytest.mark.parametrize(("method", "when"), POINTS)
def test_a_kill_changes_nothing(line, monkeypatch, method, when, cut):
    """However the entries are cut into batches when they come again."""
    limit(line, issue=5)
    events = some(line, 20)
    entries = [Entry(number, [event], writer="w") for number, event in enumerate(events, 1)]
    run_until(line, entries, method, when, monkeypatch)

    for start in range(0, 20, cut):
        line.pipeline.run(entries[start : start + cut])

    assert counted(line) == {"PayError": (5, 15)}
    assert line.uuids() == [str(event.uuid) for event in events[:5]]
    assert drops(line) == [(str(event.uuid), "issue_rate_limit") for event in events[5:]]
    assert list(tokens(line).values()) == [0]


def test_a_kill_between_decision_and_store_charges_once(line, monkeypatch):
    limit(line, issue=100)
    events = some(line, 30)
    entries = [Entry(1, events, writer="w")]
    run_until(line, entries, "insert_events", "before", monkeypatch)

    line.pipeline.run(entries)

    assert list(tokens(line).values()) == [70]
    assert line.run(*some(line, 80)).dropped == {"issue_rate_limit": 10}


def test_what_was_decided_holds_when_the_limit_has_changed_since(line, monkeypatch):
    limit(line, issue=5)
    entries = [Entry(1, some(line, 8), writer="w")]
    run_until(line, entries, "insert_events", "before", monkeypatch)
    limit(line, issue=None)

    line.pipeline.run(entries)

    assert counted(line) == {"PayError": (5, 3)}


def test_a_store_that_is_away_for_a_moment_charges_once(line, monkeypatch):
    limit(line, issue=10)
    calls = itertools.count()
    real = line.store.insert_drops

    def away(rows):
        if next(calls) == 0:
            raise Unavailable("away")
        real(rows)

    monkeypatch.setattr(line.store, "insert_drops", away, raising=False)
    entries = [Entry(1, some(line, 15), writer="w")]
    with pytest.raises(Unavailable):
        line.pipeline.run(entries)

    outcome = line.pipeline.run(entries)

    assert counted(line) == {"PayError": (10, 5)}
    assert sum(outcome.dropped.values()) + outcome.stored == 15
    assert list(tokens(line).values()) == [0]


def test_an_event_that_is_sent_again_is_counted_once(line):
    """Also after a restart, and at another node."""
    limit(line, issue=2)
    events = some(line, 5)
    line.run(*events)
    line.run(*events)
    line.pipeline = line.new_pipeline()

    assert line.run(*events).dropped == {"duplicate": 5}
    assert counted(line) == {"PayError": (2, 3)}


def test_decisions_are_kept_only_until_their_events_are_stored(line):
    limit(line, issue=2)
    for _ in range(6):
        line.run(*some(line, 2))

    from mothlight.storage.metadata.engine import reading

    with reading(line.engine) as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.limit_decisions)) == 1
    assert line.pipeline._limit._decisions.is_empty


def test_nodes_share_the_buckets(line):
    limit(line, issue=30, project=50)
    other = line.new_pipeline()
    for number in range(10):
        line.run(*some(line, 5))
        other.run([Entry(number, [*some(line, 5), *some(line, 6, "Other")], writer="other")])

    assert counted(line) == {"PayError": (30, 70), "Other": (20, 40)}
    assert tokens(line)["project"] == 0
