"""Spikes on the pages: the settings, the mark in the list, and the marks in the histogram."""

from datetime import timedelta

import pytest

from mothlight.spikes.watch import SpikeWatch
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories import fingerprints
from mothlight.storage.metadata.repositories.settings import SpikeConfig, load_spike_config, update_settings
from tests.support.cast import NOW
from tests.support.received import received
from tests.support.triage import Triage
from tests.support.visitor import form_to, words_of


@pytest.fixture
def config(site):
    """When an issue spikes, as it is now."""

    def find():
        with reading(site.cast.engine) as connection:
            return load_spike_config(connection, site.project.id)

    return find


def _send(site, visitor, **changes):
    page = visitor.get(site.path("settings/limits"))
    return visitor.send(page, site.path("settings/limits/spikes"), **changes)


def test_what_a_spike_is_can_be_changed(site, owner, config):
    page = owner.follow(_send(site, owner, spike_threshold="300", spike_snooze_duration_minutes="60"))

    assert config() == SpikeConfig(threshold=300, snooze_duration_minutes=60)
    assert "The settings of spikes are saved." in words_of(page)
    fields = form_to(page, site.path("settings/limits/spikes")).fields
    assert (fields["spike_threshold"], fields["spike_multiplier"]) == ("300", "10")


@pytest.mark.parametrize("value", ["", "0", "many"])
def test_a_value_that_cannot_be_is_told_at_its_field(site, owner, config, value):
    answer = _send(site, owner, spike_multiplier=value, spike_threshold="300")

    assert answer.status_code == 400
    assert config() == SpikeConfig()
    assert 'aria-invalid="true"' in answer.text
    assert form_to(answer, site.path("settings/limits/spikes")).fields["spike_threshold"] == "300"


def test_a_spike_shows_in_the_list_and_on_its_issue(site, owner, symbol_reader):
    project = site.project.id
    with writing(site.cast.engine) as connection:
        update_settings(connection, project, {"spike_threshold": 5})
    sent = {"$exception_fingerprint": "f"}
    Triage(site, symbol_reader).process(*[received(project, sent, timestamp=NOW, received_at=NOW) for _ in range(7)])
    with reading(site.cast.engine) as connection:
        issue = fingerprints.find_fingerprint_owner(connection, project, "f")
    assert SpikeWatch(site.cast.engine, site.events, site.hands.now, site.parts.make_id).look() == 1

    text = owner.get(site.path(f"issues/{issue}")).text
    assert "7 events in 5 minutes, usually 0" in text
    assert "In the last hour it had many more events than usual" in owner.get(site.path("issues")).text
    assert "In the last 30 days 1 spike was found." in words_of(owner.get(site.path("settings/limits")))

    site.hands.moment += timedelta(hours=2)
    assert "In the last hour it had many more" not in owner.get(site.path("issues")).text
