"""Every captured exception of a released SDK goes through the pipeline, twice, and is there once afterwards."""

import json
from datetime import timedelta

import msgspec
import pytest

from mothlight.model.event import EXCEPTION
from mothlight.persons.identity import person_text
from mothlight.storage.metadata import tables
from tests.support.intake import NOW as RECEIVED
from tests.support.intake import intake, recorded_requests, replay  # noqa: F401 - a fixture


@pytest.fixture
def captured(intake, line):  # noqa: F811
    """The events of a captured request, as if sent to the project of `line`."""

    def take(name):
        replay(intake.app, name)
        return [msgspec.structs.replace(event, project_id=line.project) for event in intake.taken()]

    return take


@pytest.mark.parametrize("name", recorded_requests())
def test_every_captured_exception_is_found_afterwards(line, captured, name):
    line.now = RECEIVED
    events = captured(name)
    exceptions = [event for event in events if event.name == EXCEPTION]

    first, second = line.run(*events), line.run(*events)

    others = len(events) - len(exceptions)
    assert first.stored == len(exceptions)
    assert first.dropped == ({"not_exception": others} if others else {})
    assert second.stored == 0
    assert sum(second.dropped.values()) == len(events)
    assert sorted(line.uuids()) == sorted(str(event.uuid) for event in exceptions)
    assert sum(row.aggregations.occurrences for row in line.list()) == len(exceptions)


def test_the_old_python_order_is_turned_around(line, captured):
    line.run(*captured("python-3.25-chained"))

    (event,) = line.events()
    assert event.types == ["CheckoutError", "PaymentDeclined"]
    assert line.issue.name == "CheckoutError"


def test_a_fingerprint_of_the_application_and_an_import(line, captured):
    line.run(*captured("node-fingerprint-historical"))

    (row,) = line.rows(tables.fingerprints)
    assert len(row.fingerprint) < 64
    assert line.rows(tables.announcements) == []


def test_persons_of_node(line, captured):
    line.run(*captured("node-persons"))

    (person,) = line.rows(tables.persons)
    assert str(person.id) == person_text(line.project, "user-ada")
    assert json.loads(person.properties)["email"] == "ada@example.com"
    ids = {row.distinct_id for row in line.rows(tables.person_distinct_ids)}
    assert ids == {"user-ada", "anon-55"}


def test_persons_of_python(line, captured):
    events = captured("python-persons")
    line.run(*events)

    known = {row.distinct_id: row.person_id for row in line.rows(tables.person_distinct_ids)}
    assert known
    assert not any(event.distinct_id in known for event in events if event.name == "$groupidentify")


def test_an_identified_visitor_of_the_browser(line, captured):
    (event,) = [event for event in captured("web-identify") if event.name == "$identify"]
    line.run(event)

    anonymous = json.loads(bytes(event.properties["$anon_distinct_id"]))
    known = {row.distinct_id: str(row.person_id) for row in line.rows(tables.person_distinct_ids)}
    assert known == {name: person_text(line.project, "user-ada") for name in ("user-ada", anonymous)}
    (person,) = line.rows(tables.persons)
    assert None not in json.loads(person.properties).values(), "nulls of $set_once are ignored"
    assert person.is_identified


def test_duplicates_are_known_for_two_weeks(line, captured):
    (event, *_) = captured("node-chained")
    line.run(event)
    late = msgspec.structs.replace(event, received_at=event.received_at + timedelta(days=13))

    assert line.new_pipeline().run([]).stored == 0
    assert line.run(late).dropped == {"duplicate": 1}
