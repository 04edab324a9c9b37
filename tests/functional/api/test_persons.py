"""`persons/`: from an address or a distinct id to a person's id (api.md 2.1)."""

import uuid

import msgspec
import pytest

from mothlight.persons.identity import person_id
from mothlight.storage.metadata.engine import writing
from mothlight.storage.metadata.repositories.persons import StoredPerson, map_distinct_ids, write_persons
from tests.support.cast import NOW
from tests.support.event_rows import Shop

ADA, BOB = uuid.UUID(int=1), uuid.UUID(int=2)
BIG = "12345678901234567890.10"


@pytest.fixture
def shop(api):
    """Ada and Bob were told about, Eve only sent an event."""
    shop = Shop(api.events, api.cast.project.id)
    with writing(api.cast.engine) as connection:
        ada = {"email": msgspec.Raw(b'"ada@Moths.test"'), "big": msgspec.Raw(BIG.encode())}
        people = [StoredPerson(ADA, ada, True, NOW), StoredPerson(BOB, {}, False, NOW)]
        write_persons(connection, shop.project, people)
        map_distinct_ids(connection, shop.project, {"ada": ADA, "ada-laptop": ADA, "bob": BOB})
    shop.person(str(ADA), distinct_ids=["ada", "ada-laptop"], email="ada@Moths.test")
    shop.person(str(BOB), distinct_ids=["bob"])
    shop.event("F", user="eve")
    Shop(api.events, api.cast.other_project.id).event("F", user="mallory")
    return shop


def found(api, **query):
    answer = api.ask("GET", f"projects/{api.cast.project.id}/persons/", params=query).json()
    return answer["count"], [row["distinct_ids"] for row in answer["results"]]


def test_a_person_shows_ids_properties_as_sent_and_creation(api, shop):
    answer = api.ask("GET", f"projects/{api.cast.project.id}/persons/", params={"distinct_id": "ada-laptop"})

    assert f'"big":{BIG}' in answer.text
    assert answer.json() == {
        "count": 1,
        "next": None,
        "previous": None,
        "results": [
            {
                "id": str(ADA),
                "distinct_ids": ["ada", "ada-laptop"],
                "properties": {"email": "ada@Moths.test", "big": float(BIG)},
                "created_at": "2026-04-24T12:00:00Z",
            }
        ],
    }


def test_who_only_sent_events_is_found_by_distinct_id(api, shop):
    answer = api.ask("GET", f"projects/{api.cast.project.id}/persons/", params={"distinct_id": "eve"}).json()

    assert answer["results"] == [
        {
            "id": str(person_id(shop.project, "eve")),
            "distinct_ids": ["eve"],
            "properties": {},
            "created_at": "2026-04-24T12:00:00Z",
        }
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"distinct_id": "nobody"}, (0, [])),
        ({"distinct_id": "mallory"}, (0, [])),
        ({"distinct_id": "\0"}, (0, [])),
        ({"search": "\0"}, (0, [])),
        ({"search": "mallory"}, (0, [])),
        ({"search": "ADA@moths"}, (1, [["ada", "ada-laptop"]])),
        ({"search": "laptop"}, (1, [["ada", "ada-laptop"]])),
        ({"search": "eve"}, (1, [["eve"]])),
        ({"search": "b"}, (1, [["bob"]])),
        ({"search": "a"}, (1, [["ada", "ada-laptop"]])),
        ({"distinct_id": "ada", "search": "moths"}, (1, [["ada", "ada-laptop"]])),
        ({"distinct_id": "ada", "search": "bob"}, (0, [])),
        ({"distinct_id": "eve", "search": "ev"}, (1, [["eve"]])),
        ({}, (2, [["ada", "ada-laptop"], ["bob"]])),
        ({"limit": "1"}, (2, [["ada", "ada-laptop"]])),
        ({"limit": "1", "offset": "1"}, (2, [["bob"]])),
        ({"limit": "1", "offset": "2"}, (2, [])),
    ],
)
def test_persons_are_found_by_address_and_distinct_id(api, shop, query, expected):
    assert found(api, **query) == expected


def test_one_known_by_events_only_comes_after_the_others(api, shop):
    shop.event("F", user="bo")

    assert found(api, search="bo") == (2, [["bob"], ["bo"]])
    assert found(api, search="bo", limit="1") == (2, [["bob"]])
    assert found(api, search="bo", limit="1", offset="1") == (2, [["bo"]])
    assert found(api, search="bo", limit="1", offset="2") == (2, [])
