"""`spike_detection_config/…` and `spike_events/` (api.md 3.7)."""

import os
from datetime import timedelta

import pytest

from mothlight.kit.ids import id_maker
from mothlight.spikes.watch import SpikeWatch

USUAL = {"snooze_duration_minutes": 10, "multiplier": 10, "threshold": 500}
UPDATE = "spike_detection_config/update_config/"


@pytest.fixture
def spikes(triage):
    """Two issues that spiked, a quarter of an hour apart; their ids, oldest first."""
    api = triage.api
    triage.ok("PATCH", UPDATE, json={"threshold": 5, "multiplier": 1})
    watch = SpikeWatch(triage.engine, api.events, api.hands.now, id_maker(api.hands.now, os.urandom))
    found = []
    for name, users in (("a", 5), ("b", 9)):
        found.append(triage.issue(name, users))
        assert watch.look() == 1
        api.hands.moment += timedelta(minutes=15)
    return found


def listed(triage, **asked):
    return triage.ok("GET", "spike_events/", params=asked)


def test_the_config_is_an_object(triage):
    assert triage.ok("GET", "spike_detection_config/") == USUAL


@pytest.mark.parametrize(
    "change", [{}, {"threshold": 1}, {"multiplier": 3, "threshold": 20}, {"snooze_duration_minutes": 60}]
)
def test_any_part_of_the_config_is_changed(triage, change):
    assert triage.ok("PATCH", UPDATE, json=change) == {**USUAL, **change}
    assert triage.ok("GET", "spike_detection_config/") == {**USUAL, **change}


@pytest.mark.parametrize("name", sorted(USUAL))
@pytest.mark.parametrize(
    ("value", "code"),
    [(0, "min_value"), (-1, "min_value"), ("x", "invalid_input"), (None, "null"), (1.5, "invalid_input")],
)
def test_a_config_that_cannot_be(triage, name, value, code):
    answer = triage.ask("PATCH", UPDATE, json={name: value})

    assert (answer.status_code, answer.json()["attr"], answer.json()["code"]) == (400, name, code)


def test_a_change_of_the_config_is_in_the_journal_and_taken_back(triage):
    triage.ok("PATCH", UPDATE, json={"threshold": 20})
    (entry,) = triage.ok("GET", "changes/", params={"kind": "settings_changed"})["results"]
    assert (entry["before"], entry["after"]) == ({"spike_threshold": 500}, {"spike_threshold": 20})

    triage.ok("POST", f"changes/{entry['id']}/undo/", json={})

    assert triage.ok("GET", "spike_detection_config/") == USUAL


def test_spikes_are_listed_newest_first(triage, spikes):
    answer = listed(triage)

    assert answer["count"] == 2
    assert [row["issue"]["id"] for row in answer["results"]] == spikes[::-1]
    newest = answer["results"][0]
    assert set(newest) == {"id", "issue", "detected_at", "computed_baseline", "current_bucket_value"}
    assert newest["issue"] == {"id": spikes[1], "name": "PayError", "description": "card declined"}
    assert (newest["computed_baseline"], newest["current_bucket_value"]) == (5.0, 9)


@pytest.mark.parametrize(
    ("asked", "places"),
    [
        ({}, [1, 0]),
        ({"issue_ids": "", "date_from": " ", "order_by": ""}, [1, 0]),
        ({"order_by": "detected_at"}, [0, 1]),
        ({"order_by": "-current_bucket_value"}, [1, 0]),
        ({"order_by": "current_bucket_value"}, [0, 1]),
        ({"order_by": "computed_baseline"}, [0, 1]),
        ({"issue_ids": "{0}"}, [0]),
        ({"issue_ids": "{0}, ,{1},"}, [1, 0]),
        ({"issue_ids": "0196b2c4-7d1e-7c55-9a41-3f0d1c2b4a90"}, []),
        ({"date_from": "{at1}"}, [1]),
        ({"date_to": "{at0}"}, [0]),
        ({"limit": 1}, [1]),
        ({"limit": 1, "offset": 1}, [0]),
    ],
)
def test_what_is_asked_of_spikes(triage, spikes, asked, places):
    at = [row["detected_at"] for row in reversed(listed(triage)["results"])]
    words = {"{0}": spikes[0], "{1}": spikes[1], "{at0}": at[0], "{at1}": at[1]}
    for word, meant in words.items():
        asked = {name: str(text).replace(word, meant) for name, text in asked.items()}

    assert [row["issue"]["id"] for row in listed(triage, **asked)["results"]] == [spikes[place] for place in places]


@pytest.mark.parametrize(
    ("asked", "attr", "detail"),
    [
        ({"issue_ids": "x"}, "issue_ids", "'x' is not a valid issue id."),
        ({"date_from": "-7d"}, "date_from", "Enter a valid ISO 8601 timestamp."),
        ({"date_to": "yesterday"}, "date_to", "Enter a valid ISO 8601 timestamp."),
        ({"order_by": "name"}, "order_by", '"name" is not a valid choice.'),
    ],
)
def test_what_cannot_be_asked(triage, asked, attr, detail):
    answer = triage.ask("GET", "spike_events/", params=asked)

    assert answer.status_code == 400
    assert (answer.json()["attr"], answer.json()["detail"]) == (attr, detail)
