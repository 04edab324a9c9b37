"""From received events to stored ones that belong to issues."""

import json
from uuid import UUID, uuid4

import msgspec
import pytest
import sqlalchemy as sa

from mothlight.issues.move import give_fingerprint, move_fingerprint
from mothlight.model.stack import Fingerprint
from mothlight.persons.apply import Entry
from mothlight.persons.identity import person_text
from mothlight.storage.metadata import tables
from mothlight.storage.metadata.engine import reading, writing
from tests.support.received import NOW, exception, frame, later


def test_an_exception_becomes_an_issue_that_is_listed(line):
    outcome = line.run(line.event({"plan": "pro", "$lib": "posthog-python", "$lib_version": "7.91.1"}))

    assert (outcome.stored, outcome.dropped) == (1, {})
    (row,) = line.list()
    assert (row.name, row.description, row.status) == ("PayError", "card declined", "active")
    assert (row.aggregations.occurrences, row.first_seen, row.last_seen) == (1, NOW, NOW)
    assert (row.source, row.library) == ("shop/pay.py", "posthog-python")
    (event,) = line.events()
    assert event.properties["plan"] == "pro"
    assert event.person_id == person_text(line.project, "ada")


def test_events_of_one_stack_are_one_issue_and_one_stack(line):
    line.run(*(line.event({"n": n}) for n in range(3)))
    line.run(line.event({"n": 3}))

    (row,) = line.list()
    assert row.aggregations.occurrences == 4
    assert len(line.stacks()) == 1
    assert len(line.rows(tables.announcements)) == 1


def test_stacks_that_differ_in_lines_only_are_one_issue(line):
    def at(number):
        trace = {"type": "raw", "frames": [frame(lineno=number)]}
        return line.event({"$exception_list": [exception(stacktrace=trace)]})

    line.run(at(1), at(2))

    assert len(line.list()) == 1
    assert len(line.stacks()) == 2
    assert len(line.rows(tables.grouping_keys)) == 2


def test_a_manual_fingerprint_groups_what_else_differs(line):
    line.run(*(line.event({"$exception_list": [exception(type_)], "$exception_fingerprint": "mine"}) for type_ in "AB"))
    line.run(line.event({"$exception_fingerprint": "x" * 65}))

    assert sorted((row.name, row.aggregations.occurrences) for row in line.list()) == [("A", 2), ("PayError", 1)]
    assert {row.fingerprint for row in line.rows(tables.fingerprints) if len(row.fingerprint) < 64} == {"mine"}
    assert {len(row.fingerprint) for row in line.rows(tables.fingerprints)} == {4, 128}


@pytest.mark.parametrize("sent", [7, None, ["x"]])
def test_a_fingerprint_that_is_no_text_is_none(line, sent):
    line.run(line.event({"$exception_fingerprint": sent}), line.event())

    assert len(line.list()) == 1


def test_an_empty_manual_fingerprint_is_one(line):
    line.run(line.event({"$exception_fingerprint": ""}), line.event())

    assert len(line.list()) == 2


def test_a_new_issue_is_named_by_the_application(line):
    names = {"$issue_name": "N" * 300, "$issue_description": "D", "$issue_severity": "LOW", "$exception_level": "fatal"}
    line.run(line.event(names), line.event({**names, "$issue_name": "other"}))

    assert (line.issue.name, line.issue.description, line.issue.severity) == ("N" * 252 + "...", "D", "low")


def test_a_severity_is_inferred_without_one(line):
    line.run(line.event({"$exception_level": "error", "$issue_severity": "urgent"}))

    assert line.issue.severity == "medium"


def test_events_that_are_no_exceptions_are_dropped_and_counted(line):
    outcome = line.run(line.event(name="$pageview"), line.event(), line.event({"$set": {"a": 1}}, name="$set"))

    assert (outcome.stored, outcome.dropped) == (1, {"not_exception": 2})


def test_an_event_that_is_sent_again_is_stored_once(line):
    event = line.event()
    line.run(event)

    again = line.run(event, line.event())
    after_restart = line.new_pipeline().run([Entry(99, [event])])

    assert (again.stored, again.dropped) == (1, {"duplicate": 1})
    assert (after_restart.stored, after_restart.dropped) == (0, {"duplicate": 1})
    assert len(line.uuids()) == 2


def test_an_exception_that_cannot_be_read_is_stored_with_a_note_and_in_no_issue(line):
    outcome = line.run(line.event({"$exception_list": [], "plan": "pro"}, uuid=UUID(int=1 << 90)), line.event())

    assert (outcome.stored, outcome.dropped) == (1, {"unprocessable": 1})
    (bad,) = [event for event in line.events() if event.grouping_key == "0"]
    assert bad.properties == {
        "$exception_list": [],
        "plan": "pro",
        "$cymbal_errors": [f"Empty exception list on event {UUID(int=1 << 90)}"],
    }
    assert [row.aggregations.occurrences for row in line.list()] == [1]


def test_local_variables_are_masked_on_the_event_and_no_part_of_the_stack(line):
    trace = {"type": "raw", "frames": [frame(code_variables={"password": "hunter2", "total": 7})]}
    line.run(line.event({"$exception_list": [exception(stacktrace=trace)]}), line.event())

    masked, plain = line.events()
    variables = json.loads(masked.exceptions)[0]["variables"]["0"]
    assert (variables["total"], variables["password"]) == (7, "$$_posthog_redacted_based_on_masking_rules_$$")
    assert masked.stack == plain.stack
    assert len(line.list()) == 1


def test_an_event_of_a_suppressed_issue_is_dropped_from_the_next_batch_on(line):
    line.run(line.event())
    line.change(status="suppressed")

    outcome = line.run(line.event(), line.event())

    assert (outcome.stored, outcome.dropped) == (0, {"suppressed_issue": 2})
    assert len(line.uuids()) == 1


def test_an_event_of_a_resolved_issue_reopens_it(line):
    line.run(line.event())
    line.change(status="resolved")

    line.run(line.event(timestamp=later(1), received_at=later(1)))

    (row,) = line.list()
    assert (row.status, row.aggregations.occurrences) == ("active", 2)
    assert sorted(each.kind for each in line.rows(tables.announcements)) == ["issue_created", "issue_reopened"]


def test_a_late_event_is_counted_but_does_not_reopen(line):
    line.run(line.event())
    line.change(status="resolved")

    line.run(line.event(timestamp=later(-1), received_at=later(100)))

    (row,) = line.list()
    assert (row.status, row.aggregations.occurrences, row.first_seen) == ("resolved", 2, later(-1))


def test_a_fingerprint_moved_by_hand_shows_in_every_figure_of_the_next_question(line):
    def shop(type_, **more):
        return line.event({"$exception_list": [exception(type_)], "$session_id": "s"}, **more)

    line.run(shop("A"), shop("A", distinct_id="grace", timestamp=later(-50)), shop("B", timestamp=later(-9)))
    before = {row.name: row for row in line.list()}
    (moved,) = [row for row in line.rows(tables.fingerprints) if str(row.issue_id) == str(before["B"].id)]
    stored = line.events()

    with writing(line.engine) as connection:
        move_fingerprint(connection, line.project, moved.fingerprint, UUID(str(before["A"].id)), NOW)
    line.mirror.sync()

    (row,) = line.list()
    figures = row.aggregations
    assert str(row.id) == str(before["A"].id)
    assert (figures.occurrences, figures.users, figures.sessions, sum(figures.volume)) == (3, 2, 1, 3)
    assert (row.first_seen, row.last_seen) == (later(-50), NOW)
    assert line.list(fingerprints=(moved.fingerprint,))[0].aggregations.occurrences == 1
    assert line.events() == stored, "no event was touched"


def test_a_grouping_key_that_gets_another_fingerprint_shows_in_the_next_question(line):
    line.run(*(line.event({"$exception_list": [exception(type_)]}) for type_ in ("A", "B", "B")))
    issues = {row.name: row.id for row in line.list()}
    target = next(row for row in line.rows(tables.fingerprints) if str(row.issue_id) == str(issues["A"]))
    source = next(row for row in line.rows(tables.fingerprints) if str(row.issue_id) == str(issues["B"]))
    (key,) = [row.grouping_key for row in line.rows(tables.grouping_keys) if row.fingerprint_id == source.id]
    stored = line.events()

    with writing(line.engine) as connection:
        give_fingerprint(connection, line.project, key, Fingerprint(target.fingerprint, "v3", []), NOW)
    line.mirror.sync()

    (row,) = line.list()
    assert (row.name, row.aggregations.occurrences) == ("A", 3)
    assert line.list(fingerprints=(source.fingerprint,)) == []
    assert line.events() == stored, "no event was touched"


def test_the_next_event_of_a_moved_fingerprint_goes_where_it_went(line):
    line.run(*(line.event({"$exception_list": [exception(type_)]}) for type_ in ("A", "B")))
    issues = {row.name: row.id for row in line.list()}
    (moved,) = [row for row in line.rows(tables.fingerprints) if str(row.issue_id) == str(issues["B"])]
    with writing(line.engine) as connection:
        move_fingerprint(connection, line.project, moved.fingerprint, UUID(str(issues["A"])), NOW)
    line.mirror.sync()

    line.run(line.event({"$exception_list": [exception("B")]}))

    (row,) = line.list()
    assert (row.name, row.aggregations.occurrences) == ("A", 3)


# --- persons ---


def test_an_event_has_the_person_of_its_receipt(line):
    line.run(
        line.event(distinct_id="anon"),
        line.event({"$anon_distinct_id": "anon"}, name="$identify", distinct_id="ada"),
        line.event(distinct_id="anon"),
    )
    line.run(line.event(distinct_id="anon"))

    anon, ada = person_text(line.project, "anon"), person_text(line.project, "ada")
    assert [event.person_id for event in line.events()] == [anon, ada, ada]
    assert line.list()[0].aggregations.users == 2
    assert line.list(person_id=UUID(ada))[0].aggregations.occurrences == 3, "earlier events show as the same person"


# --- releases ---


def add_release(line, **more):
    row = {
        "version": "1.2.3+42",
        "project": "shop",
        "hash_id": uuid4().hex,
        "metadata": None,
        "created_at": NOW,
        **more,
    }
    identifier = uuid4()
    with writing(line.engine) as connection:
        connection.execute(sa.insert(tables.releases).values(id=identifier, project_id=line.project, **row))
    return str(identifier)


def test_an_event_gets_the_release_that_it_names(line):
    release_id = add_release(line)

    line.run(line.event({"$release_id": release_id, "$app_version": None, "$app_build": "7"}))

    (event,) = line.events()
    assert json.loads(event.release) == {
        "version": "1.2.3+42",
        "project": "shop",
        "timestamp": "2026-04-24T12:00:00Z",
    }
    assert event.release_names == [release_id, "1.2.3+42"]
    told = {name: event.properties[name] for name in ("$app_namespace", "$app_version", "$app_build")}
    assert told == {"$app_namespace": "shop", "$app_version": "1.2.3", "$app_build": "7"}


def test_an_event_of_a_mobile_application_gets_the_release_of_its_hash(line):
    hash_id = (
        "5a7f7b504d81759fa4e15f8b3bbc77c694a9dc222cfcd06c801fae9619076e97"
        "909edf651087106af331aea76463449f015ccc41ccacbf19148329b1c2c35aa7"
    )
    release_id = add_release(line, hash_id=hash_id)

    line.run(line.event({"$app_namespace": "com.example.app", "$app_version": "1.0", "$app_build": 42}))

    assert line.events()[0].release_names[0] == release_id


def test_a_release_that_appears_counts_within_a_second(line):
    line.run(line.event({"$release_id": str(UUID(int=4)), "n": 1}))
    with writing(line.engine) as connection:
        row = {"project_id": line.project, "hash_id": "h", "version": "9", "project": "shop", "created_at": NOW}
        connection.execute(sa.insert(tables.releases).values(id=UUID(int=4), **row))

    line.now = later(1)
    line.run(line.event({"$release_id": str(UUID(int=4)), "n": 2}))

    assert {event.properties["n"]: event.release_names for event in line.events()} == {
        1: [],
        2: [str(UUID(int=4)), "9"],
    }


def test_a_text_names_the_version_where_no_release_is_known(line):
    add_release(line)

    line.run(line.event({"$release_id": str(UUID(int=5)), "release": "2026.04"}))

    (event,) = line.events()
    assert (json.loads(event.release), event.release_names) == ({"version": "2026.04"}, ["2026.04"])
    assert "$app_version" not in event.properties


def test_a_release_of_another_project_is_none(line, engine, embedded_store):
    from tests.functional.pipeline.conftest import Line

    release_id = add_release(Line(engine, embedded_store, line.reader))

    line.run(line.event({"$release_id": release_id}))

    assert line.events()[0].release == ""


def test_releases_of_an_import_are_found_too(line):
    sent = {"r1": {"version": "1.0", "metadata": {"git": {"commit_id": "c1"}}}}

    line.run(line.event({"$exception_releases": sent, "$release": "2.0"}))

    (event,) = line.events()
    assert event.release_names == ["2.0", "r1", "1.0", "c1"]
    assert event.properties["$exception_releases"] == sent


# --- projects ---


def test_events_of_a_deleted_project_are_dropped(line):
    event, person = line.event(), line.event({"$set": {"a": 1}}, name="$set")
    with writing(line.engine) as connection:
        connection.execute(sa.delete(tables.projects).where(tables.projects.c.id == line.project))

    outcome = line.run(event, person)

    assert (outcome.stored, outcome.dropped) == (0, {"project_deleted": 2})
    assert line.events() == []
    with reading(line.engine) as connection:
        assert connection.execute(sa.select(tables.persons)).all() == []


def test_an_empty_batch_is_nothing(line):
    outcome = line.run()

    assert (outcome.stored, outcome.dropped) == (0, {})


@pytest.mark.parametrize("number", ["1e400", "9" * 5_000, "-" + "9" * 400, "{}", "[]", "true", "null"])
def test_an_email_address_that_is_no_text_holds_up_nothing(line, number):
    sent = {"$set": msgspec.Raw(f'{{"email":{number}}}'.encode())}
    person = msgspec.structs.replace(line.event(name="$set"), properties=sent)

    line.run(person)
    line.run(line.event({"$lib": "x"}))

    assert len(line.uuids()) == 1
    ((email,),) = line.store.query(line.project, "SELECT email FROM persons FINAL WHERE project_id = {project:UInt32}")
    assert email == ""
