"""Alerts that count stored events, and previews of all alerts: what they say is what happens."""

import random
from collections import Counter
from datetime import timedelta

import pytest

from mothlight.alerts.preview import preview
from mothlight.alerts.triggers import TRIGGERS
from mothlight.issues.change import NewValues, change_issue
from mothlight.issues.journal import Author
from mothlight.storage.metadata import tables
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories.alerts import find_alert
from mothlight.storage.metadata.repositories.changes import Actor
from tests.support.received import NOW


def happen(office, times, *, type_="PayError", users=1, **properties):
    """So many events now, by so many users."""
    known = {"$exception_list": [{"type": type_, "value": ""}], "$exception_fingerprint": type_, **properties}
    moment = {"received_at": office.now, "timestamp": office.now}
    events = [office.line.event(known, distinct_id=f"user-{n % users}", **moment) for n in range(times)]
    office.line.run(*events)


def figures(web):
    return [message["events"][0]["properties"] for message in web.messages]


def test_an_alert_speaks_when_enough_events_come_within_its_time_and_not_while_it_stays_so(office, web):
    office.alert("occurrences", office.channel(web.url), threshold=5, window_minutes=3, snooze_minutes=1)
    for times in (2, 2, 0, 2, 2, 3, 4):
        if times:
            happen(office, times)
        office.work()
        office.wait(minutes=1)
    office.work()

    (properties,) = figures(web)
    assert (properties["threshold"], properties["window_minutes"], properties["name"]) == (5, 3, "PayError")
    assert properties["count"] == 7


def test_late_events_count_and_tell_once(office, web):
    office.alert("occurrences", office.channel(web.url), threshold=4, window_minutes=5)
    happen(office, 3)
    office.work()
    office.wait(minutes=4)
    moment = {"received_at": office.now - timedelta(minutes=3), "timestamp": office.now}
    late = {"$exception_list": [{"type": "PayError", "value": ""}], "$exception_fingerprint": "PayError"}
    office.line.run(office.line.event(late, **moment))
    for _ in range(3):
        office.work()
        office.wait(minutes=1)

    assert [each["count"] for each in figures(web)] == [4]


def test_users_are_counted_once(office, web):
    office.alert("users", office.channel(web.url), threshold=3, window_minutes=10)
    happen(office, 20, users=2)
    office.work()
    office.wait(minutes=1)
    assert web.messages == []

    happen(office, 3, users=3)
    office.work()
    assert [each["count"] for each in figures(web)] == [3]


def test_milestones_are_told_once_each_over_all_time(office, web):
    happen(office, 5)
    office.wait(minutes=1)
    office.alert("milestone", office.channel(web.url), snooze_minutes=1)
    for times in (4, 1, 30, 60, 5):
        happen(office, times)
        office.work()
        office.wait(minutes=2)

    assert [(each["milestone"], each["count"]) for each in figures(web)] == [(10, 10), (100, 100)]


def test_only_events_that_meet_the_conditions_count(office, web):
    filters = [{"key": "plan", "value": "pro", "operator": "exact", "type": "event"}]
    office.alert(
        "occurrences",
        office.channel(web.url),
        threshold=3,
        window_minutes=5,
        filters=filters,
        environments=["production"],
    )
    happen(office, 5, plan="free", **{"$environment": "production"})
    happen(office, 5, plan="pro", **{"$environment": "staging"})
    happen(office, 2, plan="pro", **{"$environment": "production"})
    office.work()
    office.wait(minutes=1)
    assert web.messages == []

    happen(office, 1, plan="pro", **{"$environment": "production"})
    office.work()
    assert [each["count"] for each in figures(web)] == [3]


def test_a_change_of_an_alert_counts_from_then_on(office, web):
    happen(office, 10)
    office.wait(minutes=1)
    office.alert("occurrences", office.channel(web.url), threshold=5, window_minutes=60)
    office.work()
    office.wait(minutes=1)
    office.work()

    assert web.messages == []


def test_events_are_counted_every_20_seconds(office, web):
    alert = office.alert("milestone", office.channel(web.url))

    def counted():
        with reading(office.engine) as connection:
            return find_alert(connection, office.line.project, alert.id).counted_until

    office.work()
    office.wait(seconds=19)
    office.work()
    assert counted() == NOW
    office.wait(seconds=1)
    office.work()
    assert counted() == office.now


@pytest.mark.parametrize("trigger", [name for name in TRIGGERS if name != "spiking"])
def test_what_a_preview_says_is_what_was_sent(office, web, trigger):
    chance = random.Random(trigger)
    filters = [{"key": "plan", "value": "pro", "operator": "exact", "type": "event"}]
    numbers = {"threshold": 3, "window_minutes": 4} if TRIGGERS[trigger].has_threshold else {}
    alert = office.alert(trigger, office.channel(web.url), filters=filters, snooze_minutes=3, **numbers)
    start = office.now
    for minute in range(30):
        for _ in range(chance.choice((0, 1, 1, 4))):
            type_ = f"Error{chance.randrange(25)}"
            plan = chance.choice(("pro", "pro", "free"))
            happen(office, chance.randrange(1, 4), type_=type_, users=3, plan=plan)
        office.work()
        if trigger == "reopened" and minute % 3 == 2:
            resolve_all(office)
        office.wait(minutes=1)
    for _ in range(7):
        office.work()
        office.wait(minutes=1)

    found = preview(office.engine, office.line.store, alert, start, office.now, office.now)
    # Of one moment the messages come in any order.
    sent = Counter(frozenset(event["distinct_id"] for event in message["events"]) for message in web.messages)
    said = Counter(frozenset(str(each.issue_id) for each in message.told) for message in found.messages)
    assert said == sent
    assert len(web.messages) > 5


def resolve_all(office):
    for issue in office.line.rows(tables.issues):
        if issue.status == "active":
            with writing(office.engine) as connection:
                author = Author(office.line.project, Actor("user", "7"), office.now, office.make_id)
                change_issue(connection, author, issue.id, NewValues(status="resolved"))
    office.line.mirror.sync()
