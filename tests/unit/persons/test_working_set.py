"""Merging and changing persons in memory."""

from datetime import timedelta

import pytest

from mothlight.persons import working_set as module
from mothlight.persons.identity import person_id
from mothlight.persons.operations import Operation
from mothlight.persons.working_set import WorkingSet
from mothlight.storage.metadata.repositories.persons import StoredPerson
from tests.support.received import NOW, raw

ADA, ANON, GRACE = (person_id(1, each) for each in ("ada", "anon", "grace"))


def working_set(people=None, persons=()):
    return WorkingSet(1, {"ada", "anon", "grace"}, people or {}, {person.id: person for person in persons})


def person(identifier, *, is_identified=False, created_at=NOW, **properties):
    return StoredPerson(identifier, {k: raw(v) for k, v in properties.items()}, is_identified, created_at)


def identify(distinct_id="ada", merged_id="anon", **more):
    return Operation(1, distinct_id, NOW, identifies=True, merged_id=merged_id, **more)


def change(distinct_id="ada", **more):
    return Operation(1, distinct_id, NOW, **more)


def only(changed):
    assert len(changed) == 1
    return changed[0]


def test_identifying_moves_an_anonymous_id_that_has_no_person_of_its_own():
    people = working_set()

    people.apply(identify())

    assert people.find("anon") == people.find("ada") == ADA
    assert people.mapping == {"ada": ADA, "anon": ADA}
    assert people.survivors == {ANON: ADA}, "its earlier events carry the default person"
    assert only(people.changed) == person(ADA, is_identified=True)


def test_identifying_merges_a_person_of_its_own_and_the_survivors_values_win():
    earlier = NOW - timedelta(days=1)
    people = working_set(
        {"anon": ANON, "ada": ADA},
        [person(ANON, created_at=earlier, plan="free", city="Rome"), person(ADA, plan="pro")],
    )

    people.apply(identify())

    assert only(people.changed) == person(ADA, is_identified=True, created_at=earlier, plan="pro", city="Rome")
    assert people.survivors == {ANON: ADA}


def test_an_identified_person_is_not_merged_into_another():
    people = working_set({"anon": ANON}, [person(ANON, is_identified=True)])

    people.apply(identify())

    assert people.find("anon") == ANON
    assert people.survivors == {}
    assert only(people.changed) == person(ADA, is_identified=True)


def test_merging_dangerously_merges_even_an_identified_person():
    people = working_set({"anon": ANON}, [person(ANON, is_identified=True)])

    people.apply(change(merged_id="anon", even_identified=True))

    assert people.find("anon") == ADA
    assert only(people.changed).is_identified


def test_an_alias_does_not_identify():
    people = working_set()

    people.apply(change(merged_id="anon"))

    assert people.find("anon") == ADA
    assert not only(people.changed).is_identified


def test_chains_of_merges_end_at_the_last_survivor():
    people = working_set()

    people.apply(change("ada", merged_id="anon"))
    people.apply(change("grace", merged_id="ada"))

    assert people.find("anon") == people.find("ada") == GRACE
    assert people.survivors == {ANON: GRACE, ADA: GRACE}
    assert people.mapping == {"ada": GRACE, "anon": GRACE, "grace": GRACE}


def test_merging_twice_changes_nothing_more():
    people = working_set()
    people.apply(change("ada", merged_id="anon"))

    people.apply(change("anon", merged_id="ada"))

    assert people.survivors == {ANON: ADA}
    assert people.find("ada") == ADA


@pytest.mark.parametrize(
    "operation", [identify("ada", "undefined"), identify("0", "anon"), change("ada", merged_id="")]
)
def test_nobody_is_merged_through_an_id_that_means_nobody(operation):
    people = working_set()

    people.apply(operation)

    assert people.survivors == {}
    assert people.find("anon") == ANON


def test_a_nonsense_id_is_not_identified_but_keeps_its_properties():
    people = working_set()

    people.apply(identify("null", None, set={"a": raw(1)}))

    assert only(people.changed) == person(person_id(1, "null"), a=1)


def test_set_replaces_set_once_fills_and_unset_removes():
    people = working_set({"ada": ADA}, [person(ADA, plan="free", first="x", old=1)])

    people.apply(
        change(set={"plan": raw("pro")}, set_once={"first": raw("y"), "second": raw("z")}, unset=["old", "missing"])
    )

    assert only(people.changed).properties == {"plan": raw("pro"), "first": raw("x"), "second": raw("z")}


def test_set_wins_over_set_once_of_the_same_event():
    people = working_set()

    people.apply(change(set={"a": raw(1)}, set_once={"a": raw(2)}))

    assert only(people.changed).properties == {"a": raw(1)}


def test_nothing_is_written_when_nothing_differs():
    people = working_set({"ada": ADA}, [person(ADA, plan="pro")])

    people.apply(change(set={"plan": raw("pro")}, set_once={"plan": raw("x")}, unset=["none"]))

    assert people.changed == []
    assert people.mapping == {}


def test_a_person_grows_only_to_a_bound(monkeypatch):
    monkeypatch.setattr(module, "MOST_PROPERTY_BYTES", 20)
    people = working_set({"ada": ADA}, [person(ADA, plan="pro")])

    people.apply(change(set={"text": raw("x" * 20)}))
    people.apply(change(set={"n": raw(1)}))

    assert only(people.changed).properties == {"plan": raw("pro"), "n": raw(1)}
