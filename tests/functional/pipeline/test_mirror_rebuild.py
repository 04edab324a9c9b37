"""All copies of the mirror written anew, as after two stores were restored from different moments."""

import threading
from uuid import UUID

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from mothlight.issues.journal import Author
from mothlight.model.errors import Unavailable
from mothlight.persons.identity import person_id
from mothlight.storage import mirror, mirror_rebuild
from mothlight.storage.metadata import tables
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories import issues as issue_repository
from mothlight.storage.metadata.repositories import mirror as outbox
from mothlight.storage.mirror_rebuild import catch_up
from tests.functional.pipeline.conftest import USER, Line
from tests.support.received import NOW


@pytest.fixture(autouse=True)
def logs():
    with capture_logs() as entries:
        yield entries


def ask(line):
    with writing(line.engine) as connection:
        outbox.ask_for_rebuild(connection, NOW)


def rebuild(line):
    ask(line)
    return catch_up(line.engine, line.store, line.mirror, line.clock)


def behind_the_mirror(line, *statements):
    """Changes that nobody notes, as a restore makes them."""
    with writing(line.engine) as connection:
        for statement in statements:
            connection.execute(statement)


def notes(line):
    with reading(line.engine) as connection:
        return [row.kind for row in connection.execute(sa.select(tables.mirror_outbox))]


def copies(line, sql):
    return line.store.query(line.project, f"{sql} WHERE project_id = {{project:UInt32}}")


def names(line):
    return sorted(row.name for row in line.list())


def report(line, *fingerprints):
    line.run(*(line.event({"$exception_fingerprint": each, "$issue_name": each}) for each in fingerprints))


def test_an_older_event_store_learns_what_the_metadata_knows(line):
    """Its events are stored before, for they came with the journal; only the copies are missing or old."""
    report(line, "a", "b")
    target = next(row.id for row in line.rows(tables.issues) if row.name == "b")
    moved = next(row for row in line.rows(tables.fingerprints) if row.fingerprint == "a")
    behind_the_mirror(
        line,
        sa.update(tables.issues).where(tables.issues.c.id == target).values(name="renamed"),
        sa.update(tables.fingerprints).where(tables.fingerprints.c.id == moved.id).values(issue_id=target),
    )
    assert names(line) == ["a", "b"]

    count = rebuild(line)

    assert [(row.name, row.aggregations.occurrences) for row in line.list()] == [("renamed", 2)]
    assert count == 4, "two issues and two owners"
    assert notes(line) == []


def test_persons_and_overrides_are_written_too(line):
    line.run(line.event({"$anon_distinct_id": "anon", "$set": {"email": "old@moths.test"}}, name="$identify"))
    ada, grace = person_id(line.project, "ada"), person_id(line.project, "grace")
    behind_the_mirror(
        line,
        sa.update(tables.persons)
        .where(tables.persons.c.project_id == line.project)
        .values(properties='{"email":"new@moths.test"}'),
        sa.insert(tables.person_overrides).values(project_id=line.project, old_person_id=grace, person_id=ada),
    )

    rebuild(line)

    assert ("new@moths.test",) in copies(line, "SELECT email FROM persons FINAL")
    overrides = dict(copies(line, "SELECT toString(old_person_id), toString(person_id) FROM person_overrides FINAL"))
    assert overrides[str(grace)] == str(ada)


def test_older_metadata_wins_over_newer_copies(line):
    """The numbers of its notes would be lower than those of the copies."""
    report(line, "a")
    line.change(status="suppressed")
    with writing(line.engine) as connection:
        if line.engine.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT setval(pg_get_serial_sequence('mirror_outbox', 'seq'), 1)"))
        else:
            connection.execute(sa.text("UPDATE sqlite_sequence SET seq = 0 WHERE name = 'mirror_outbox'"))
        connection.execute(sa.update(tables.issues).values(status="active", name="restored"))

    rebuild(line)
    assert copies(line, "SELECT name, status FROM issues FINAL") == [("restored", "active")]
    line.change(status="resolved")

    assert copies(line, "SELECT name, status FROM issues FINAL") == [("restored", "resolved")]


def test_copies_of_what_older_metadata_does_not_know_say_nothing_any_more(line):
    report(line, "a", "b")
    line.run(line.event({"$anon_distinct_id": "anon"}, name="$identify"))
    line.run(line.event({"alias": "c", "distinct_id": "ada"}, name="$create_alias"))
    gone = next(row.id for row in line.rows(tables.issues) if row.name == "b")
    keys, fingerprints = tables.grouping_keys, tables.fingerprints
    of_issue = sa.select(fingerprints.c.id).where(fingerprints.c.issue_id == gone)
    behind_the_mirror(
        line,
        sa.delete(keys).where(keys.c.fingerprint_id.in_(of_issue)),
        sa.delete(fingerprints).where(fingerprints.c.issue_id == gone),
        sa.delete(tables.issues).where(tables.issues.c.id == gone),
        sa.delete(tables.persons),
        sa.delete(tables.person_overrides),
    )

    rebuild(line)

    assert names(line) == ["a"]
    assert dict(copies(line, "SELECT toString(issue_id), deleted FROM issues FINAL"))[str(gone)] == 1
    assert {row[0] for row in copies(line, "SELECT deleted FROM persons FINAL")} == {1}
    overrides = copies(line, "SELECT old_person_id = person_id FROM person_overrides FINAL")
    assert {row[0] for row in overrides} == {1}, "whoever was merged into nobody is who they are"
    report(line, "b")
    assert names(line) == ["a", "b"], "an exception that comes again begins its issue anew"


def test_many_rows_are_written_in_slices(line, monkeypatch):
    monkeypatch.setattr(mirror_rebuild, "ROWS_AT_ONCE", 2)
    report(line, *"abcde")
    behind_the_mirror(line, sa.update(tables.issues).values(name=tables.issues.c.name + "!"))
    waiting = []
    sync = line.mirror.sync
    monkeypatch.setattr(line.mirror, "sync", lambda: waiting.append(len(notes(line))) or sync())

    assert rebuild(line) == 10

    assert names(line) == ["a!", "b!", "c!", "d!", "e!"]
    assert max(waiting) == 3, "two rows and the request"


def test_every_project_is_written(line, engine, embedded_store):
    other = Line(engine, embedded_store, line.reader)
    for each in (line, other):
        report(each, "a")
    behind_the_mirror(line, sa.update(tables.issues).values(name="new"))

    rebuild(line)

    assert (names(line), names(other)) == (["new"], ["new"])


def test_a_request_waits_for_a_store_that_is_away_and_notes_nothing_meanwhile(line, engine):
    class Away:
        def query(self, *_):
            raise Unavailable("away")

    report(line, "a")
    ask(line)

    for _ in range(3):
        with pytest.raises(Unavailable):
            catch_up(engine, Away(), line.mirror, line.clock)

    assert notes(line) == ["rebuild"]
    assert catch_up(engine, line.store, line.mirror, line.clock) == 2


def test_without_a_request_only_what_is_noted_is_written(line, logs):
    report(line, "a")
    with writing(line.engine) as connection:
        mirror.note_issues(connection, line.project, [line.issue.id], NOW)

    assert catch_up(line.engine, line.store, line.mirror, line.clock) == 1
    assert logs == []


def test_a_request_is_no_burden_for_those_who_sync_their_own_changes(line):
    report(line, "a")
    ask(line)

    assert line.mirror.sync() == 0
    assert notes(line) == ["rebuild"]


def test_a_change_that_is_being_made_meanwhile_is_not_overwritten(line):
    """Its note may have the lower number, but its row is waited for before the other note takes one."""
    report(line, "a")
    ask(line)
    thread = threading.Thread(target=lambda: catch_up(line.engine, line.store, line.mirror, line.clock))
    with writing(line.engine) as connection:
        author = Author(line.project, USER, NOW, lambda: UUID(int=1))
        locked = issue_repository.lock_issues(connection, author.project_id, [line.issue.id])
        issue_repository.update_issue(connection, next(iter(locked)), {"name": "changed"})
        mirror.note_issues(connection, line.project, locked, NOW)
        thread.start()
        thread.join(0.3)
        assert thread.is_alive(), "it waits"
    thread.join(20)
    line.mirror.sync()

    assert names(line) == ["changed"]


def test_notes_may_spell_identifiers_without_dashes(line):
    """As SQLite does."""
    report(line, "a")
    line.run(line.event({"$anon_distinct_id": "anon"}, name="$identify"))
    line.run(line.event({"alias": "c", "distinct_id": "ada"}, name="$create_alias"))
    before = copies(line, "SELECT count() FROM issues FINAL"), copies(line, "SELECT count() FROM persons FINAL")
    behind_the_mirror(line, sa.update(tables.issues).values(name="new"))
    (override, *_) = line.rows(tables.person_overrides)
    (person, *_) = line.rows(tables.persons)
    with writing(line.engine) as connection:
        for kind, key in (("issue", line.issue.id), ("person", person.id), ("override", override.old_person_id)):
            outbox.write_notes(connection, line.project, kind, [key.hex], NOW)

    assert line.mirror.sync() == 3
    assert names(line) == ["new"]
    after = copies(line, "SELECT count() FROM issues FINAL"), copies(line, "SELECT count() FROM persons FINAL")
    assert after == before


def test_a_note_about_an_override_that_is_not_there_is_written_all_the_same(line):
    with writing(line.engine) as connection:
        mirror.note_overrides(connection, line.project, [UUID(int=7)], NOW)

    assert line.mirror.sync() == 1
    assert notes(line) == []
