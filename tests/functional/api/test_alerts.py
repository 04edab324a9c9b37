"""Alerts and channels over the API, over both metadata databases (`docs/alerts.md`)."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.functional.api.conftest import error
from tests.support.receivers import WebReceiver


@pytest.fixture
def web():
    made = WebReceiver()
    yield made
    made.stop()


@pytest.fixture
def channel(triage, web):
    return triage.ok("POST", "alerts/channels/", json={"name": "On-call", "address": web.url})


def work(triage):
    triage.api.alerting.dispatch()
    triage.api.alerting.deliver()


def test_an_alert_is_made_changed_and_deleted(triage, channel):
    wanted = {
        "trigger": "users",
        "name": "Many users",
        "environments": ["production", "unnamed"],
        "filters": [{"key": "plan", "value": "pro"}],
        "threshold": 5,
        "window_minutes": "60",
        "snooze_minutes": 30,
        "channels": [channel["id"], channel["id"]],
    }
    made = triage.ask("POST", "alerts/", json=wanted)
    assert made.status_code == 201
    alert = made.json()
    times = {name: alert.pop(name) for name in ("id", "created_at", "updated_at")}
    assert alert == {**wanted, "enabled": True, "window_minutes": 60, "channels": [channel["id"]]}

    path = f"alerts/{times['id']}/"
    changed = triage.ok("PATCH", path, json={"trigger": "created", "enabled": "false", "environments": None})
    assert (changed["trigger"], changed["enabled"], changed["environments"]) == ("created", False, [])
    assert (changed["threshold"], changed["window_minutes"]) == (None, None)
    assert triage.ok("GET", path) == changed
    assert triage.ok("GET", "alerts/")["results"] == [changed]

    assert triage.ask("DELETE", path).status_code == 204
    assert triage.ask("GET", path).status_code == 404


@pytest.mark.parametrize(
    ("body", "attr", "code"),
    [
        ({}, "trigger", "required"),
        ({"trigger": "never"}, "trigger", "invalid_choice"),
        ({"trigger": "occurrences"}, "threshold", "required"),
        ({"trigger": "occurrences", "threshold": 5}, "window_minutes", "required"),
        ({"trigger": "users", "threshold": 0, "window_minutes": 5}, "threshold", "min_value"),
        ({"trigger": "users", "threshold": 1, "window_minutes": 1441}, "window_minutes", "max_value"),
        ({"trigger": "created", "snooze_minutes": 0}, "snooze_minutes", "min_value"),
        ({"trigger": "created", "snooze_minutes": None}, "snooze_minutes", "null"),
        ({"trigger": "created", "filters": [{"key": "x"}]}, "filters__0__value", "required"),
        ({"trigger": "created", "environments": []}, "environments", "invalid_input"),
        ({"trigger": "created", "name": "x" * 201}, "name", "max_length"),
        ({"trigger": "created", "channels": ["x"]}, "channels__0", "invalid_input"),
        ({"trigger": "created", "channels": [str(uuid4())]}, "channels", "invalid_input"),
    ],
)
def test_a_wrong_alert_is_refused(triage, body, attr, code):
    answer = triage.ask("POST", "alerts/", json=body)

    assert answer.status_code == 400
    assert (answer.json()["attr"], answer.json()["code"]) == (attr, code)


def test_changes_of_alerts_are_in_the_journal_and_can_be_taken_back(triage, channel):
    alert = triage.ok("POST", "alerts/", json={"trigger": "created", "channels": [channel["id"]]})
    path = f"alerts/{alert['id']}/"
    triage.ok("PATCH", path, json={"enabled": False})
    triage.ask("DELETE", path)
    deleted, switched, made, added = triage.ok("GET", "changes/")["results"][:4]

    assert [each["kind"] for each in (deleted, switched, made)] == ["settings_changed"] * 3
    assert "an alert from “Issue is new” on created, off to none" in deleted["summary"]
    triage.ok("POST", f"changes/{deleted['id']}/undo/")
    assert triage.ok("GET", path)["enabled"] is False
    triage.ok("POST", f"changes/{switched['id']}/undo/")
    assert triage.ok("GET", path)["enabled"] is True
    assert (added["kind"], added["summary"]) == (
        "channel_changed",
        "Changed settings: a channel from none to “On-call” (Webhook)",
    )


def test_a_channel_tells_its_secrets_once_or_never(triage, web):
    made = triage.ok("POST", "alerts/channels/", json={"name": "On-call", "address": web.url})
    shown = triage.ok("GET", f"alerts/channels/{made['id']}/")
    secret = made.pop("signing_secret")

    assert secret.startswith("whsec_")
    assert shown == made
    assert shown["address"] == f"http://127.0.0.1:{web.port}/…"
    assert (shown["kind"], shown["service"]) == ("webhook", "Webhook")
    everything = json.dumps([triage.ok("GET", path) for path in ("alerts/channels/", "changes/")])
    assert "secret-of-the-path" not in everything
    assert secret not in everything


def test_a_channel_of_a_service_is_read_by_its_library(triage):
    made = triage.ok(
        "POST",
        "alerts/channels/",
        json={"name": "#errors", "address": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"},
    )

    assert (made["kind"], made["service"], made["address"]) == ("service", "Slack", "slack://…")
    assert made["signing_secret"] is None


@pytest.mark.parametrize(
    ("address", "detail"),
    [
        ("syslog://", "Messages cannot go to such an address."),
        ("file:///etc/passwd", "Messages cannot go to such an address."),
        ("ftp://x.test", "Messages cannot go to such an address."),
        ("nothing", "Messages cannot go to such an address."),
        ("https://user:secret@x.test/", "Not an address of http or https without a user name in it."),
        ("https://", "Not an address of http or https without a user name in it."),
    ],
)
def test_a_wrong_address_is_refused_without_being_repeated(triage, address, detail):
    answer = triage.ask("POST", "alerts/channels/", json={"name": "x", "address": address})

    told = error(answer)
    assert (told.status, told.code, told.detail, told.attr) == (400, "invalid_input", detail, "address")


def test_a_channel_gets_another_name_or_address_and_keeps_its_secret(triage, channel, web):
    path = f"alerts/channels/{channel['id']}/"
    renamed = triage.ok("PATCH", path, json={"name": "Nights"})
    moved = triage.ok("PATCH", path, json={"address": "https://pager.test/"})
    mail = triage.ok("PATCH", path, json={"address": "ntfy://ntfy.sh/storefront"})
    back = triage.ok("PATCH", path, json={"address": web.url})

    assert (renamed["name"], renamed["signing_secret"]) == ("Nights", None)
    assert (moved["address"], moved["signing_secret"]) == ("https://pager.test/", None)
    assert (mail["kind"], mail["service"]) == ("service", "ntfy")
    assert back["signing_secret"].startswith("whsec_")
    (last, *_) = triage.ok("GET", "changes/")["results"]
    assert (
        triage.ask("POST", f"changes/{last['id']}/undo/").json()["detail"]
        == "What is channel changed cannot be undone."
    )


def test_a_test_is_sent_at_once_and_says_what_became_of_it(triage, channel, web):
    alert = triage.ok("POST", "alerts/", json={"trigger": "created", "channels": [channel["id"]]})
    sent = triage.ok("POST", f"alerts/{alert['id']}/test/")["results"]
    web.status = 503
    failed = triage.ok("POST", f"alerts/channels/{channel['id']}/test/")

    assert [(each["status"], each["kind"], each["alert"]) for each in sent] == [("delivered", "test", alert["id"])]
    (message,) = web.messages
    assert (message["kind"], message["events"], message["total"]) == ("test", [], 0)
    assert (failed["status"], failed["error"], failed["attempts"]) == ("dead", "it answered 503", 1)
    without = triage.ok("POST", "alerts/", json={"trigger": "created"})
    answer = triage.ask("POST", f"alerts/{without['id']}/test/")
    assert (answer.status_code, answer.json()["detail"]) == (400, "This alert has no channel.")


def test_deliveries_are_listed_and_what_was_given_up_is_sent_again(triage, channel, web):
    alert = triage.ok("POST", "alerts/", json={"trigger": "created", "channels": [channel["id"]]})
    web.status = 410
    triage.issue("a")
    work(triage)
    (delivery,) = triage.ok("GET", f"alerts/{alert['id']}/deliveries/", params={"status": "dead"})["results"]
    assert (delivery["error"], delivery["channel"], delivery["next_attempt_at"]) == (
        "it answered 410",
        channel["id"],
        None,
    )

    web.status = 200
    waiting = triage.ok("POST", f"alerts/deliveries/{delivery['id']}/retry/")
    assert (waiting["status"], waiting["attempts"]) == ("waiting", 0)
    work(triage)

    assert len(web.messages) == 1
    page = triage.ok("GET", "alerts/deliveries/", params={"limit": "1", "channel": channel["id"]})
    assert (page["count"], page["results"][0]["status"]) == (1, "delivered")
    again = triage.ask("POST", f"alerts/deliveries/{delivery['id']}/retry/")
    assert again.json()["detail"] == "Only what was given up is sent again; this is delivered."
    assert triage.ask("GET", "alerts/deliveries/", params={"status": "lost"}).status_code == 400
    assert triage.ask("GET", "alerts/deliveries/", params={"alert": "x"}).status_code == 400


def test_a_preview_says_what_would_have_been_sent_and_sends_nothing(triage, web):
    for value in "abc":
        triage.issue(value)
        triage.api.hands.moment += timedelta(minutes=30)

    asked = {"trigger": "created", "filters": [{"key": "$exception_types", "value": "PayError"}]}
    found = triage.ok("POST", "alerts/preview/", json=asked)
    none = triage.ok("POST", "alerts/preview/", json={**asked, "environments": ["production"]})
    later = triage.ok("POST", "alerts/preview/", json={"trigger": "created", "dateRange": {"date_from": "-45M"}})

    assert (found["messages"], found["issues"], found["is_complete"]) == (3, 3, True)
    assert [each["told"][0]["what"] for each in found["results"]] == ["is new"] * 3
    assert found["results"][0]["at"] < found["results"][1]["at"]
    assert none["messages"] == 0
    assert later["messages"] == 1
    assert web.seen == []
    assert triage.ok("GET", "alerts/")["count"] == 0
