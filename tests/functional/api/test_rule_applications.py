"""`{kind}_rules/{id}/apply/`: a rule done to stored events, as if they were sent again, and taken back."""

import os
import threading
from datetime import timedelta

import pytest

from mothlight.kit.ids import id_maker
from mothlight.rewind.applications import RuleApplications
from mothlight.storage.mirror import Mirror
from tests.functional.api.conftest import build, error
from tests.support.received import NOW, exception, received
from tests.support.triage import Triage

PRO = {"key": "plan", "value": "pro", "operator": "exact", "type": "event"}
FREE = {"key": "plan", "value": "free", "operator": "exact", "type": "event"}
ALL = {"dateRange": {"date_from": "all"}}


def filters(*conditions):
    return {"type": "AND", "values": list(conditions)}


class Past:
    """A project with stored events and rules that are applied to them."""

    def __init__(self, triage):
        self.triage = triage
        self.sent = []

    def send(self, *, project=None):
        """Seven events: of two types, of two plans, in two environments, one with a fingerprint of its own."""
        moment = self.triage.api.hands.now()
        rows = (
            ("PayError", "pro", "user-0", "staging", None),
            ("PayError", "pro", "user-1", "production", None),
            ("PayError", "free", "user-2", "production", None),
            ("PayError", "free", "user-3", "production", None),
            ("TypeError", "pro", "user-0", "production", None),
            ("TypeError", "pro", "user-9", "production", None),
            ("PayError", "pro", "user-0", "production", "mine"),
        )
        for type_, plan, user, environment, fingerprint in rows:
            moment += timedelta(seconds=1)
            properties = {
                "plan": plan,
                "environment": environment,
                "$session_id": f"session of {user}",
                "$exception_list": [exception(type_, value=plan)],
                **({} if fingerprint is None else {"$exception_fingerprint": fingerprint}),
            }
            event = received(self.triage.project, properties, distinct_id=user, timestamp=moment, received_at=moment)
            self.triage.process(event)
        self.triage.api.hands.moment = moment + timedelta(seconds=1)

    def add(self, kind, *conditions, **more):
        self.triage.api.hands.moment += timedelta(seconds=1)
        body = {"filters": filters(*conditions), **more}
        return self.triage.ok("POST", f"{kind}_rules/", json=body)["id"]

    def worker(self):
        clock = self.triage.api.hands.now
        engine, events = self.triage.engine, self.triage.api.events
        return RuleApplications(engine, events, Mirror(engine, events), clock, id_maker(clock, os.urandom))

    def apply(self, kind, rule, **asked):
        asked = asked or ALL
        made = self.triage.ok("POST", f"{kind}_rules/{rule}/apply/", json=asked)
        assert made["status"] == "waiting"
        worker = self.worker()
        while worker.work():
            pass
        found = self.triage.ok("GET", f"{kind}_rules/{rule}/apply/")["results"]
        return next(each for each in found if each["id"] == made["id"])

    def undo(self, application):
        return self.triage.ok("POST", f"changes/{application['change']}/undo/")

    def figures(self):
        """Every public figure of each issue, by name and number of events, without ids."""
        body = {
            "dateRange": {"date_from": "all", "date_to": "2030-01-01"},
            "status": "all",
            "filterTestAccounts": False,
            "limit": 100,
            "volumeResolution": 3,
        }
        listed = self.triage.ok("POST", "query/issues/", json=body)["results"]
        found = []
        for row in listed:
            asked = {"issueId": row["id"], "dateRange": body["dateRange"], "filterTestAccounts": False}
            one = self.triage.ok("POST", "query/issue/", json=asked)
            events = self.triage.ok("POST", "query/issue_events/", json={**asked, "limit": 20})["results"]
            environments = {
                each["name"]: (each["status"], each["first_seen"], each["last_seen"], each["occurrences"])
                for each in self.triage.ok("GET", f"issues/{row['id']}/")["environments"]
            }
            # Of which issue they are is compared by all else.
            same = [{**each, "id": None} for each in (row, one)]
            found.append((same, sorted(event["uuid"] for event in events), environments))
        return sorted(found, key=str)


class Other(Triage):
    """Another project of the owner's."""

    def __init__(self, triage):
        super().__init__(triage.api, triage.reader)
        self.project = triage.api.cast.add_project("Fresh").id

    def ask(self, method, path, **request):
        return self.api.tracking(method, path, project=self.project, **request)


@pytest.fixture
def api(cast, hands, request):
    """Each pair of stores: SQLite with the embedded store, PostgreSQL with the one over HTTP."""
    name = "embedded_store" if cast.engine.dialect.name == "sqlite" else "server_store"
    return build(cast, hands, request.getfixturevalue(name))


@pytest.fixture
def past(triage):
    made = Past(triage)
    made.send()
    return made


def names(past):
    return sorted((each.name, each.occurrences, each.users) for each in past.triage.figures().values())


def test_a_grouping_rule_moves_the_events_that_it_matches(past):
    rule = past.add("grouping", PRO)
    before, state = past.figures(), past.triage.state()

    done = past.apply("grouping", rule)

    assert (done["status"], done["events"], done["moved"], done["failure"]) == ("done", 4, 4, None)
    assert names(past) == [("PayError", 1, 1), ("PayError", 2, 2), ("PayError", 4, 3)]
    owner = past.triage.owner(f"custom-rule:{rule}")
    assert past.triage.ok("GET", f"issues/{owner}/")["first_seen"] == "2026-04-24T12:00:01Z"
    (entry,) = past.triage.changes(kind="rule_applied")
    assert (entry["id"], entry["undoable"]) == (done["change"], True)
    assert entry["summary"] == "Applied a grouping rule to 4 stored events"

    past.undo(done)

    assert past.figures() == before
    assert past.triage.state() == state
    assert past.triage.changes()[0]["summary"] == "Took back: applied a grouping rule to 4 stored events"


@pytest.mark.parametrize(
    ("kind", "conditions"),
    [("grouping", (PRO,)), ("grouping", (FREE,)), ("grouping", ({"key": "$exception_types", "value": "TypeError"},)),
     ("suppression", (PRO,)), ("suppression", (FREE,)), ("suppression", ())],
)  # fmt: skip
def test_applying_is_as_sending_again(past, kind, conditions):
    """Into a project that has the rule."""
    past.apply(kind, past.add(kind, *conditions))
    applied = past.figures()

    fresh = Past(Other(past.triage))
    fresh.add(kind, *conditions)
    past.triage.api.hands.moment = NOW
    fresh.send()

    assert _without_uuids(applied) == _without_uuids(fresh.figures())


def test_a_suppression_rule_hides_events_from_every_figure_and_deletes_none(past):
    rule = past.add("suppression", PRO)
    before, state = past.figures(), past.triage.state()

    done = past.apply("suppression", rule)

    assert (done["status"], done["moved"]) == ("done", 5)
    assert names(past) == [("PayError", 2, 2)]
    past.undo(done)
    assert (past.figures(), past.triage.state()) == (before, state)
    # And again.
    again = past.apply("suppression", rule)
    assert (again["moved"], names(past)) == (5, [("PayError", 2, 2)])
    past.undo(again)
    assert past.figures() == before


def test_an_assignment_rule_gives_open_issues_that_are_nobodys_away(past):
    owner = {"type": "user", "id": past.triage.api.cast.owner.user.id}
    resolved = past.triage.owner("mine")
    past.triage.change(resolved, status="resolved")
    rule = past.add("assignment", PRO, assignee=owner)
    before = past.triage.state()

    done = past.apply("assignment", rule)

    assert (done["status"], done["issues"], done["moved"]) == ("done", 2, 0)
    assignees = sorted(str(each.assignee and each.assignee["id"]) for each in past.triage.figures().values())
    assert assignees == sorted(["None", str(owner["id"]), str(owner["id"])])
    past.undo(done)
    assert past.triage.state() == before


def test_only_the_range_is_touched_and_nothing_to_do_is_no_entry(past):
    rule = past.add("suppression", PRO)
    done = past.apply(
        "suppression", rule, dateRange={"date_from": "2026-04-24T12:00:02Z", "date_to": "2026-04-24T12:00:05Z"}
    )
    assert done["moved"] == 2

    nothing = past.apply("suppression", past.add("suppression", {"key": "plan", "value": "none"}))
    assert (nothing["status"], nothing["moved"], nothing["change"]) == ("done", 0, None)


def test_earlier_rules_go_first(past):
    past.add("suppression", {"key": "$exception_types", "value": "PayError"})
    rule = past.add("suppression", PRO)

    assert past.apply("suppression", rule)["moved"] == 2


def test_events_of_the_issue_of_a_rule_follow_what_people_do(past):
    rule = past.add("grouping", FREE)
    done = past.apply("grouping", rule)
    target = past.triage.owner("mine")
    past.triage.merge(target, past.triage.owner(f"custom-rule:{rule}"))
    assert names(past) == [("PayError", 2, 2), ("PayError", 3, 3), ("TypeError", 2, 2)]

    past.undo(done)

    assert names(past) == [("PayError", 1, 1), ("PayError", 4, 4), ("TypeError", 2, 2)]


@pytest.mark.parametrize("kind", ["bypass", "severity"])
def test_what_has_no_past_cannot_be_applied(past, kind):
    rule = past.add(kind, PRO, **({"severity": "low"} if kind == "severity" else {}))
    answer = error(past.triage.ask("POST", f"{kind}_rules/{rule}/apply/", json={}))

    assert (answer.status, answer.detail.endswith("it has no past.")) == (400, True)


def test_only_so_many_wait_at_a_time(past):
    rule = past.add("suppression", PRO)
    for _ in range(20):
        past.triage.ok("POST", f"suppression_rules/{rule}/apply/", json={})

    answer = error(past.triage.ask("POST", f"suppression_rules/{rule}/apply/", json={}))
    assert (answer.status, answer.detail) == (400, "20 rules wait to be applied already.")


def test_an_undo_is_not_undone_but_applied_again(past):
    done = past.apply("suppression", past.add("suppression", PRO))
    undone = past.undo(done)
    answer = error(past.triage.ask("POST", f"changes/{undone['id']}/undo/", json={}))

    assert (answer.status, answer.detail) == (
        400,
        "What was taken back of an applied rule comes again by applying it again.",
    )


@pytest.mark.parametrize("step", ["after the metadata", "copied out", "deleted", "half in"])
@pytest.mark.parametrize("kind", ["grouping", "suppression"])
def test_a_node_that_dies_in_the_middle_leaves_the_rest_to_the_next(past, monkeypatch, kind, step):
    rule = past.add(kind, PRO)
    past.triage.ok("POST", f"{kind}_rules/{rule}/apply/", json=ALL)
    store = past.triage.api.events
    command, done = store._command, []

    class Died(BaseException):
        """As if the process were killed."""

    def dying(statement, parameters):
        stage = ["after the metadata", "copied out", "deleted", "half in"].index(step)
        if len(done) == stage:
            raise Died
        done.append(statement)
        return command(statement, parameters)

    monkeypatch.setattr(store, "_command", dying)
    with pytest.raises(Died):
        past.worker().work()
    monkeypatch.setattr(store, "_command", command)
    worker = past.worker()
    while worker.work():
        pass

    (application,) = past.triage.ok("GET", f"{kind}_rules/{rule}/apply/")["results"]
    assert (application["status"], application["moved"]) == ("done", 4 if kind == "grouping" else 5)
    expected = {
        "grouping": [("PayError", 1, 1), ("PayError", 2, 2), ("PayError", 4, 3)],
        "suppression": [("PayError", 2, 2)],
    }
    assert names(past) == expected[kind]
    (moving,) = store.query(
        past.triage.project, "SELECT count() FROM moving_events WHERE project_id = {project:UInt32}"
    )
    assert moving == (0,)
    (rows,) = store.query(
        past.triage.project, "SELECT count(), uniqExact(uuid) FROM events WHERE project_id = {project:UInt32}"
    )
    assert rows == (7, 7)


def test_events_of_a_deleted_grouping_rule_go_where_they_would_be_without_it(past):
    """Those that came while there was the rule, and those that it was applied to."""
    without = Past(Other(past.triage))
    past.triage.api.hands.moment = NOW
    without.send()
    ruled = Past(Other(past.triage))
    rule = ruled.add("grouping", PRO)
    past.triage.api.hands.moment = NOW
    ruled.send()
    past.apply("grouping", past.add("grouping", PRO))
    first = past.triage.ok("GET", "grouping_rules/")["results"][0]["id"]

    for each, rule_id in ((ruled, rule), (past, first)):
        before, state = each.figures(), each.triage.state()
        each.triage.ask("DELETE", f"grouping_rules/{rule_id}/")
        done = each.apply("grouping", rule_id, **ALL, backwards=True)

        assert (done["status"], done["moved"], done["backwards"]) == ("done", 4, True)
        assert _without_uuids(each.figures()) == _without_uuids(without.figures())
        each.undo(done)
        assert (each.figures(), each.triage.state()) == (before, state)


def test_events_of_a_deleted_rule_go_to_another_rule_that_matches(past):
    rule = past.add("grouping", PRO)
    past.apply("grouping", rule)
    other = past.add("grouping", {"key": "$exception_types", "value": "TypeError"})
    past.triage.ask("DELETE", f"grouping_rules/{rule}/")

    past.apply("grouping", rule, **ALL, backwards=True)

    assert past.triage.figures()[past.triage.owner(f"custom-rule:{other}")].occurrences == 2
    assert names(past) == [("PayError", 1, 1), ("PayError", 4, 4), ("TypeError", 2, 2)]


def test_several_nodes_do_it_once(past):
    rule = past.add("grouping", PRO)
    past.triage.ok("POST", f"grouping_rules/{rule}/apply/", json=ALL)
    failed = []

    def node():
        worker = past.worker()
        try:
            for _ in range(20):
                worker.work()
        except Exception as problem:  # noqa: BLE001 - told by the test
            failed.append(problem)

    # A file of SQLite has one node.
    nodes = [threading.Thread(target=node) for _ in range(3 if past.triage.engine.dialect.name == "postgresql" else 1)]
    for thread in nodes:
        thread.start()
    for thread in nodes:
        thread.join()

    assert failed == []
    (application,) = past.triage.ok("GET", f"grouping_rules/{rule}/apply/")["results"]
    assert (application["status"], application["moved"]) == ("done", 4)
    assert len(past.triage.changes(kind="rule_applied")) == 1
    assert names(past) == [("PayError", 1, 1), ("PayError", 2, 2), ("PayError", 4, 3)]


def test_a_rule_that_fails_is_told_and_what_it_moved_can_be_taken_back(past, monkeypatch):
    rule = past.add("suppression", PRO)
    before = past.figures()
    past.triage.ok("POST", f"suppression_rules/{rule}/apply/", json=ALL)
    worker = past.worker()
    assert worker.work()

    def broken(*_):
        raise ValueError("a defect")

    monkeypatch.setattr("mothlight.rewind.applications.read_keys", broken)
    assert worker.work()
    (application,) = past.triage.ok("GET", f"suppression_rules/{rule}/apply/")["results"]
    assert (application["status"], application["failure"]) == ("failed", "ValueError: a defect")
    assert not worker.work()

    past.undo(application)
    assert past.figures() == before


def _without_uuids(figures):
    """And without descriptions: an issue keeps the words it began with, also when its first event leaves it."""
    found = [
        ([{**each, "description": None} for each in same], len(uuids), environments)
        for same, uuids, environments in figures
    ]
    return sorted(found, key=str)
