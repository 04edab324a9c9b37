"""The new-issue budget (pipeline 7.5): events are stored, and their issues come later, oldest first."""

import os
from uuid import uuid4

import pytest
import sqlalchemy as sa

from mothlight.issues.make_waiting import make_waiting_issues
from mothlight.issues.new_issue_budget import budget_of
from mothlight.kit.ids import id_maker
from mothlight.persons.apply import Entry
from mothlight.pipeline.run import Pipeline
from mothlight.queries.waiting_events import WaitingEvents
from mothlight.storage.metadata import tables
from mothlight.storage.metadata.engine import writing
from mothlight.storage.metadata.repositories.issues import Assignee
from mothlight.storage.metadata.repositories.rules import StoredRule, write_rule
from tests.support.received import NOW, later


class Budgeted:
    """A line whose pipeline may make some new issues in ten minutes."""

    def __init__(self, line, new_issues):
        self.line = line
        self.budget = budget_of(new_issues)
        self.make_id = id_maker(line.clock, os.urandom)
        line.new_pipeline = self.new_pipeline
        line.pipeline = self.new_pipeline()

    def new_pipeline(self, store=None):
        made = Pipeline(
            self.line.engine,
            store or self.line.store,
            self.line.mirror,
            blobs=self.line.blobs,
            reader=self.line.reader,
            clock=self.line.clock,
            make_id=self.make_id,
        )
        made.limit_new_issues(self.budget)
        return made

    def throw(self, *names, at=0, **more):
        """One event of each name, received so many seconds after the beginning."""
        return self.line.run(*[self.event(name, at, **more) for name in names])

    def event(self, name, at=0, **more):
        sent = {"$exception_fingerprint": name, "$issue_name": name, **more.pop("properties", {})}
        return self.line.event(sent, received_at=later(at), **more)

    def upkeep(self, at):
        self.line.now = later(at)
        return make_waiting_issues(self.line.engine, self.line.mirror, self.budget, self.line.clock, self.make_id)

    def issues(self):
        return sorted(row.name for row in self.line.list())

    def waiting(self):
        return WaitingEvents(self.line.engine, self.line.store).count()


@pytest.fixture
def three(line):
    """Three new issues in ten minutes."""
    return Budgeted(line, 3)


def test_over_the_budget_events_are_stored_and_invisible(three):
    outcome = three.throw("a", "b", "c", "d", "e")
    three.throw("d", "a")

    assert (outcome.stored, outcome.dropped) == (5, {})
    assert three.issues() == ["a", "b", "c"]
    assert three.waiting() == 3
    assert len(three.line.rows(tables.waiting_keys)) == 2


def test_upkeep_makes_their_issues_at_the_budgets_pace_oldest_first(three):
    three.throw("a", "b", "c")
    for second, name in enumerate("zyx", 1):
        three.throw(name, at=second)

    assert three.upkeep(at=199) == 0
    assert three.upkeep(at=201) == 1
    assert three.issues() == ["a", "b", "c", "z"]
    assert three.upkeep(at=1_000) == 2
    assert three.issues() == ["a", "b", "c", "x", "y", "z"]
    assert three.waiting() == 0
    assert len([row for row in three.line.rows(tables.announcements) if row.kind == "issue_created"]) == 6


def test_new_ones_queue_up_behind_those_that_wait(three):
    three.throw("a", "b", "c", "d")
    three.throw("e", at=900)

    assert three.issues() == ["a", "b", "c"]
    three.upkeep(at=901)
    assert three.issues() == ["a", "b", "c", "d", "e"]


def test_time_of_receipt_refills(three):
    three.throw("a", "b", "c")
    three.throw("d", at=201)

    assert three.issues() == ["a", "b", "c", "d"]


def test_known_fingerprints_cost_nothing(three):
    three.throw("a", "b", "c")

    assert three.throw("a", "b", "c", "a").stored == 4
    assert three.waiting() == 0


def test_no_bound(line):
    free = Budgeted(line, 0)
    free.throw(*map(str, range(50)))

    assert len(free.issues()) == 50


def test_those_that_wait_come_at_once_when_there_is_no_bound_any_more(three):
    three.throw(*"abcdefgh")
    three.budget = None

    assert three.upkeep(at=1) == 5
    assert len(three.issues()) == 8


def test_what_came_while_it_waited_belongs_to_the_issue(three):
    three.throw("a", "b", "c", "d")
    three.throw("d", at=5, timestamp=later(-500), properties={"environment": "staging"})
    three.upkeep(at=300)

    (row,) = [row for row in three.line.list() if row.name == "d"]
    (issue,) = [row for row in three.line.rows(tables.issues) if row.name == "d"]
    (fingerprint,) = [row for row in three.line.rows(tables.fingerprints) if row.fingerprint == "d"]
    assert (row.aggregations.occurrences, row.first_seen) == (2, later(-500))
    assert issue.last_received_at == later(5)
    assert fingerprint.environments == '["","staging"]'


def test_rules_say_at_arrival_what_they_say(three):
    role = uuid4()
    with writing(three.line.engine) as connection:
        organization = connection.scalar(
            sa.select(tables.projects.c.organization_id).where(tables.projects.c.id == three.line.project)
        )
        connection.execute(
            sa.insert(tables.roles).values(id=role, organization_id=organization, name="Payments", created_at=NOW)
        )
        condition = {"key": "plan", "value": "pro", "operator": "exact", "type": "event"}
        filters = {"type": "AND", "values": [condition]}
        for kind, more in (
            ("assignment", {"assignee": Assignee(role_id=role)}),
            ("severity", {"severity": "critical"}),
        ):
            write_rule(connection, three.line.project, StoredRule(three.make_id(), kind, 0, filters, NOW, NOW, **more))
    three.throw("a", "b", "c")
    three.throw("d", properties={"plan": "pro"})
    three.upkeep(at=300)

    (issue,) = [row for row in three.line.rows(tables.issues) if row.name == "d"]
    assert issue.severity == "critical"
    assert [(row.issue_id, row.role_id) for row in three.line.rows(tables.assignments)] == [(issue.id, role)]


def test_a_batch_that_runs_again_is_charged_once(three, monkeypatch):
    class Kill(BaseException):
        pass

    def dies(_rows):
        raise Kill

    entries = [Entry(1, [three.event(name) for name in "abcde"], writer="w")]
    with monkeypatch.context() as patch:
        patch.setattr(three.line.store, "insert_events", dies, raising=False)
        with pytest.raises(Kill):
            three.line.pipeline.run(entries)
    three.line.pipeline = three.new_pipeline()

    three.line.pipeline.run(entries)

    assert three.issues() == ["a", "b", "c"]
    assert three.waiting() == 2
    assert three.upkeep(at=200) == 1


def test_nodes_share_the_budget(three):
    other = three.new_pipeline()
    three.throw("a", "b")
    other.run([Entry(1, [three.event(name) for name in "cde"], writer="other")])

    assert three.issues() == ["a", "b", "c"]


def test_an_issues_limit_does_not_concern_what_has_no_issue(three):
    from mothlight.storage.metadata.repositories.settings import update_settings

    with writing(three.line.engine) as connection:
        update_settings(connection, three.line.project, {"per_issue_rate_limit_value": 1})

    assert three.throw("a", "b", "c", "d", "d", "d").stored == 6
