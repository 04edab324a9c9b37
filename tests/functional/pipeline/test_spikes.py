"""Spikes of events that went through the pipeline (pipeline 8): found once, announced, and moved with their issue."""

import os
from uuid import UUID

import pytest

from mothlight.issues import merge, split, undo
from mothlight.issues.announce import SPIKING
from mothlight.issues.journal import Author
from mothlight.kit.ids import id_maker
from mothlight.spikes.watch import SpikeWatch
from mothlight.storage.metadata import tables
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories.changes import EntryFilter, list_entries
from mothlight.storage.metadata.repositories.settings import update_settings
from mothlight.storage.metadata.repositories.spike_events import SpikeFilter, list_spikes
from tests.functional.pipeline.conftest import USER
from tests.support.received import NOW, later

EVERY = SpikeFilter()


class Watched:
    """A project whose issues may spike, with a threshold of 20."""

    def __init__(self, line):
        self.line = line
        self.make_id = id_maker(line.clock, os.urandom)
        self.watch = self.new_watch()
        self.configure(threshold=20)

    def new_watch(self):
        """As another node has one."""
        return SpikeWatch(self.line.engine, self.line.store, self.line.clock, self.make_id)

    def configure(self, **values):
        with writing(self.line.engine) as connection:
            update_settings(connection, self.line.project, {f"spike_{name}": value for name, value in values.items()})

    def throw(self, count, fingerprint="f", at=0, **more):
        """So many events that were received so many seconds after the beginning."""
        sent = {"$exception_fingerprint": fingerprint}
        self.line.run(*[self.line.event(sent, received_at=later(at), **more) for _ in range(count)])

    def look(self, at):
        self.line.now = later(at)
        return self.watch.look()

    def spikes(self, wanted=EVERY):
        with reading(self.line.engine) as connection:
            return list_spikes(connection, self.line.project, wanted, 100)

    def found(self):
        """Baseline and events of each spike, oldest first."""
        return [(each.computed_baseline, each.current_bucket_value) for each in reversed(self.spikes())]

    def announced(self):
        return [row for row in self.line.rows(tables.announcements) if row.kind == SPIKING]

    def issue(self, fingerprint):
        (row,) = [row for row in self.line.rows(tables.fingerprints) if row.fingerprint == fingerprint]
        return row.issue_id

    @property
    def author(self):
        return Author(self.line.project, USER, self.line.now, self.make_id)

    def merge(self, target, *sources):
        with writing(self.line.engine) as connection:
            merge.merge(connection, self.author, merge.plan_merge(connection, self.line.project, target, sources))

    def split(self, issue, *fingerprints):
        with writing(self.line.engine) as connection:
            parts = [split.Part(each) for each in fingerprints]
            split.split(connection, self.author, split.plan_split(connection, self.author, issue, parts))

    def undo_last(self):
        with writing(self.line.engine) as connection:
            entry = list_entries(connection, self.line.project, EntryFilter(actor_type="user"), 1, 0)[0]
            undo.undo(connection, self.author, undo.plan_undo(connection, self.author, entry.id, force=False))

    def owners(self):
        """The issue of each spike, oldest first."""
        return [each.issue_id for each in reversed(self.spikes())]


@pytest.fixture
def watched(line):
    return Watched(line)


def test_a_spike_is_recorded_and_announced(watched):
    watched.throw(3, at=-600)
    watched.throw(31, at=10, timestamp=later(4))

    assert watched.look(at=20) == 1
    (spike,) = watched.spikes()
    (told,) = watched.announced()
    assert (spike.computed_baseline, spike.current_bucket_value) == (3.0, 31)
    assert (spike.issue_id, spike.name, spike.detected_at) == (watched.issue("f"), "PayError", later(20))
    assert told.id == spike.id
    assert told.figures == {"computed_baseline": 3.0, "current_bucket_value": 31}
    assert (told.fingerprint, told.event_timestamp) == ("f", later(4))
    assert told.issue["name"] == "PayError"


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        pytest.param({}, {"f": 19}, [], id="too few"),
        pytest.param({}, {"f": 20}, [(0.0, 20)], id="enough, and nothing before"),
        pytest.param({"f": 2}, {"f": 20}, [], id="ten times the usual is not more"),
        pytest.param({"f": 2}, {"f": 21}, [(2.0, 21)], id="more than ten times the usual"),
        pytest.param({"g": 4, "h": 2}, {"f": 30}, [], id="new, in a project that has three of each"),
        pytest.param({"g": 4, "h": 2}, {"f": 31}, [(3.0, 31)], id="new, and more than ten times these"),
    ],
)
def test_what_is_a_spike(watched, before, now, expected):
    for fingerprint, count in before.items():
        watched.throw(count, fingerprint, at=-300)
    for fingerprint, count in now.items():
        watched.throw(count, fingerprint, at=1)
    watched.look(at=30)

    assert watched.found() == expected


def test_imports_and_limited_events_do_not_count(watched):
    watched.throw(100, "import", at=1, historical=True)
    with writing(watched.line.engine) as connection:
        update_settings(connection, watched.line.project, {"per_issue_rate_limit_value": 19})
    watched.throw(100, "storm", at=1)

    assert watched.look(at=30) == 0


def test_a_spike_is_not_told_again_within_the_snooze_time(watched):
    watched.configure(snooze_duration_minutes=15)
    watched.throw(30, at=1)
    watched.look(at=30)
    watched.throw(400, at=400)
    assert watched.look(at=410) == 0
    # 930 is the end of the snooze, in the bucket from 900 on.
    watched.throw(9_000, at=910)
    assert watched.look(at=929) == 0

    assert watched.look(at=931) == 1
    assert watched.found() == [(0.0, 30), (215.0, 9_000)]


def test_the_same_events_are_told_once_however_short_the_snooze_is(watched):
    watched.configure(snooze_duration_minutes=1)
    watched.throw(30, at=1)
    watched.look(at=10)

    assert [watched.look(at=at) for at in (100, 200, 299, 301, 400)] == [0, 0, 0, 0, 0]
    watched.throw(1, at=290)
    assert watched.look(at=500) == 1, "one more event of that bucket, which was stored late"
    assert watched.found() == [(0.0, 30), (0.0, 31)]


def test_the_end_of_a_bucket_is_not_missed(watched):
    watched.throw(30, at=299)

    assert watched.look(at=301) == 1


def test_a_backlog_that_drains_is_no_spike(watched):
    """An hour's events, stored at once."""
    for minute in range(-60, 0, 1):
        watched.throw(5, at=60 * minute)

    assert watched.look(at=0) == 0


def test_two_nodes_tell_of_a_spike_once(watched):
    watched.throw(30, at=1)
    other = watched.new_watch()
    watched.look(at=30)

    assert other.look() == 0
    assert len(watched.announced()) == 1


def test_only_projects_with_new_events_are_looked_at(watched):
    watched.throw(30, at=1)

    assert watched.look(at=3_600) == 0


def test_nobody_is_told_of_an_issue_that_is_suppressed_by_now(watched):
    watched.throw(30, at=1)
    watched.line.change(status="suppressed")

    assert watched.look(at=30) == 0


def test_spikes_follow_a_merge_and_its_undo(watched):
    for fingerprint in ("a", "b", "c"):
        watched.throw(30, fingerprint, at=1)
    watched.look(at=30)
    issues = {name: watched.issue(name) for name in "abc"}
    by_issue = {each.id: each.issue_id for each in watched.spikes()}

    watched.merge(issues["b"], issues["a"])
    watched.merge(issues["c"], issues["b"])
    assert set(watched.owners()) == {issues["c"]}
    watched.undo_last()
    assert sorted(watched.owners()) == sorted([issues["b"], issues["b"], issues["c"]])
    watched.line.now = later(40)
    with writing(watched.line.engine) as connection:
        entries = list_entries(connection, watched.line.project, EntryFilter(kinds=["merged"]), 10, 0)
        undo.undo(connection, watched.author, undo.plan_undo(connection, watched.author, entries[-1].id, force=False))

    assert {each.id: each.issue_id for each in watched.spikes()} == by_issue


def test_a_split_issue_loses_its_spikes_and_an_undo_brings_them_back(watched):
    watched.throw(30, "a", at=1)
    watched.throw(30, "b", at=1)
    watched.look(at=30)
    target = watched.issue("a")
    watched.merge(target, watched.issue("b"))
    before = watched.spikes()
    assert len(before) == 2

    watched.split(target, "b")
    assert watched.spikes() == []
    watched.undo_last()
    assert watched.spikes() == before
    watched.undo_last()
    assert watched.spikes() == []


def test_spikes_are_listed_by_what_is_asked(watched):
    watched.throw(30, "a", at=1)
    watched.throw(50, "b", at=1)
    watched.look(at=30)
    issue = watched.issue("a")

    assert [each.issue_id for each in watched.spikes(SpikeFilter(issue_ids=[issue]))] == [issue]
    assert watched.spikes(SpikeFilter(date_from=later(31))) == []
    assert len(watched.spikes(SpikeFilter(date_from=later(30), date_to=later(30)))) == 2
    assert watched.spikes(SpikeFilter(issue_ids=[UUID(int=1)])) == []
    assert later(1) > NOW
