"""What events tell about persons."""

import pytest

from mothlight.persons.operations import read_operation
from tests.support.received import NOW, raw, received


def told(name, properties=None, **more):
    return read_operation(received(1, properties, name=name, **more))


def test_identify_names_the_old_id_and_properties():
    operation = told(
        "$identify",
        {
            "$anon_distinct_id": "anon-1",
            "$set": {"email": "ada@example.com"},
            "$set_once": {"plan": "free", "ref": None},
        },
    )

    assert operation.identifies
    assert operation.distinct_id == "ada"
    assert operation.merged_id == "anon-1"
    assert operation.moment == NOW
    assert operation.set == {"email": raw("ada@example.com")}
    assert operation.set_once == {"plan": raw("free")}, "nulls of $set_once are ignored"


def test_identify_alone_makes_a_person():
    operation = told("$identify")

    assert operation.identifies
    assert operation.merged_id is None


@pytest.mark.parametrize(("name", "even_identified"), [("$create_alias", False), ("$merge_dangerously", True)])
def test_an_alias_is_merged_into_the_distinct_id_among_the_properties(name, even_identified):
    operation = told(name, {"alias": "new", "distinct_id": "previous"}, distinct_id="new")

    assert (operation.distinct_id, operation.merged_id) == ("previous", "new")
    assert operation.even_identified is even_identified
    assert not operation.identifies


def test_an_alias_without_a_distinct_id_among_the_properties_is_about_the_events_own():
    operation = told("$create_alias", {"alias": "new"}, distinct_id="old")

    assert (operation.distinct_id, operation.merged_id) == ("old", "new")


@pytest.mark.parametrize("name", ["$set", "$exception", "order placed"])
def test_any_event_can_change_properties(name):
    operation = told(name, {"$set": {"a": 1}, "$set_once": {"b": [1.50]}, "$unset": ["c"]})

    assert operation.set == {"a": raw(1)}
    assert operation.set_once == {"b": raw([1.5])}
    assert operation.unset == ["c"]


def test_unset_may_be_an_object_whose_keys_count():
    assert told("$set", {"$unset": {"c": "", "d": 1}}).unset == ["c", "d"]


@pytest.mark.parametrize(
    ("name", "properties"),
    [
        ("$pageview", {"plan": "pro"}),
        ("$exception", {}),
        ("$groupidentify", {"$group_type": "company", "$set": {"name": "Acme"}}),
        ("$identify", {"$process_person_profile": False, "$set": {"a": 1}}),
        ("$set", {"$process_person_profile": False, "$set": {"a": 1}}),
        ("$create_alias", {"distinct_id": "ada"}),
        ("$create_alias", {"alias": None}),
        ("$set", {"$set": {}, "$set_once": {"a": None}, "$unset": []}),
        ("$set", {"$set": "text", "$set_once": [1], "$unset": 7}),
    ],
)
def test_says_nothing_where_nothing_is_to_be_changed(name, properties):
    assert told(name, properties) is None


@pytest.mark.parametrize(
    ("sent", "read"), [(17, "17"), (1.5, "1.5"), ({"a": 1}, '{"a": 1}'), ("x" * 300, "x" * 200), ("é", "é")]
)
def test_ids_are_read_as_the_intake_reads_them(sent, read):
    assert told("$create_alias", {"alias": sent}).merged_id == read


def test_values_stay_as_they_were_written():
    event = received(name="$set")
    event.properties["$set"] = raw(0).__class__(b'{"n": 1.50, "big": 12345678901234567890}')

    operation = read_operation(event)

    assert {name: bytes(value) for name, value in operation.set.items()} == {
        "n": b"1.50",
        "big": b"12345678901234567890",
    }
