"""Alerts on their pages: channels, alerts, what they would have sent, and what was sent."""

import re

import pytest

from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.alert_channels import list_channels
from mothlight.storage.metadata.repositories.alerts import list_alerts
from tests.support.receivers import WebReceiver
from tests.support.visitor import form_to, forms_of, words_of


@pytest.fixture
def web():
    made = WebReceiver()
    yield made
    made.stop()


@pytest.fixture
def stored(site):
    """Channels and alerts as they are now."""

    def find():
        with reading(site.cast.engine) as connection:
            return list_channels(connection, site.project.id), list_alerts(connection, site.project.id)

    return find


def add_channel(site, visitor, address, name="On-call"):
    page = visitor.get(site.path("settings/alerts"))
    return visitor.send(page, site.path("settings/alerts/channels"), name=name, address=address)


def make_alert(site, visitor, **fields):
    page = visitor.get(site.path("settings/alerts/new"))
    return visitor.send(page, site.path("settings/alerts/new"), **fields)


def test_a_channel_is_added_tested_and_deleted_and_its_secret_is_shown_once(site, owner, stored, web):
    made = add_channel(site, owner, web.url)
    secret = re.search(r'value="(whsec_[\w-]+)"', made.text)[1]
    ((channel,), _) = stored()
    assert secret == channel.signing_secret

    page = owner.get(site.path("settings/alerts"))
    assert secret not in page.text
    assert "secret-of-the-path" not in page.text
    assert f"http://127.0.0.1:{web.port}/…" in page.text

    tested = owner.follow(owner.send(page, site.path(f"settings/alerts/channels/{channel.id}/test")))
    assert "On-call took it in" in words_of(tested)
    assert len(web.messages) == 1
    web.status = 503
    failed = owner.follow(owner.send(page, site.path(f"settings/alerts/channels/{channel.id}/test")))
    assert "On-call did not: it answered 503." in words_of(failed)

    owner.send(page, site.path(f"settings/alerts/channels/{channel.id}/remove"))
    assert stored() == ([], [])


def test_a_wrong_address_is_told_at_the_field(site, owner, stored):
    answer = add_channel(site, owner, "syslog://")

    assert answer.status_code == 400
    assert "Messages cannot go to such an address." in words_of(answer)
    assert form_to(answer, site.path("settings/alerts/channels")).fields["name"] == "On-call"
    assert stored() == ([], [])


def test_a_member_makes_changes_switches_and_deletes_an_alert(site, member, owner, stored, web):
    add_channel(site, owner, web.url)
    ((channel,), _) = stored()
    fields = {"trigger": "users", "threshold": "5", "window_minutes": "60", "environments": "production, unnamed"}
    done = member.follow(make_alert(site, member, name="Many", channel=str(channel.id), **fields))
    (_, (alert,)) = stored()
    assert "The alert Many is made." in words_of(done)
    assert "An issue hits 5 users in 60 minutes" in words_of(done)
    assert (alert.environments, alert.channels, alert.enabled) == (["production", ""], [channel.id], True)

    path = site.path(f"settings/alerts/{alert.id}")
    page = member.get(path)
    assert form_to(page, path).fields["environments"] == "production, unnamed"
    member.send(page, path, trigger="created", do="save")
    (_, (changed,)) = stored()
    assert (changed.trigger, changed.threshold, changed.name) == ("created", None, "Many")

    listed = member.get(site.path("settings/alerts"))
    off = member.follow(member.send(listed, f"{path}/switch"))
    assert "Many is off." in words_of(off)
    tested = member.follow(member.send(off, f"{path}/test"))
    assert "On-call took it in" in words_of(tested)
    member.send(member.get(path), f"{path}/remove")
    assert stored()[1] == []


def test_conditions_are_rows_and_a_wrong_one_is_told(site, owner, stored):
    page = owner.get(site.path("settings/alerts/new"))
    answer = owner.send(
        page,
        site.path("settings/alerts/new"),
        key=["plan", ""],
        type=["event", "event"],
        operator=["gt", "exact"],
        value=["x", ""],
    )

    assert answer.status_code == 400
    assert "is not a number." in words_of(answer)
    assert stored() == ([], [])


def test_a_preview_changes_nothing(site, owner, stored):
    answer = make_alert(site, owner, trigger="milestone", do="preview")

    assert answer.status_code == 200
    assert "It would have sent 0 messages in the last 30 days" in words_of(answer)
    assert form_to(answer, site.path("settings/alerts/new")).fields["trigger"] == "milestone"
    assert stored() == ([], [])


def test_what_was_given_up_is_shown_with_its_reason_and_sent_again(site, owner, web):
    web.status = 410
    add_channel(site, owner, web.url)
    page = owner.get(site.path("settings/alerts"))
    test = next(form.action for form in forms_of(page) if form.action.endswith("/test"))
    owner.send(page, test)

    shown = owner.get(site.path("settings/alerts/deliveries?status=dead"))
    assert "to On-call: given up, it answered 410, tried 1 time" in words_of(shown)
    retry = next(form.action for form in forms_of(shown) if form.action.endswith("/retry"))
    again = owner.follow(owner.send(shown, retry))
    assert "It is sent again." in words_of(again)
    assert "There are none." in words_of(owner.get(site.path("settings/alerts/deliveries?status=dead")))


def test_an_alert_of_another_project_is_not_there(site, owner):
    answer = owner.get(site.path("settings/alerts/019bb1a2-0000-7000-8000-000000000000"))

    assert answer.status_code == 404


def test_suggestions_say_what_is_missing_in_words(site, owner):
    text = words_of(owner.get(site.path("recommendations")))

    assert "Nobody is told when an issue is new, comes back or spikes" in text
    assert "Nothing bounds how many events come in the whole project or per issue" in text
    assert "error-tracking" not in text
