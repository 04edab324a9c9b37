"""Persons on every metadata database: what a batch tells is applied once, and the event store's copy follows."""

import json
from uuid import UUID

import pytest
import sqlalchemy as sa

from mothlight.persons import apply
from mothlight.persons.apply import Entry, Persons, PersonsFailed
from mothlight.persons.identity import person_id, person_text
from mothlight.storage.metadata import tables
from mothlight.storage.metadata.engine import reading
from mothlight.storage.mirror import Mirror
from tests.support.metadata import add_project
from tests.support.received import NOW, received


@pytest.fixture
def people(engine, project):
    add_project(engine, project)
    return Persons(engine, lambda: NOW)


@pytest.fixture
def event(project):
    return lambda name, properties=None, **more: received(project, properties, name=name, **more)


def stored_persons(engine, project):
    with reading(engine) as connection:
        rows = connection.execute(sa.select(tables.persons).where(tables.persons.c.project_id == project))
        return {row.id: (json.loads(row.properties), row.is_identified) for row in rows}


def test_identifying_makes_one_person_of_both_ids(engine, project, people, event):
    people.apply([Entry(1, [event("$identify", {"$anon_distinct_id": "anon", "$set": {"email": "ada@example.com"}})])])

    ada = person_text(project, "ada")
    assert people.find(project, ["ada", "anon", "grace"]) == {"ada": ada, "anon": ada}
    assert stored_persons(engine, project) == {UUID(ada): ({"email": "ada@example.com"}, True)}


def test_numbers_stay_as_they_were_sent(engine, project, people, event):
    sent = event("$set", {"$set": {}})
    sent.properties["$set"] = sent.properties["$set"].__class__(b'{"n":1.50,"big":123456789012345678901234567890}')

    people.apply([Entry(1, [sent])])

    with reading(engine) as connection:
        text = connection.scalar(sa.select(tables.persons.c.properties).where(tables.persons.c.project_id == project))
    assert text == '{"n":1.50,"big":123456789012345678901234567890}'


def test_a_later_batch_finds_what_an_earlier_one_wrote(engine, project, people, event):
    people.apply([Entry(1, [event("$set", {"$set": {"plan": "free"}, "$set_once": {"first": 1}})])])

    people.apply([Entry(2, [event("$set", {"$set": {"plan": "pro"}, "$set_once": {"first": 2}, "$unset": ["none"]})])])

    assert stored_persons(engine, project) == {person_id(project, "ada"): ({"plan": "pro", "first": 1}, False)}


def test_a_merge_moves_all_ids_of_the_person_and_repoints_earlier_merges(engine, project, people, event):
    people.apply([Entry(1, [event("$create_alias", {"alias": "a", "distinct_id": "b"})])])
    people.apply([Entry(2, [event("$create_alias", {"alias": "b", "distinct_id": "c"})])])

    c = person_text(project, "c")
    assert people.find(project, ["a", "b", "c"]) == {"a": c, "b": c, "c": c}
    with reading(engine) as connection:
        columns = (tables.person_overrides.c.old_person_id, tables.person_overrides.c.person_id)
        overrides = dict(
            connection.execute(sa.select(*columns).where(tables.person_overrides.c.project_id == project)).all()
        )
    assert overrides == {person_id(project, "a"): UUID(c), person_id(project, "b"): UUID(c)}


def test_an_entry_that_was_applied_changes_nothing_again(engine, project, people, event):
    first = Entry(1, [event("$set", {"$set": {"plan": "free"}})])
    people.apply([first, Entry(2, [event("$set", {"$set": {"plan": "pro"}})])])

    Persons(engine, lambda: NOW).apply([first])

    assert stored_persons(engine, project) == {person_id(project, "ada"): ({"plan": "pro"}, False)}


def test_each_writer_has_a_progress_of_its_own(engine, project, people, event):
    people.apply([Entry(5, [event("$set", {"$set": {"plan": "free"}})], writer="a")])

    people.apply([Entry(1, [event("$set", {"$set": {"plan": "pro"}})], writer="b")])

    assert stored_persons(engine, project) == {person_id(project, "ada"): ({"plan": "pro"}, False)}


def test_an_entry_is_done_only_with_its_last_part(engine, project, people, event):
    people.apply([Entry(1, [event("$set", {"$set": {"a": 1}})], is_last=False)])

    people.apply([Entry(1, [event("$set", {"$set": {"b": 2}})])])

    assert stored_persons(engine, project) == {person_id(project, "ada"): ({"a": 1, "b": 2}, False)}


def test_an_exception_has_the_person_of_its_receipt(project, people, event):
    before, after = (event("$exception", distinct_id="anon") for _ in range(2))
    other = event("$exception", distinct_id="grace")

    found = people.apply([Entry(1, [before, event("$identify", {"$anon_distinct_id": "anon"}), after, other])])

    assert found.find(before) == person_text(project, "anon")
    assert found.find(after) == person_text(project, "ada")
    assert found.find(other) is None


def test_a_second_attempt_gives_an_exception_the_same_person(project, people, event):
    before = event("$exception", distinct_id="anon")
    entries = [Entry(1, [before, event("$identify", {"$anon_distinct_id": "anon"})])]
    first = people.apply(entries).find(before)

    assert people.apply(entries).find(before) == first == person_text(project, "anon")


def test_other_events_touch_no_person(engine, project, people, event):
    found = people.apply(
        [Entry(1, [event("$pageview"), event("$exception"), event("$groupidentify", {"$set": {"a": 1}})])]
    )

    assert not found.changed
    assert stored_persons(engine, project) == {}


def test_persons_of_another_project_are_never_touched(engine, project, people, event):
    other = add_project(engine)
    people.apply([Entry(1, [event("$identify", {"$anon_distinct_id": "anon"})])])

    people.apply([Entry(2, [received(other, {"alias": "anon", "distinct_id": "ada"}, name="$create_alias")])])

    assert people.find(other, ["anon"]) == {"anon": person_text(other, "ada")}
    assert people.find(project, ["anon"]) == {"anon": person_text(project, "ada")}


def test_the_event_stores_copy_follows(engine, embedded_store, project, people, event):
    set_email = {"$anon_distinct_id": "anon", "$set": {"email": "ada@example.com"}}
    people.apply([Entry(1, [event("$set", {"$set": {"x": 1}}, distinct_id="anon"), event("$identify", set_email)])])

    Mirror(engine, embedded_store).sync()

    ada, anon = person_text(project, "ada"), person_text(project, "anon")
    persons = embedded_store.query(
        project,
        "SELECT toString(person_id), distinct_ids, email, deleted FROM persons FINAL "
        "WHERE project_id = {project:UInt32}",
    )
    assert sorted(persons) == sorted([(ada, ["ada", "anon"], "ada@example.com", 0), (anon, [], "", 1)])
    assert embedded_store.query(
        project,
        "SELECT toString(old_person_id), toString(person_id) FROM person_overrides FINAL "
        "WHERE project_id = {project:UInt32}",
    ) == [(anon, ada)]


def test_thousands_of_operations_are_one_transaction(engine, project, people, event):
    operations = [
        event("$identify", {"$anon_distinct_id": f"anon-{n}", "$set": {"n": n}}, distinct_id=f"user-{n % 700}")
        for n in range(2_000)
    ]

    people.apply([Entry(1, operations)])

    assert len(stored_persons(engine, project)) == 700
    assert people.find(project, ["anon-1999"]) == {"anon-1999": person_text(project, "user-599")}


def test_entries_of_several_writers_in_one_batch_are_each_applied_once(engine, project, people, event):
    """As after a restart, when what the process before wrote is followed by what this one writes."""
    old = Entry(7, [event("$set", {"$set": {"plan": "free"}})], writer="before")
    people.apply([old])
    new = Entry(3, [event("$set", {"$set": {"plan": "pro"}})], writer="now")

    people.apply([old, new])
    people.apply([old, new])

    assert stored_persons(engine, project) == {person_id(project, "ada"): ({"plan": "pro"}, False)}


def test_a_defect_says_that_nothing_is_applied(engine, project, people, event, monkeypatch):
    monkeypatch.setattr(apply, "read_operation", lambda _: 1 / 0)

    with pytest.raises(PersonsFailed, match="ZeroDivisionError"):
        people.apply([Entry(1, [event("$set", {"$set": {"plan": "free"}})])])

    assert stored_persons(engine, project) == {}
