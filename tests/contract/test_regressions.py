"""Which events bring a resolved issue back, on every metadata database, with the words that say why.

The rows of `tests/golden/regressions/table.json` are in days from the moment of resolving. `seen` is what the issue
was seen in before; a row without a release in `resolved` is resolved in the newest of these.
"""

import json
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from mothlight.issues.change import NewValues, Resolution, change_issue
from mothlight.issues.journal import Author
from mothlight.issues.link import link_newcomers
from mothlight.issues.receive import is_news, receive
from mothlight.issues.release_order import newest
from mothlight.issues.release_sightings import ReleaseSightings
from mothlight.issues.sighting import Newcomer, Sighting
from mothlight.model.stack import Fingerprint
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories import changes
from mothlight.storage.metadata.repositories.changes import Actor, EntryFilter
from mothlight.storage.metadata.repositories.issues import find_owners, load_issues
from mothlight.storage.metadata.repositories.release_sightings import load_releases
from tests.support.metadata import add_project
from tests.support.received import NOW, received

TABLE = json.loads((Path(__file__).parents[1] / "golden" / "regressions" / "table.json").read_text())
KEY = 11
LONG_AGO = -365


class Case:
    """One issue of one project."""

    def __init__(self, engine):
        self.engine = engine
        self.project = add_project(engine)
        self.releases = ReleaseSightings(engine)

    def see(self, release, days, *, at=None, historical=False, environment=""):
        """An event that happened on a day and was received on the same one, or on another."""
        happened = NOW + timedelta(days=days)
        got = happened if at is None else NOW + timedelta(days=at)
        event = received(self.project, timestamp=happened, received_at=got, historical=historical)
        sighting = Sighting.of(KEY, event, environment, release)
        self.releases.note([sighting])
        if self.owner() is None:
            sighting.newcomer = Newcomer([Fingerprint("f", "v3", [])], "", "PayError", "", None)
            with writing(self.engine) as connection:
                link_newcomers(connection, self.project, [sighting], got, uuid4)
        elif is_news(sighting, self.owner()):
            with writing(self.engine) as connection:
                assert receive(connection, self.project, [(sighting, self.owner())], got, uuid4) == []
        return event

    def owner(self):
        with reading(self.engine) as connection:
            return find_owners(connection, self.project, [KEY]).get(KEY)

    def resolve(self, seen, *, release=None, is_next=False, environment=None):
        issue_id = self.owner().issue_id
        with writing(self.engine) as connection:
            known = load_releases(connection, self.project, seen)
            chosen = newest(seen, known.first_seen)
            resolution = Resolution(release, is_next, {} if chosen is None else {issue_id: chosen})
            values = NewValues(status="resolved", resolution=resolution, environment=environment)
            change_issue(connection, Author(self.project, Actor("user", "7"), NOW, uuid4), issue_id, values)

    def status(self):
        with reading(self.engine) as connection:
            (issue,) = load_issues(connection, self.project, [self.owner().issue_id]).values()
        return issue.status

    def told(self, *kinds):
        with reading(self.engine) as connection:
            return changes.list_entries(connection, self.project, EntryFilter(kinds=kinds), 100, 0)


@pytest.fixture
def case(engine):
    return Case(engine)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["name"])
def test_the_table(case, row):
    case.see("", LONG_AGO)
    for each in row["seen"]:
        case.see(each["release"], each["days"])
    case.resolve([each["release"] for each in row["seen"]], **row["resolved"])
    asked = row["event"]

    event = case.see(
        asked["release"], asked["days"], at=asked.get("received"), historical=asked.get("historical", False)
    )

    (entry,) = case.told("reopened", "not_reopened")
    assert (case.status() == "active", entry.kind == "reopened") == (row["reopens"], row["reopens"])
    assert entry.after["event"] == str(event.uuid)
    assert entry.after["release"] == (asked["release"] or None)
    assert (entry.after["rule"], entry.after["evidence"]) == (row["rule"], row["evidence"])


def test_the_table_has_enough_rows():
    assert len({row["name"] for row in TABLE}) == len(TABLE) >= 20
    assert {row["reopens"] for row in TABLE} == {True, False}
    assert {"earlier_time", "later_time", "earlier_release", "later_release", "same_release", "static_release"} == {
        row["rule"] for row in TABLE
    }


def test_of_the_events_of_a_batch_any_one_that_is_late_enough_reopens(case):
    """The newest event is one of an old release; an older one is of the release it was resolved in."""
    case.see("1.4.1", LONG_AGO)
    case.see("1.4.2", -1)
    case.resolve(["1.4.1", "1.4.2"])
    old = Sighting.of(KEY, received(case.project, timestamp=NOW + timedelta(days=2)), "", "1.4.1")
    same = Sighting.of(KEY, received(case.project, timestamp=NOW + timedelta(days=1)), "", "1.4.2")

    with writing(case.engine) as connection:
        receive(connection, case.project, [(old, case.owner()), (same, case.owner())], NOW, uuid4)

    (entry,) = case.told("reopened")
    assert UUID(entry.after["event"]) == same.latest.uuid


def test_an_environment_that_is_new_starts_as_the_issue_stands_and_comes_back_by_the_same_rules(case):
    case.see("1.4.2", LONG_AGO, environment="production")
    case.resolve(["1.4.2"])

    case.see("1.4.1", 1, environment="staging")
    assert case.status() == "resolved"
    assert case.owner().states.of("staging").status == "resolved"
    case.see("1.4.2", 2, environment="staging")

    assert case.status() == "active"
    assert case.owner().states.of("staging").status == "active"
    assert case.owner().states.of("production").status == "resolved"
    assert [entry.after["environment"] for entry in case.told("reopened", "not_reopened")] == ["staging", "staging"]
