"""From what happens to an issue to a message that arrived: once, whatever fails in between."""

import hashlib
import hmac
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from mothlight.alerts.deliver import CLAIM, MOST_ATTEMPTS, pause_after
from mothlight.issues.announce import SPIKING, Announcement, Occasion, SpikeFigures, announce
from mothlight.storage.metadata import tables
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories.issues import load_issues


def resolve(office):
    office.line.change(status="resolved")


def test_a_new_issue_is_told_as_an_event_with_the_properties_of_the_error(office, web):
    channel = office.channel(web.url)
    alert = office.alert("created", channel)

    office.fail(**{"plan": "pro", "$environment": "production"})
    office.work()

    (message,) = web.messages
    (event,) = message["events"]
    issue = office.line.issue
    assert message["kind"] == "single"
    assert message["alert"] == {"id": str(alert.id), "name": "When created", "trigger": "created"}
    assert message["title"].endswith("PayError is new in production")
    assert (event["event"], event["distinct_id"]) == ("$error_tracking_issue_created", str(issue.id))
    assert event["url"] == f"https://errors.fernhill.example/projects/{office.line.project}/issues/{issue.id}"
    (announcement,) = office.line.rows(tables.announcements)
    assert event["uuid"] == str(announcement.id)
    properties = event["properties"]
    props = properties.pop("exception_props")
    assert properties == {
        "name": "PayError",
        "description": "declined",
        "status": "active",
        "severity": None,
        "fingerprint": "PayError",
        "exception_timestamp": "2026-04-24T12:00:00Z",
        "environment": "production",
    }
    assert props["plan"] == "pro"
    assert props["$exception_list"][0]["type"] == "PayError"
    assert props["$exception_issue_id"] == str(issue.id)
    assert [row.status for row in office.deliveries] == ["delivered"]


def test_an_issue_that_comes_back_is_told(office, web):
    office.alert("reopened", office.channel(web.url))
    office.fail()
    office.work()
    resolve(office)

    office.wait(minutes=1)
    office.fail()
    office.work()

    (message,) = web.messages
    assert message["events"][0]["event"] == "$error_tracking_issue_reopened"
    assert message["events"][0]["properties"]["status"] == "active"


def test_a_spike_is_told_with_its_figures(office, web):
    office.alert("spiking", office.channel(web.url))
    office.fail()
    issue = office.line.issue
    with writing(office.engine) as connection:
        (stored,) = load_issues(connection, office.line.project, [issue.id]).values()
        occasion = Occasion(office.line.project, UUID(int=5), office.now, "PayError")
        announce(connection, [Announcement(UUID(int=7), SPIKING, stored, occasion, office.now, SpikeFigures(2.0, 640))])

    office.work()

    (event,) = web.messages[0]["events"]
    assert (event["event"], event["uuid"]) == ("$error_tracking_issue_spiking", str(UUID(int=7)))
    figures = ("computed_baseline", "current_bucket_value")
    assert [event["properties"][name] for name in figures] == [2.0, 640]


def test_a_receiver_can_recompute_the_signature(office, web):
    channel = office.channel(web.url)
    office.alert("created", channel)
    office.fail()
    office.work()

    ((headers, body),) = web.taken
    time, signature = (part.partition("=")[2] for part in headers["mothlight-signature"].split(","))
    expected = hmac.new(channel.signing_secret.encode(), f"{time}.".encode() + body, hashlib.sha256).hexdigest()
    assert signature == expected
    assert int(time) == int(office.now.timestamp())
    (delivery,) = office.deliveries
    assert (headers["mothlight-delivery"], headers["mothlight-message"]) == (str(delivery.id), str(delivery.message_id))


def test_an_event_that_is_announced_twice_is_told_once(office, web):
    office.alert("created", office.channel(web.url))
    office.fail(uuid=UUID(int=3))
    office.fail(uuid=UUID(int=3))
    office.work()
    with writing(office.engine) as connection:
        # As if the transaction that settled it had been lost.
        connection.execute(sa.update(tables.announcements).values(due_at=office.now))
    office.work()

    assert len(web.messages) == 1


def test_what_was_before_the_alert_or_after_it_was_switched_off_is_not_told(office, web):
    office.fail("Before")
    office.wait(seconds=1)
    channel = office.channel(web.url)
    office.alert("created", channel, enabled=False)
    office.alert("created", channel)
    office.work()
    assert web.messages == []

    office.fail("After")
    office.work()
    assert [message["events"][0]["properties"]["name"] for message in web.messages] == ["After"]


def test_an_import_is_no_news(office, web):
    office.alert("created", office.channel(web.url))
    event = office.line.event({"$exception_list": [{"type": "Old", "value": ""}]}, historical=True)
    office.line.run(event)
    office.work()

    assert web.messages == []


def test_each_channel_of_an_alert_gets_the_message(office, web, mail):
    office.alert("created", office.channel(web.url), office.channel(mail.url, "Mira"))
    office.fail("KeyError")
    office.work()

    assert len(web.messages) == 1
    (got,) = mail.mails
    assert got["Subject"].endswith("KeyError is new")
    assert got["To"] == "mira@fernhill.example"
    text = got.get_body().get_content()
    assert "declined" in text
    assert f"/projects/{office.line.project}/issues/{office.line.issue.id}" in text


# What fails


def test_a_message_that_nobody_takes_is_tried_again_later_each_time_until_it_is_given_up(office, web):
    office.alert("created", office.channel(web.url))
    web.status = 503
    office.fail()
    office.work()
    pauses = []
    while (delivery := office.deliveries[0]).status == "waiting":
        pauses.append(delivery.due_at - office.now)
        office.wait(seconds=pauses[-1].total_seconds() - 1)
        office.work()
        assert len(web.seen) == len(pauses)
        office.wait(seconds=1)
        office.work()

    assert pauses == [pause_after(attempt) for attempt in range(1, MOST_ATTEMPTS)]
    assert pauses[0] == timedelta(seconds=10)
    assert (delivery.status, delivery.attempts, delivery.error) == ("dead", MOST_ATTEMPTS, "it answered 503")


def test_a_receiver_that_recovers_gets_the_message_once(office, web):
    office.alert("created", office.channel(web.url))
    web.status = 500
    office.fail()
    office.work()
    web.status = 204
    office.wait(seconds=10)
    office.work()
    office.wait(hours=1)
    office.work()

    assert len(web.messages) == 1
    (delivery,) = office.deliveries
    assert (delivery.status, delivery.attempts, delivery.error) == ("delivered", 2, None)


def test_a_redirect_is_not_followed(office, web):
    other = web.url.replace("/hook/", "/other/")
    office.alert("created", office.channel(web.url))
    web.status, web.location = 307, other
    office.fail()
    office.work()

    assert [path.split("/")[1] for path in web.seen] == ["hook"]
    (delivery,) = office.deliveries
    assert delivery.status == "waiting"
    assert "redirect" in delivery.error


def test_a_receiver_that_hangs_is_left_and_holds_up_no_other(office, web, monkeypatch):
    monkeypatch.setattr(office.alerting.deliver._webhooks._client, "bounds", _short_bounds())
    other = type(web)()
    try:
        web.hangs_seconds = 3
        office.alert("created", office.channel(web.url), office.channel(other.url))
        office.fail()
        office.work()

        assert len(other.messages) == 1
        hanging = next(row for row in office.deliveries if row.status == "waiting")
        assert hanging.error == "it did not answer in time"
    finally:
        other.stop()


def _short_bounds():
    from mothlight.outbound.client import Bounds

    return Bounds(seconds=0.3, connect_seconds=0.3, body_bytes=1000, redirects=0)


def test_a_private_address_gets_nothing_unless_it_is_allowed(office, web):
    strict = office.build(allow=())
    office.alert("created", office.channel(web.url))
    office.fail()
    office.work(strict)

    assert web.seen == []
    (delivery,) = office.deliveries
    assert (delivery.status, delivery.error) == ("dead", "127.0.0.1 is no public address")


def test_the_address_of_a_channel_stands_in_no_error(office, web):
    web.status = 500
    office.alert("created", office.channel(web.url))
    office.fail()
    office.work()
    web.stop()
    office.wait(minutes=1)
    office.work()

    (delivery,) = office.deliveries
    assert delivery.attempts == 2
    assert "secret-of-the-path" not in delivery.error


def test_a_channel_that_is_gone_ends_what_waits_for_it(office, web):
    channel = office.channel(web.url)
    office.alert("created", channel)
    office.fail()
    office.alerting.dispatch()
    with writing(office.engine) as connection:
        connection.execute(sa.delete(tables.alert_channels))
    office.alerting.deliver()

    assert [(row.status, row.error) for row in office.deliveries] == [("dead", "the channel was deleted")]


def test_a_defect_costs_one_message_and_no_other(office, web, monkeypatch):
    composer = office.alerting.deliver._composer
    compose = composer.compose

    def broken(delivery):
        if "Broken" in delivery.title:
            raise ZeroDivisionError
        return compose(delivery)

    monkeypatch.setattr(composer, "compose", broken)
    office.alert("created", office.channel(web.url))
    office.fail("Broken")
    office.fail("Fine")
    office.work()

    assert [message["title"].split("] ")[1] for message in web.messages] == ["Fine is new"]
    assert sorted(row.status for row in office.deliveries) == ["delivered", "waiting"]


# Several nodes, and nodes that die


def test_of_two_nodes_one_tells(office, web):
    other = office.build()
    office.alert("created", office.channel(web.url))
    office.fail()

    for alerting in (office.alerting, other):
        alerting.dispatch()
    for alerting in (office.alerting, other):
        alerting.deliver()

    assert len(web.messages) == 1
    assert len(office.firings) == 1


def test_what_a_node_claimed_and_did_not_send_another_sends_when_the_claim_ends(office, web):
    office.alert("created", office.channel(web.url))
    office.fail()
    office.alerting.dispatch()
    # A node takes it, and dies.
    office.alerting.deliver._claim()
    other = office.build()
    other.deliver()
    assert web.seen == []

    office.wait(seconds=CLAIM.total_seconds())
    other.deliver()
    assert len(web.messages) == 1


def test_a_node_that_comes_back_late_does_not_write_over_what_another_did(office, web):
    office.alert("created", office.channel(web.url))
    office.fail()
    office.alerting.dispatch()
    (claimed,) = office.alerting.deliver._claim()
    office.wait(seconds=CLAIM.total_seconds())
    office.build().deliver()
    web.status = 500

    office.alerting.deliver.send(claimed)

    assert [row.status for row in office.deliveries] == ["delivered"]


@pytest.mark.parametrize("stage", ["fire", "message"])
def test_a_crash_while_deciding_loses_nothing_and_tells_once(office, web, monkeypatch, stage):
    office.alert("created", office.channel(web.url))
    office.fail()
    names = {"fire": "settle_announcements", "message": "title_of"}
    with monkeypatch.context() as patch:
        patch.setattr(f"mothlight.alerts.dispatch.{names[stage]}", _die)
        with pytest.raises(RuntimeError):
            office.alerting.dispatch()
    assert office.deliveries == []

    office.work()
    office.work()
    assert len(web.messages) == 1


def _die(*_arguments):
    raise RuntimeError("killed")


# How many


def test_a_storm_of_one_issue_is_one_message(office, web):
    office.alert("created", office.channel(web.url))
    office.line.run(
        *(
            office.line.event({"$exception_list": [{"type": "Storm", "value": str(n)}], "$exception_fingerprint": "s"})
            for n in range(500)
        )
    )
    office.work()

    assert len(web.messages) == 1


def test_an_alert_tells_of_an_issue_at_most_once_in_its_snooze_time(office, web):
    office.alert("reopened", office.channel(web.url), snooze_minutes=30)
    for minute in range(4):
        office.fail()
        office.work()
        resolve(office)
        office.wait(minutes=1 if minute < 3 else 30)
    office.fail()
    office.work()

    assert len(web.messages) == 2


def test_many_issues_at_once_are_told_together(office, web):
    office.alert("created", office.channel(web.url))
    for number in range(8):
        office.fail(f"Error{number}")
    office.work()

    (message,) = web.messages
    assert (message["kind"], message["total"]) == ("digest", 8)
    assert message["title"].endswith("8 issues: new, 8 times")
    assert sorted(event["properties"]["name"] for event in message["events"]) == [f"Error{n}" for n in range(8)]
    assert "exception_props" not in message["events"][0]["properties"]


def test_after_five_messages_more_are_gathered(office, web):
    office.alert("created", office.channel(web.url))
    for number in range(12):
        office.fail(f"Error{number}")
        office.work()
        office.wait(seconds=20)
    assert [message["total"] for message in web.messages] == [1, 1, 1, 1, 1]

    office.wait(minutes=5)
    office.work()
    assert [message["total"] for message in web.messages] == [1, 1, 1, 1, 1, 7]


# Conditions


def plan_is(*plans):
    return [{"key": "plan", "value": list(plans), "operator": "exact", "type": "event"}]


def test_conditions_are_those_of_the_event(office, web):
    office.alert("created", office.channel(web.url), filters=plan_is("pro"))
    office.fail("Free", plan="free")
    office.fail("Pro", plan="pro")
    office.work()

    assert [message["events"][0]["properties"]["name"] for message in web.messages] == ["Pro"]


@pytest.mark.parametrize(
    ("environments", "told"),
    [([], ["staging", None]), (["staging"], ["staging"]), ([""], [None]), (["production"], [])],
)
def test_an_alert_can_be_about_some_environments(office, web, environments, told):
    office.alert("created", office.channel(web.url), environments=environments)
    office.fail("A", **{"$environment": "staging"})
    office.fail("B")
    office.work()

    # Of one moment the messages come in any order.
    found = {message["events"][0]["properties"]["environment"] for message in web.messages}
    assert (found, len(web.messages)) == (set(told), len(told))


def test_conditions_wait_for_the_event_to_be_stored(office, web, monkeypatch):
    office.alert("created", office.channel(web.url), filters=plan_is("pro"))
    store, kept = office.line.store, []
    monkeypatch.setattr(store, "insert_events", lambda rows: kept.extend(rows) or [])
    office.fail("Pro", plan="pro")
    monkeypatch.undo()
    office.work()
    assert web.messages == []

    store.insert_events(kept)
    office.wait(seconds=2)
    office.work()
    assert len(web.messages) == 1


def test_of_an_event_that_is_never_stored_a_later_one_of_its_issue_will_do(office, web, monkeypatch):
    office.alert("created", office.channel(web.url), filters=plan_is("pro"))
    monkeypatch.setattr(office.line.store, "insert_events", lambda rows: [])
    office.fail("Pro", plan="pro")
    monkeypatch.undo()
    office.wait(minutes=1)
    office.fail("Pro", plan="pro")
    office.work()
    assert web.messages == []

    office.wait(minutes=1)
    office.work()
    assert len(web.messages) == 1


def test_an_event_that_is_never_stored_meets_no_conditions_after_an_hour(office, web, monkeypatch):
    office.alert("created", office.channel(web.url), filters=plan_is("pro"))
    monkeypatch.setattr(office.line.store, "insert_events", lambda rows: [])
    office.fail("Pro", plan="pro")
    office.wait(hours=1)
    office.work()

    assert web.messages == []
    with reading(office.engine) as connection:
        assert connection.scalars(sa.select(tables.announcements.c.due_at)).all() == [None]
