"""`{kind}_rules/preview/`: what a rule would have done, told before it does anything."""

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.functional.api.conftest import error
from tests.support.received import exception, received

PAY = {"key": "$exception_types", "value": "PayError", "operator": "exact", "type": "event"}
PRO = {"key": "plan", "value": "pro", "operator": "exact", "type": "event"}


def filters(*conditions):
    return {"type": "AND", "values": list(conditions)}


def add(triage, kind, *conditions, **more):
    # Of equal places the older rule comes first.
    triage.api.hands.moment += timedelta(seconds=1)
    return triage.ok("POST", f"{kind}_rules/", json={"filters": filters(*conditions), **more})["id"]


@pytest.fixture
def shop(triage):
    """Three issues: 4 PayErrors (2 of them pro), 2 TypeErrors (both pro), 1 with a fingerprint of its own (pro)."""
    moment = triage.api.hands.now()

    def send(type_, plan, user, **more):
        nonlocal moment
        moment += timedelta(seconds=1)
        properties = {"plan": plan, "$exception_list": [exception(type_, value=plan)], **more}
        triage.process(received(triage.project, properties, distinct_id=user, timestamp=moment, received_at=moment))

    for number in range(4):
        send("PayError", "pro" if number < 2 else "free", f"user-{number}")
    send("TypeError", "pro", "user-0")
    send("TypeError", "pro", "user-9")
    send("PayError", "pro", "user-0", **{"$exception_fingerprint": "mine"})
    triage.api.hands.moment = moment + timedelta(minutes=1)
    return triage


def preview(triage, kind, **asked):
    triage.api.hands.moment += timedelta(seconds=1)
    before = triage.state(), triage.changes(), triage.figures()
    answer = triage.ok("POST", f"{kind}_rules/preview/", json=asked)
    assert (triage.state(), triage.changes(), triage.figures()) == before
    return answer


def names(answer):
    return [(issue["name"], issue["events"], issue["of"]) for issue in answer["issues"]]


def test_a_new_suppression_rule_would_have_dropped(shop):
    answer = preview(shop, "suppression", rule={"filters": filters(PRO)})

    assert answer["events"] == 7
    assert answer["matched"] == answer["affected"] == {"events": 5, "users": 3, "issues": 3}
    assert answer["dropped"] == 5
    assert sorted(names(answer)) == [("PayError", 1, 1), ("PayError", 2, 4), ("TypeError", 2, 2)]
    assert [each["message"] for each in answer["examples"]] == ["pro"] * 5
    assert answer["examples"][0]["type"] == "PayError"


def test_a_share_is_dropped_by_the_uuids_of_events(shop):
    answer = preview(shop, "suppression", rule={"filters": filters(PRO), "sampling_rate": 0.0})

    assert (answer["matched"]["events"], answer["dropped"]) == (0, 0)


def test_what_an_earlier_rule_takes_does_not_come_to_a_later_one(shop):
    first = add(shop, "suppression", PAY)
    answer = preview(shop, "suppression", rule={"filters": filters(PRO)})
    assert (answer["matched"]["events"], answer["affected"]["events"]) == (5, 2)

    shop.ask("PATCH", "suppression_rules/reorder/", json={"orders": {first: 1}})
    answer = preview(shop, "suppression", rule={"filters": filters()})
    assert answer["affected"]["events"] == 7
    (rule, other) = sorted(answer["rules"], key=lambda each: each["id"] == first)
    assert other == {"id": first, "matched": 5, "before": 5, "after": 0, "no_longer_reached": True}
    assert (rule["before"], rule["after"], rule["no_longer_reached"]) == (0, 7, False)


def test_a_grouping_rule_would_have_joined_and_split_issues(shop):
    answer = preview(shop, "grouping", rule={"filters": filters(PRO)})

    # The event with a fingerprint of its own is none of the rule's.
    assert answer["affected"] == {"events": 4, "users": 3, "issues": 2}
    assert answer["grouping"] == {"joined": 2, "split": 1, "emptied": 1, "leaving": 0}


def test_another_form_of_a_grouping_rule_says_which_events_leave_its_issue(shop):
    rule = add(shop, "grouping", PAY)
    shop.capture(None, users=3, plan="free")
    answer = preview(shop, "grouping", replaces=rule, rule={"filters": filters(PRO)})
    assert answer["grouping"]["leaving"] == 3
    gone = preview(shop, "grouping", replaces=rule)
    assert gone["grouping"]["leaving"] == 3
    assert gone["rules"] == []


def test_an_assignment_rule_says_who_would_have_got_which_issues(shop):
    owner = {"type": "user", "id": shop.api.cast.owner.user.id}
    answer = preview(shop, "assignment", rule={"filters": filters(PRO), "assignee": owner})
    assert answer["assignment"] == {
        "issues": 3,
        "kept": 0,
        "shares": [{"assignee": owner, "severity": None, "issues": 3}],
    }

    shop.assign(answer["issues"][0]["id"], owner)
    free = {"key": "plan", "value": "free"}
    assert preview(shop, "assignment", rule={"filters": filters(PRO), "assignee": owner})["assignment"]["kept"] == 1
    # The first event of an issue decides.
    assert preview(shop, "assignment", rule={"filters": filters(free), "assignee": owner})["assignment"]["issues"] == 0


def test_a_severity_rule_says_how_bad_issues_would_have_been(shop):
    shop.capture("told", **{"$issue_severity": "LOW"})
    answer = preview(shop, "severity", rule={"filters": filters(), "severity": "high"})

    assert answer["severity"]["shares"] == [{"assignee": None, "severity": "high", "issues": 3}]


def test_a_bypass_rule_says_how_many_events_no_limit_would_have_held(shop):
    assert preview(shop, "bypass", rule={"filters": filters(PRO)})["bypassed"] == 5


def test_an_order_says_which_rules_decide_about_other_events(shop):
    one, two = add(shop, "suppression", PRO), add(shop, "suppression", PAY)
    shop.ask("PATCH", "suppression_rules/reorder/", json={"orders": {two: 1}})
    answer = preview(shop, "suppression", orders={two: -1})

    assert answer["affected"]["events"] == 3
    rules = {rule["id"]: (rule["before"], rule["after"]) for rule in answer["rules"]}
    assert rules == {one: (5, 2), two: (2, 5)}


def test_a_deletion_says_what_the_rule_decided_about(shop):
    one = add(shop, "suppression", PRO)
    add(shop, "suppression", PAY)
    answer = preview(shop, "suppression", replaces=one)

    assert answer["affected"]["events"] == 5
    assert [(rule["before"], rule["after"]) for rule in answer["rules"]] == [(2, 5)]


def test_a_disabled_rule_is_tried_as_if_it_were_saved(shop):
    rule = add(shop, "suppression", PRO)

    assert preview(shop, "suppression", replaces=rule, rule={})["affected"]["events"] == 5


def test_only_events_of_the_range_count(shop):
    answer = preview(shop, "suppression", rule={}, dateRange={"date_from": "-30s"})

    assert (answer["events"], answer["issues"]) == (0, [])


@pytest.mark.parametrize(
    ("asked", "status", "detail"),
    [
        ({}, 400, "Name a rule, one that is replaced, or orders."),
        ({"rule": {"filters": []}}, 400, "Expected an object."),
        ({"rule": {}, "replaces": "x"}, 400, "Must be a valid UUID."),
        ({"rule": {}, "replaces": str(uuid4())}, 404, "Not found."),
        ({"replaces": str(uuid4())}, 404, "Not found."),
        ({"orders": [1]}, 400, "Invalid data. Expected a dictionary, but got list."),
    ],
)
def test_what_cannot_be_tried_is_refused(triage, asked, status, detail):
    answer = error(triage.ask("POST", "suppression_rules/preview/", json=asked))

    assert (answer.status, answer.detail) == (status, detail)
