"""Several nodes at once: on PostgreSQL, where two transactions can really run beside each other."""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
import sqlalchemy as sa

from mothlight.issues.link import link_newcomers
from mothlight.issues.move import move_fingerprint
from mothlight.issues.sighting import Newcomer, Sighting
from mothlight.model.stack import Fingerprint
from mothlight.storage.metadata import tables
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories.issues import find_owners
from tests.support.metadata import add_project
from tests.support.received import NOW, received

FINGERPRINTS = [f"f{number}" for number in range(20)]


def sightings(project, keys, fingerprints):
    made = []
    for key, value in zip(keys, fingerprints, strict=True):
        sighting = Sighting.of(key, received(project))
        sighting.newcomer = Newcomer([Fingerprint(value, "v3", [])], "", "E", "", None)
        made.append(sighting)
    return made


def link(engine, project, seen):
    with writing(engine) as connection:
        link_newcomers(connection, project, seen, NOW, uuid4)


def count(engine, table, project):
    with reading(engine) as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table).where(table.c.project_id == project))


def test_nodes_that_see_the_same_fingerprints_at_once_make_one_issue_each(engine):
    """No orphan issue, no second announcement, whoever is first; every key finds its owner."""
    project = add_project(engine)
    start = threading.Barrier(4)

    def node(number):
        order = FINGERPRINTS if number % 2 else FINGERPRINTS[::-1]
        seen = sightings(project, [number * 100 + index for index in range(len(order))], order)
        start.wait()
        link(engine, project, seen)
        return [sighting.grouping_key for sighting in seen]

    with ThreadPoolExecutor(4) as threads:
        keys = [key for some in threads.map(node, range(1, 5)) for key in some]

    for table in (tables.issues, tables.fingerprints, tables.announcements, tables.changes):
        assert count(engine, table, project) == len(FINGERPRINTS), table.name
    with reading(engine) as connection:
        owners = find_owners(connection, project, keys)
    assert len(owners) == len(keys)
    assert len({owner.issue_id for owner in owners.values()}) == len(FINGERPRINTS)


def test_nodes_that_see_the_same_key_at_once_agree(engine):
    project = add_project(engine)
    start = threading.Barrier(2)

    def node(_number):
        seen = sightings(project, [7], ["f"])
        start.wait()
        link(engine, project, seen)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(node, range(2)))

    assert count(engine, tables.issues, project) == count(engine, tables.grouping_keys, project) == 1


def test_a_key_that_appears_while_its_fingerprint_moves_moves_too(engine):
    """The note of the move lists the key, or the key's own note comes after the move: the copy cannot stay behind."""
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    project = add_project(engine)
    link(engine, project, sightings(project, [1, 2], ["f", "g"]))
    with reading(engine) as connection:
        target = find_owners(connection, project, [2])[2].issue_id
    linked = threading.Event()

    def add_key():
        link(engine, project, sightings(project, [3], ["f"]))
        linked.set()

    with writing(engine) as connection:
        move_fingerprint(connection, project, "f", target, NOW)
        adding = threading.Thread(target=add_key)
        adding.start()
        was_held = not linked.wait(0.3)
    adding.join(10)

    assert was_held
    with reading(engine) as connection:
        assert find_owners(connection, project, [3])[3].issue_id == target
