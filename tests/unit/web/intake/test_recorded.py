"""Requests that released SDKs sent, replayed byte for byte."""

import json
from uuid import UUID

import pytest

from mothlight.journal.entry import JournalEntry
from mothlight.web.intake.endpoints import is_capture_path
from mothlight.web.intake.receive import decode_entry
from tests.support.intake import PROJECT, IntakeHarness, plain, recorded, recorded_requests, replay

CAPTURES = [
    name
    for name in recorded_requests()
    if is_capture_path(recorded(name)[0]["path"]) and recorded(name)[0]["method"] == "POST"
]
PREFLIGHTS = ["web-json-preflight", "lite-preflight"]


def sent_events(name: str) -> list[dict]:
    body = recorded(name)[0]["body_decoded"]
    return body if isinstance(body, list) else body["batch"]


def expected_properties(name: str, sent: dict) -> dict:
    """The event's properties as sent, with the person fields of its root."""
    properties = dict(sent["properties"])
    for field in ("$set", "$set_once", "$unset"):
        if field in sent:
            inner = properties.get(field, {})
            properties[field] = {**inner, **sent[field]}
    return properties


def test_every_capture_of_the_fixtures_is_replayed():
    assert len(CAPTURES) == 26


@pytest.mark.parametrize("name", CAPTURES)
def test_a_recorded_request_is_accepted_as_its_client_expects(intake: IntakeHarness, name: str):
    answer = replay(intake.app, name)

    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert isinstance(answer.json(), dict)
    assert intake.tally.read().accepted == len(sent_events(name))
    assert intake.tally.read().dropped == {}


@pytest.mark.parametrize("name", [name for name in CAPTURES if "v1" not in name])
def test_a_recorded_v0_request_decodes_to_what_was_sent(intake: IntakeHarness, name: str):
    replay(intake.app, name)

    for event, sent in zip(intake.taken(), sent_events(name), strict=True):
        assert event.project_id == PROJECT
        assert event.name == sent["event"]
        assert event.distinct_id == str(sent.get("distinct_id") or sent["properties"]["distinct_id"])
        assert "uuid" not in sent or event.uuid == UUID(sent["uuid"])
        assert event.received_at == intake.now
        if name != "python-odd-values":
            assert plain(event) == expected_properties(name, sent)


@pytest.mark.parametrize("name", ["python-v1-gzip", "node-v1-gzip"])
def test_a_recorded_v1_request_decodes_to_what_was_sent_before_the_client_split_it(intake: IntakeHarness, name: str):
    answer = replay(intake.app, name)
    events = intake.taken()
    library, _, version = recorded(name)[0]["headers"]["PostHog-Sdk-Info"].partition("/")

    for event, sent in zip(events, sent_events(name), strict=True):
        properties = plain(event)
        assert {**properties, **sent["properties"]} == properties
        assert (properties["$lib"], properties["$lib_version"]) == (library, version)
        assert properties.get("$session_id") == sent.get("session_id")
        assert properties.get("$process_person_profile") == sent["options"].get("process_person_profile")
    assert answer.json() == {"results": {str(event.uuid): {"result": "ok"} for event in events}}
    assert answer.headers["posthog-request-id"] == recorded(name)[0]["headers"]["PostHog-Request-Id"]


def test_odd_values_of_python_survive(intake: IntakeHarness):
    replay(intake.app, "python-odd-values")
    events = intake.taken()

    assert len(events) == len(sent_events("python-odd-values"))
    assert "\\u0000" in bytes(events[0].properties["$exception_list"]).decode()
    for event in events:
        others = [bytes(value) for name, value in event.properties.items() if name != "$exception_list"]
        assert all(b"\\u0000" not in value for value in others)
        assert isinstance(json.loads(bytes(event.properties["$exception_list"])), list)


def test_an_old_browser_array_gets_its_time_from_its_offsets(intake: IntakeHarness):
    replay(intake.app, "web-1.200-array-offset")

    for event, sent in zip(intake.taken(), sent_events("web-1.200-array-offset"), strict=True):
        assert (intake.now - event.timestamp).total_seconds() * 1000 == pytest.approx(sent["offset"])


def test_an_import_is_marked_as_historical(intake: IntakeHarness):
    replay(intake.app, "node-fingerprint-historical")

    assert [event.historical for event in intake.taken()] == [True]


@pytest.mark.parametrize("name", CAPTURES)
def test_the_journal_gives_the_same_events_again(intake: IntakeHarness, name: str):
    replay(intake.app, name)
    ((position, events),) = intake.backlog.take(1000, 0)
    entry = intake.journal.read(position)

    assert isinstance(entry, JournalEntry)
    assert decode_entry(entry) == events
    assert entry.events == len(events)


@pytest.mark.parametrize("name", PREFLIGHTS)
def test_a_recorded_preflight_allows_what_the_browser_asks(intake: IntakeHarness, name: str):
    asked = recorded(name)[0]["headers"]
    lower = {key.lower(): value for key, value in asked.items()}
    answer = replay(intake.app, name)

    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == lower["origin"]
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["access-control-allow-headers"] == lower["access-control-request-headers"]
    assert "POST" in answer.headers["access-control-allow-methods"]
