"""Rules on events that go through the pipeline (pipeline 6)."""

import os

import msgspec
import pytest
import sqlalchemy as sa

from mothlight.issues import project_rules
from mothlight.issues.journal import Author
from mothlight.kit.ids import id_maker
from mothlight.model.errors import Unavailable
from mothlight.storage.metadata import tables
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories.issues import Assignee
from mothlight.storage.metadata.repositories.rules import StoredRule, list_rules
from tests.functional.pipeline.conftest import USER
from tests.support.received import exception, later

PAY = {"key": "$exception_types", "value": "PayError", "operator": "exact", "type": "event"}
PRO = {"key": "plan", "value": "pro", "operator": "exact", "type": "event"}


class Rules:
    """Rules of the line's project, made as people make them."""

    def __init__(self, line):
        self.line = line
        self.make_id = id_maker(line.clock, os.urandom)

    def add(self, kind, *conditions, **more):
        filters = more.pop("filters", {"type": "AND", "values": list(conditions)})
        order = more.pop("order_key", 0)
        rule = StoredRule(self.make_id(), kind, order, filters, self.line.now, self.line.now, **more)
        with writing(self.line.engine) as connection:
            project_rules.add_rule(connection, self.author, rule)
        return rule

    @property
    def author(self):
        return Author(self.line.project, USER, self.line.now, self.make_id)

    def stored(self):
        with reading(self.line.engine) as connection:
            return {rule.id: rule for rule in list_rules(connection, self.line.project)}


@pytest.fixture
def rules(line):
    return Rules(line)


def assignees(line):
    return [(row.user_id, row.role_id) for row in line.rows(tables.assignments)]


def fingerprints(line):
    return sorted(row.fingerprint for row in line.rows(tables.fingerprints))


# Grouping


def test_the_first_grouping_rule_that_matches_names_the_issue(line, rules):
    second = rules.add("grouping", PAY, order_key=2)
    first = rules.add("grouping", PRO, order_key=1)
    line.run(
        line.event({"plan": "pro"}),
        line.event({"plan": "pro", "$exception_list": [exception("OtherError")]}),
        line.event({"plan": "free"}),
        line.event({"plan": "free", "$exception_list": [exception("OtherError")]}),
        line.event({"plan": "pro", "$exception_fingerprint": "mine"}),
    )

    rule_fingerprints = {f"custom-rule:{first.id}", f"custom-rule:{second.id}"}
    assert rule_fingerprints < set(fingerprints(line))
    assert "mine" in fingerprints(line)
    assert sorted(row.aggregations.occurrences for row in line.list()) == [1, 1, 1, 2]
    keys = {row.fingerprint_version: row.record for row in line.rows(tables.grouping_keys) if len(row.record) == 1}
    assert {"type": "custom", "rule_id": str(first.id)} in [row.record[0] for row in line.rows(tables.grouping_keys)]
    assert None in keys


def test_the_issue_of_a_grouping_rule_begins_with_its_first_event_and_has_its_assignee(line, rules):
    user, other = line.user(), line.user()
    rules.add("assignment", assignee=Assignee(user_id=other))
    rules.add("grouping", PAY, assignee=Assignee(user_id=user))

    line.run(line.event({"$exception_list": [exception(value="first")]}), line.event())

    assert (line.issue.name, line.issue.description) == ("PayError", "first")
    assert assignees(line) == [(user, None)]


def test_grouping_rules_see_frames_and_no_fingerprint(line, rules):
    rules.add("grouping", {"key": "$exception_functions", "value": "pay", "operator": "exact"},
              {"key": "$exception_sources", "value": "pay.py", "operator": "icontains"},
              {"key": "$exception_fingerprint", "operator": "is_not_set"})  # fmt: skip

    line.run(line.event(), line.event({"$exception_list": [exception("OtherError")]}))

    assert [row.aggregations.occurrences for row in line.list()] == [2]


# Suppression


def test_a_suppressed_event_neither_begins_nor_reopens_an_issue(line, rules):
    line.run(line.event())
    line.change(status="resolved")
    rules.add("suppression", PAY)

    outcome = line.run(line.event(timestamp=later(60)), line.event({"$exception_list": [exception("OtherError")]}))

    assert (outcome.stored, outcome.dropped) == (1, {"suppressed_by_rule": 1})
    assert sorted(row.status for row in line.rows(tables.issues)) == ["active", "resolved"]


def test_what_sampling_keeps_goes_on_to_later_rules(line, rules):
    rules.add("suppression", sampling_rate=0.0, order_key=0)
    rules.add("suppression", PRO, order_key=1)

    outcome = line.run(line.event({"plan": "pro"}), line.event({"plan": "free"}))

    assert (outcome.stored, outcome.dropped) == (1, {"suppressed_by_rule": 1})


def test_half_of_the_events_are_dropped_and_the_same_each_time(line, rules):
    rules.add("suppression", sampling_rate=0.5)
    events = [line.event() for _ in range(200)]
    outcome = line.run(*events)

    half = sum(event.uuid.int % 10_000 < 5_000 for event in events)
    assert outcome.dropped == {"suppressed_by_rule": half}


@pytest.mark.parametrize("manual", ["mine", None])
def test_suppression_rules_see_the_chosen_fingerprint_of_new_and_known_events(line, rules, manual):
    properties = {} if manual is None else {"$exception_fingerprint": manual}
    line.run(line.event(properties))
    (chosen,) = fingerprints(line)
    rules.add("suppression", {"key": "$exception_fingerprint", "value": chosen})
    other = line.event({"$exception_fingerprint": "new"})
    rules.add("suppression", {"key": "$exception_fingerprint", "value": "new"})

    assert line.run(line.event(properties), other).dropped == {"suppressed_by_rule": 2}


# Assignment and severity


def test_a_new_issue_gets_assignee_and_severity_of_the_first_rules(line, rules):
    user = line.user()
    rules.add("assignment", PRO, assignee=Assignee(user_id=line.user()), order_key=0)
    rules.add("assignment", {"key": "name", "value": "PayError", "type": "error_tracking_issue"},
              {"key": "$exception_issue_id", "operator": "is_set"},
              assignee=Assignee(user_id=user), order_key=1)  # fmt: skip
    rules.add("severity", PAY, severity="critical")

    line.run(line.event({"$exception_level": "info"}))

    assert line.issue.severity == "critical"
    assert assignees(line) == [(user, None)]
    (announced,) = line.rows(tables.announcements)
    assert announced.assignee == {"type": "user", "id": user}


@pytest.mark.parametrize(("sent", "severity"), [("Low", "low"), ("awful", "critical")])
def test_a_severity_that_the_client_sent_goes_before_rules(line, rules, sent, severity):
    rules.add("severity", severity="critical")

    line.run(line.event({"$issue_severity": sent}))

    assert line.issue.severity == severity


def test_an_issue_that_comes_back_is_assigned_unless_it_is_already(line, rules):
    line.run(line.event(), line.event({"$exception_fingerprint": "other"}))
    with writing(line.engine) as connection:
        connection.execute(sa.update(tables.issues).where(tables.issues.c.project_id == line.project)
                           .values(status="resolved", states=None, resolved_at=line.now))  # fmt: skip
    user = line.user()
    rules.add("assignment", assignee=Assignee(user_id=user))
    line.run(line.event(timestamp=later(5), received_at=later(5)))
    assert assignees(line) == [(user, None)]

    rules.add("assignment", assignee=Assignee(user_id=line.user()), order_key=-1)
    with writing(line.engine) as connection:
        connection.execute(sa.update(tables.issues).where(tables.issues.c.project_id == line.project)
                           .values(status="resolved", states=None, resolved_at=line.now))  # fmt: skip
    line.run(line.event(timestamp=later(9), received_at=later(9)))
    assert assignees(line) == [(user, None)]


def test_nobody_is_assigned_who_is_gone_and_the_rule_still_ends_the_search(line, rules):
    rules.add("assignment", assignee=None, order_key=0)
    rules.add("assignment", assignee=Assignee(user_id=line.user()), order_key=1)
    line.run(line.event())
    stranger = line.user(member=False)
    rules.add("assignment", assignee=Assignee(user_id=stranger), order_key=-1)
    line.run(line.event({"$exception_fingerprint": "other"}))

    assert assignees(line) == []


# Bypass


def test_bypass_rules_say_which_events_no_limit_holds(line, rules):
    asked = []
    store_event = line.pipeline._store_event
    make_rows = store_event.make_rows

    def asking(batch):
        asked.extend(line.pipeline._rules.is_bypassed(item) for item in batch.items)
        return make_rows(batch)

    store_event.make_rows = asking
    rules.add("bypass", PRO, {"key": "$exception_issue_id", "operator": "is_set"},
              {"key": "$exception_fingerprint", "operator": "is_set"})  # fmt: skip
    line.run(line.event({"plan": "pro"}), line.event({"plan": "free"}))

    assert asked == [True, False]


# Errors and changes


def test_a_rule_that_cannot_be_evaluated_is_disabled_and_the_others_go_on(line, rules):
    broken = rules.add("suppression", filters={"type": "AND", "values": [{"key": "plan", "operator": "odd"}]})
    awful = rules.add("severity", severity="awful")
    rules.add("severity", severity="low", order_key=1)

    outcome = line.run(line.event({"plan": "pro"}))

    assert (outcome.stored, line.issue.severity) == (1, "low")
    reason = rules.stored()[broken.id].disabled_data
    assert reason["message"] == "Refused: Invalid filters payload."
    assert reason["props"]["plan"] == "pro"
    severity = rules.stored()[awful.id].disabled_data
    assert severity.keys() == {"message", "properties", "issue"}
    with writing(line.engine) as connection:
        project_rules.change_rule(connection, rules.author, "severity", awful.id, {"severity": "high"})
    assert rules.stored()[awful.id].disabled_data is not None
    with writing(line.engine) as connection:
        project_rules.change_rule(connection, rules.author, "severity", awful.id, {"filters": awful.filters})
    assert rules.stored()[awful.id].disabled_data is None


def test_a_change_counts_from_the_next_batch_on_for_every_node(line, rules):
    other = line.new_pipeline()
    line.run(line.event())
    rule = rules.add("suppression", PAY)
    assert line.run(line.event()).dropped == {"suppressed_by_rule": 1}

    with writing(line.engine) as connection:
        project_rules.remove_rule(connection, rules.author, "suppression", rule.id)
    line.pipeline = other
    assert line.run(line.event()).dropped == {}


def test_rules_are_those_of_the_events_project(line, rules):
    rules.add("suppression")
    other = msgspec.structs.replace(line.event(), project_id=line.other_project())

    assert line.run(other, line.event()).dropped == {"suppressed_by_rule": 1}


def test_a_broken_rule_stands_in_no_other_rules_way_for_a_whole_batch(line, rules):
    rules.add("suppression", filters={"type": "AND", "values": [{"key": "plan", "operator": "odd"}]})
    rules.add("suppression", PRO, order_key=1)

    outcome = line.run(*(line.event({"plan": plan}) for plan in ("pro", "free", "pro")))

    assert (outcome.stored, outcome.dropped) == (1, {"suppressed_by_rule": 2})


def test_a_store_that_is_away_is_no_fault_of_the_rule_that_asks_it(line, rules):
    rule = rules.add("suppression", {"key": "$exception_functions", "value": "pay", "operator": "exact"})
    pipeline, event = line.pipeline, line.event()

    def away(*_):
        raise Unavailable("away")

    stack_of, pipeline._rules._stack_of = pipeline._rules._stack_of, away
    with pytest.raises(Unavailable):
        line.run(event)
    assert rules.stored()[rule.id].disabled_data is None

    pipeline._rules._stack_of = stack_of
    assert line.run(event).dropped == {"suppressed_by_rule": 1}
