"""`mothlight quarantine …` and `mothlight mirror …`: what operators do about events and copies."""

import json
import os
from datetime import timedelta

import pytest
import sqlalchemy as sa

from mothlight.cli import doctor as doctor_module
from mothlight.kit.clock import system_clock
from mothlight.kit.lock import DirectoryLock
from mothlight.model.event import ReceivedEvent
from mothlight.pipeline.quarantine import Quarantine
from mothlight.storage.events.engines.server import open_server
from mothlight.storage.events.rows import IssueRow
from mothlight.storage.metadata import tables
from mothlight.storage.metadata.engine import open_database, reading, writing
from mothlight.storage.metadata.repositories import quarantine as repository
from tests.support.received import NOW, later, received


@pytest.fixture
def database(mothlight, database_url):
    engine = open_database(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def kept(database):
    """Two events in quarantine, the one refused by the store a minute after the other."""
    defect, refused = received(1, {"n": 1}), received(1, {"n": 2})
    Quarantine(database, lambda: NOW).add(defect, "defect", "KeyError:\n 'n' " + "x" * 90, has_changed_persons=False)
    Quarantine(database, lambda: later(60)).add(refused, "refused", "cannot be parsed", has_changed_persons=True)
    return defect, refused


def is_due(database):
    with reading(database) as connection:
        return {row.event_uuid: row.is_due for row in repository.list_quarantine(connection, 10)}


def test_people_see_what_failed_why_and_how_much_room_it_takes(mothlight, kept):
    lines = mothlight("quarantine", "list").out.splitlines()

    assert lines[0].split() == ["EVENT", "PROJECT", "FAILED", "CAUSE", "BYTES", "REASON"]
    assert lines[1].startswith(f"{kept[1].uuid}  1        2026-04-24 12:01:00  refused")
    assert lines[1].endswith("cannot be parsed")
    assert lines[2].split()[4] == "defect"
    assert "KeyError: 'n' xxx" in lines[2]
    assert lines[2].endswith("…")
    assert lines[3] == "2 events: defect 0.0 of 256 MiB, refused 0.0 of 64 MiB"


def test_programs_see_the_same(mothlight, kept):
    rows = mothlight("quarantine", "list", "--json").json

    assert [row["event"] for row in rows] == [str(event.uuid) for event in reversed(kept)]
    assert {key: rows[0][key] for key in ("project_id", "cause", "reason", "is_due", "failed_at")} == {
        "project_id": 1,
        "cause": "refused",
        "reason": "cannot be parsed",
        "is_due": False,
        "failed_at": "2026-04-24T12:01:00+00:00",
    }


def test_an_event_is_shown_whole(mothlight, kept):
    shown = json.loads(mothlight("quarantine", "show", kept[0].uuid).out)

    assert shown.keys() == set(ReceivedEvent.__struct_fields__)
    assert (shown["uuid"], shown["properties"]["n"]) == (str(kept[0].uuid), 1)


def test_an_event_that_is_not_there_is_said_so(mothlight):
    done = mothlight("quarantine", "show", "00000000-0000-0000-0000-000000000009")

    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)


def test_events_that_failed_by_a_defect_are_processed_again(mothlight, kept, database):
    done = mothlight("quarantine", "retry")

    assert done.out == "1 event will be processed again by the next server that runs\n"
    assert is_due(database) == {kept[0].uuid: True, kept[1].uuid: False}


def test_those_that_the_store_refused_are_only_on_request(mothlight, kept, database):
    with DirectoryLock(mothlight.data_dir, system_clock):
        done = mothlight("quarantine", "retry", "--refused")

    assert done.out == "2 events will be processed again by the running server\n"
    assert set(is_due(database).values()) == {True}


def test_discarding_needs_consent_on_the_command_line(mothlight, kept, database, monkeypatch):
    monkeypatch.setenv("MOTHLIGHT_YES", "true")
    done = mothlight("quarantine", "discard")

    assert (done.code, "--yes" in done.err, len(is_due(database))) == (1, True, 2)
    assert mothlight("quarantine", "discard", "--yes").out == "Deleted: 2 events\n"
    assert is_due(database) == {}


def test_the_doctor_tells_of_events_in_quarantine(mothlight, kept, monkeypatch):
    monkeypatch.setenv("MOTHLIGHT_PORT", "1")
    found = {each["check"]: each for each in json.loads(mothlight("doctor", "--json").out)}
    assert found["quarantine"]["state"] == "note"
    assert "2 events could not be stored; defects take 0%" in found["quarantine"]["text"]

    monkeypatch.setattr(doctor_module.quarantine, "MOST_BYTES", 100)
    found = {each["check"]: each for each in json.loads(mothlight("doctor", "--json").out)}

    assert found["quarantine"]["state"] == "wrong"


@pytest.fixture
def events_url(monkeypatch, clickhouse_listener):
    monkeypatch.setenv("MOTHLIGHT_EVENTS_URL", clickhouse_listener.url)
    return clickhouse_listener.url


def test_copies_are_written_anew_by_the_command_where_no_server_runs(mothlight, database, events_url):
    issue, project = os.urandom(16).hex(), 1
    store = open_server(events_url)
    store.migrate()
    store.insert_issues([IssueRow(project, issue, "known to nobody", None, "active", 0, "", 0, 5)])

    done = mothlight("mirror", "rebuild")

    assert (done.code, done.err) == (0, "")
    assert done.out == "All copies are written anew\n"
    sql = "SELECT deleted FROM issues FINAL WHERE project_id = {project:UInt32} AND issue_id = {id:UUID}"
    assert store.query(project, sql, {"id": issue}) == [(1,)]
    with reading(database) as connection:
        assert connection.execute(sa.select(tables.mirror_outbox)).all() == []
    store.close()


def test_a_running_server_is_left_to_write_them(mothlight, database):
    with DirectoryLock(mothlight.data_dir, system_clock):
        done = mothlight("mirror", "rebuild")

    assert f"The running server (process {os.getpid()}) writes all copies anew" in done.out
    with reading(database) as connection:
        assert [row.kind for row in connection.execute(sa.select(tables.mirror_outbox))] == ["rebuild"]


def test_what_the_command_could_not_do_is_still_asked_for(mothlight, database, monkeypatch):
    monkeypatch.setenv("MOTHLIGHT_EVENTS_URL", "clickhouse://127.0.0.1:9/events")

    done = mothlight("mirror", "rebuild")

    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert "the event store does not answer" in done.err
    with reading(database) as connection:
        assert [row.kind for row in connection.execute(sa.select(tables.mirror_outbox))] == ["rebuild"]


def test_an_old_event_is_no_trouble(mothlight, database):
    """Nothing in quarantine ends by itself."""
    Quarantine(database, lambda: NOW - timedelta(days=4000)).add(received(1), "defect", "x", has_changed_persons=False)
    with writing(database) as connection:
        assert repository.make_due(connection, ["refused"]) == 0

    assert (
        mothlight("quarantine", "list").out.splitlines()[-1] == "1 event: defect 0.0 of 256 MiB, refused 0.0 of 64 MiB"
    )
