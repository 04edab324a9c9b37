"""Distinct ids and persons."""

import pytest

from mothlight.persons.identity import is_nonsense, person_id, person_text


def test_the_same_distinct_id_is_the_same_person_always():
    first = person_id(1, "ada")
    person_id.cache_clear()

    assert person_id(1, "ada") == first
    assert first.version == 5
    assert person_text(1, "ada") == str(first)


def test_the_same_distinct_id_in_another_project_is_another_person():
    assert person_id(1, "ada") != person_id(2, "ada")
    assert person_id(1, "11") != person_id(11, "1")


@pytest.mark.parametrize(
    "distinct_id",
    [
        "anonymous",
        " Anonymous-User ",
        "GUEST",
        "user",
        "backend",
        "system",
        "distinct_id",
        "distinctId",
        "id",
        "email",
        "None",
        "null",
        "NaN",
        "undefined",
        "not_authenticated",
        "true",
        "False",
        "0",
        "[object Object]",
        "00000000-0000-0000-0000-000000000000",
        "",
        "  ",
    ],
)
def test_knows_what_applications_send_when_they_know_no_id(distinct_id):
    assert is_nonsense(distinct_id)


@pytest.mark.parametrize("distinct_id", ["ada", "00", "user-1", "1", "anonymous2"])
def test_takes_other_ids_seriously(distinct_id):
    assert not is_nonsense(distinct_id)
