"""Issues on every metadata database: found, made, reopened, moved and changed."""

from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from mothlight.issues.change import NewValues, change_issue
from mothlight.issues.journal import Author
from mothlight.issues.link import link_newcomers
from mothlight.issues.move import give_fingerprint, move_fingerprint
from mothlight.issues.receive import is_news, receive
from mothlight.issues.sighting import Newcomer, Sighting
from mothlight.model.errors import Refused
from mothlight.model.stack import Fingerprint
from mothlight.storage.metadata import tables
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories.changes import Actor
from mothlight.storage.metadata.repositories.issues import Assignee, find_owners
from tests.support.metadata import add_project
from tests.support.received import NOW, later, received

USER = Actor("user", "7")


def automatic(value, *older):
    versions = [Fingerprint(each, f"v{number}", []) for number, each in enumerate(older, start=1)]
    return [*versions, Fingerprint(value, "v3", [{"type": "exception", "id": None, "pieces": ["Exception Type"]}])]


class Desk:
    """What the pipeline does with issues, and what tests look at."""

    def __init__(self, engine, project):
        self.engine = engine
        self.project = project

    def see(self, key, *fingerprints, now=NOW, name="PayError", severity=None, **event):
        """One event of a grouping key, as the pipeline handles it."""
        sighting = Sighting.of(key, received(self.project, **event))
        if self.owner(key) is None:
            sighting.newcomer = Newcomer(list(fingerprints) or automatic("f"), "stack", name, "declined", severity)
            with writing(self.engine) as connection:
                link_newcomers(connection, self.project, [sighting], now, uuid4)
        owner = self.owner(key)
        if is_news(sighting, owner):
            with writing(self.engine) as connection:
                receive(connection, self.project, [(sighting, owner)], now, uuid4)
        return self.owner(key)

    def owner(self, key):
        with reading(self.engine) as connection:
            return find_owners(connection, self.project, [key]).get(key)

    def change(self, issue_id, now=NOW, **values):
        with writing(self.engine) as connection:
            return change_issue(connection, Author(self.project, USER, now, uuid4), issue_id, NewValues(**values))

    def rows(self, table):
        with reading(self.engine) as connection:
            found = connection.execute(sa.select(table).where(table.c.project_id == self.project))
            return [SimpleNamespace(**row._mapping) for row in found]

    @property
    def issue(self):
        (found,) = self.rows(tables.issues)
        return found

    def told(self):
        """Kinds of announcements."""
        return sorted(row.kind for row in self.rows(tables.announcements))

    def journal(self):
        """Kinds of changes."""
        return sorted(row.kind for row in self.rows(tables.changes))

    def noted(self):
        """What the mirror has to learn, and forget it."""
        found = {(row.kind, row.key) for row in self.rows(tables.mirror_outbox)}
        with writing(self.engine) as connection:
            connection.execute(sa.delete(tables.mirror_outbox))
        return found


@pytest.fixture
def desk(engine):
    return Desk(engine, add_project(engine))


# --- find or create ---


def test_the_first_event_of_a_fingerprint_makes_an_issue(desk):
    owner = desk.see(11, name="N" * 300, severity="high", timestamp=later(-5), received_at=later(1))

    issue = desk.issue
    assert owner.issue_id == issue.id
    assert (issue.status, issue.severity, issue.name, issue.description) == ("active", "high", "N" * 255, "declined")
    assert (issue.created_at, issue.last_received_at) == (NOW, later(1))
    assert owner.first_seen == later(-5)
    assert desk.noted() == {("issue", str(issue.id)), ("owner", "11")}


def test_a_new_issue_is_announced_and_entered_in_its_journal(desk):
    owner = desk.see(11, uuid=UUID(int=99), timestamp=later(-5))

    (announcement,) = desk.rows(tables.announcements)
    assert (announcement.kind, announcement.issue_id) == ("issue_created", owner.issue_id)
    assert (announcement.fingerprint, announcement.event_uuid) == ("f", UUID(int=99))
    assert (announcement.event_timestamp, announcement.due_at) == (later(-5), announcement.created_at)
    assert announcement.issue == {
        "name": "PayError",
        "description": "declined",
        "status": "active",
        "severity": None,
        "created_at": "2026-04-24T12:00:00Z",
    }
    (change,) = desk.rows(tables.changes)
    assert (change.kind, change.actor_type, change.actor_id) == ("created", "pipeline", None)
    (about,) = desk.rows(tables.change_issues)
    assert (about.seq, about.issue_id, about.activity) == (change.seq, owner.issue_id, None)


def test_an_import_is_not_announced(desk):
    desk.see(11, historical=True)

    assert desk.told() == []
    assert desk.journal() == ["created"]


def test_another_key_with_the_same_fingerprint_has_the_same_issue(desk):
    first = desk.see(11)

    assert desk.see(12).issue_id == first.issue_id
    assert desk.told() == ["issue_created"]


def test_another_fingerprint_has_another_issue(desk):
    assert desk.see(11, *automatic("f")).issue_id != desk.see(12, *automatic("g")).issue_id


def test_new_keys_of_one_batch_share_the_issue_that_the_first_names(desk):
    sightings = [Sighting.of(key, received(desk.project, timestamp=later(-key))) for key in (11, 12)]
    for sighting, name in zip(sightings, ("First", "Second"), strict=True):
        sighting.newcomer = Newcomer(automatic("f"), "", name, "", None)

    with writing(desk.engine) as connection:
        link_newcomers(connection, desk.project, sightings, NOW, uuid4)

    assert desk.issue.name == "First"
    assert (desk.owner(11).issue_id, desk.owner(11).first_seen) == (desk.owner(12).issue_id, desk.owner(12).first_seen)
    assert desk.owner(11).first_seen == later(-12)


def test_an_older_version_keeps_its_issue(desk):
    old = desk.see(11, *automatic("old"))

    owner = desk.see(12, *automatic("new", "older", "old"))

    assert (owner.issue_id, owner.fingerprint) == (old.issue_id, "old")
    (row,) = [row for row in desk.rows(tables.grouping_keys) if row.grouping_key == 12]
    assert row.fingerprint_version == "v2"


def test_a_key_is_kept_with_what_its_fingerprint_was_made_of(desk):
    desk.see(11)

    (row,) = desk.rows(tables.grouping_keys)
    assert row.record == [{"type": "exception", "id": None, "pieces": ["Exception Type"]}]
    assert (row.stack, row.fingerprint_version) == ("stack", "v3")


def test_the_same_fingerprint_in_another_project_is_another_issue(desk):
    other = Desk(desk.engine, add_project(desk.engine))

    assert desk.see(11).issue_id != other.see(11).issue_id
    assert desk.owner(11).issue_id == desk.issue.id


def test_a_manual_fingerprint_has_no_version(desk):
    desk.see(11, Fingerprint("mine", None, [{"type": "manual"}]))

    (row,) = desk.rows(tables.grouping_keys)
    assert (row.fingerprint_version, row.record) == (None, [{"type": "manual"}])


# --- receipts and reopening ---


def test_a_receipt_is_written_once_a_minute(desk):
    desk.see(11, received_at=NOW)

    desk.see(11, received_at=later(59))
    first = desk.issue.last_received_at
    desk.see(11, received_at=later(60))

    assert (first, desk.issue.last_received_at) == (NOW, later(60))


def test_an_earlier_receipt_changes_nothing(desk):
    desk.see(11, received_at=later(100))

    desk.see(11, received_at=NOW)

    assert desk.issue.last_received_at == later(100)


def test_the_first_sighting_is_the_earliest_of_all(desk):
    desk.see(11, timestamp=NOW)
    desk.see(12, timestamp=NOW)
    desk.noted()

    desk.see(11, timestamp=later(-100))
    desk.see(11, timestamp=later(100))

    assert desk.owner(12).first_seen == later(-100)
    assert desk.noted() == {("owner", "11"), ("owner", "12")}


@pytest.mark.parametrize("status", ["resolved", "archived", "pending_release"])
def test_the_next_event_reopens_an_issue(desk, status):
    issue_id = desk.see(11).issue_id
    desk.change(issue_id, status=status, now=later(10))
    desk.noted()

    owner = desk.see(11, uuid=UUID(int=98), timestamp=later(10), received_at=later(11))

    assert owner.status == "active"
    assert desk.told() == ["issue_created", "issue_reopened"]
    assert desk.noted() == {("issue", str(issue_id))}
    (entry,) = [row for row in desk.rows(tables.changes) if row.kind == "reopened"]
    assert entry.before == {"status": status, "environments": {"unnamed": None}}
    assert entry.after["status"] == "active"
    assert entry.after["environments"] == {"unnamed": {"status": "active"}}
    assert (entry.after["event"], entry.after["environment"]) == (str(UUID(int=98)), "unnamed")
    (announcement,) = [row for row in desk.rows(tables.announcements) if row.kind == "issue_reopened"]
    assert announcement.issue["status"] == "active"
    assert announcement.event_uuid == UUID(int=98)


def test_an_event_that_happened_before_the_issue_was_resolved_does_not_reopen_it(desk):
    issue_id = desk.see(11).issue_id
    desk.change(issue_id, status="resolved", now=later(10))

    owner = desk.see(11, uuid=UUID(int=97), timestamp=later(9), received_at=later(100))

    assert owner.status == "resolved"
    assert owner.last_received_at == later(100), "it is seen again"
    assert desk.told() == ["issue_created"]
    (entry,) = [row for row in desk.rows(tables.changes) if row.kind == "not_reopened"]
    assert entry.after == {
        "event": str(UUID(int=97)),
        "environment": "unnamed",
        "release": None,
        "rule": "earlier_time",
        "evidence": "it happened 1 second before the issue was resolved",
    }


def test_the_reason_is_kept_once_after_each_resolving(desk):
    issue_id = desk.see(11).issue_id
    desk.change(issue_id, status="resolved", now=later(10))
    for minute in (2, 4):
        desk.see(11, timestamp=later(9), received_at=later(60 * minute), now=later(60 * minute))
    once = desk.journal().count("not_reopened")

    desk.change(issue_id, status="active", now=later(300))
    desk.change(issue_id, status="resolved", now=later(301))
    desk.see(11, timestamp=later(9), received_at=later(400), now=later(400))

    assert (once, desk.journal().count("not_reopened")) == (1, 2)


def test_a_suppressed_issue_never_comes_back_but_its_receipt_is_recorded(desk):
    issue_id = desk.see(11).issue_id
    desk.change(issue_id, status="suppressed")

    owner = desk.see(11, timestamp=later(-50), received_at=later(100))

    assert (owner.status, owner.last_received_at) == ("suppressed", later(100))
    assert owner.first_seen == NOW, "its events are not admitted"
    assert desk.told() == ["issue_created"]


def test_a_reopening_by_an_import_is_not_announced(desk):
    desk.change(desk.see(11).issue_id, status="resolved", now=later(10))

    assert desk.see(11, timestamp=later(20), historical=True).status == "active"
    assert desk.told() == ["issue_created"]


def test_a_status_that_changed_while_we_waited_counts(desk):
    """The decision is made under the lock, not on what was read before."""
    stale = desk.see(11)
    desk.change(stale.issue_id, status="resolved", now=later(10))
    sighting = Sighting.of(11, received(desk.project, timestamp=later(20), received_at=later(100)))

    with writing(desk.engine) as connection:
        receive(connection, desk.project, [(sighting, stale)], later(100), uuid4)

    assert desk.issue.status == "active"
    assert desk.told() == ["issue_created", "issue_reopened"]


# --- moving ---


def test_a_fingerprint_moves_with_all_its_keys_and_grows_a_version(desk):
    first, other = desk.see(11, *automatic("f")), desk.see(13, *automatic("g"))
    desk.see(12, *automatic("f"))
    desk.noted()

    with writing(desk.engine) as connection:
        assert move_fingerprint(connection, desk.project, "f", other.issue_id, NOW)

    assert {desk.owner(key).issue_id for key in (11, 12, 13)} == {other.issue_id}
    assert {row.fingerprint: row.version for row in desk.rows(tables.fingerprints)} == {"f": 1, "g": 0}
    assert desk.noted() == {("owner", "11"), ("owner", "12")}
    assert first.issue_id != other.issue_id


def test_a_fingerprint_that_belongs_there_already_does_not_move(desk):
    owner = desk.see(11)
    desk.noted()

    with writing(desk.engine) as connection:
        assert not move_fingerprint(connection, desk.project, "f", owner.issue_id, NOW)

    assert desk.noted() == set()


def test_nothing_moves_between_projects(desk):
    other = Desk(desk.engine, add_project(desk.engine))
    mine, theirs = desk.see(11), other.see(11, *automatic("theirs"))

    with pytest.raises(Refused), writing(desk.engine) as connection:
        move_fingerprint(connection, desk.project, "f", theirs.issue_id, NOW)
    with pytest.raises(Refused), writing(desk.engine) as connection:
        move_fingerprint(connection, desk.project, "theirs", mine.issue_id, NOW)

    assert desk.owner(11).issue_id == mine.issue_id


def test_a_grouping_key_gets_another_fingerprint(desk):
    desk.see(11, *automatic("f"))
    other = desk.see(12, *automatic("g"))
    desk.noted()

    with writing(desk.engine) as connection:
        give_fingerprint(connection, desk.project, 11, Fingerprint("g", "v2", [{"type": "manual"}]), NOW)

    assert desk.owner(11) == other
    (row,) = [row for row in desk.rows(tables.grouping_keys) if row.grouping_key == 11]
    assert (row.fingerprint_version, row.record) == ("v2", [{"type": "manual"}])
    assert desk.noted() == {("owner", "11")}


@pytest.mark.parametrize(("key", "value"), [(11, "unknown"), (99, "f")])
def test_keys_and_fingerprints_that_are_unknown_are_refused(desk, key, value):
    desk.see(11)

    with pytest.raises(Refused), writing(desk.engine) as connection:
        give_fingerprint(connection, desk.project, key, Fingerprint(value, "v3", []), NOW)


# --- changes by people ---


def test_a_change_is_entered_with_before_and_after(desk):
    issue_id = desk.see(11).issue_id
    desk.noted()

    assert desk.change(issue_id, status="resolved", name="New", now=later(5))

    issue = desk.issue
    assert (issue.status, issue.name, issue.description, issue.resolved_at) == ("resolved", "New", "declined", later(5))
    (entry,) = [row for row in desk.rows(tables.changes) if row.kind == "updated"]
    assert (entry.actor_type, entry.actor_id) == ("user", "7")
    assert entry.before == {"status": "active", "name": "PayError", "elsewhere": {"status": "active"}}
    resolved = {"status": "resolved", "resolved_at": "2026-04-24T12:00:05Z"}
    assert entry.after == {"status": "resolved", "name": "New", "elsewhere": resolved}
    assert desk.noted() == {("issue", str(issue_id))}


def test_a_change_to_the_same_is_no_change(desk):
    issue_id = desk.see(11).issue_id
    desk.noted()

    assert not desk.change(issue_id, status="active", name="PayError")
    assert desk.journal() == ["created"]
    assert desk.noted() == set()


def test_names_may_be_taken_away(desk):
    desk.change(desk.see(11).issue_id, name=None, description="")

    assert (desk.issue.name, desk.issue.description) == (None, "")


def test_an_issue_is_resolved_since_it_became_so(desk):
    issue_id = desk.see(11).issue_id
    desk.change(issue_id, status="resolved", now=later(5))
    desk.change(issue_id, status="resolved", name="x", now=later(9))

    assert desk.issue.resolved_at == later(5)


def test_an_issue_has_one_assignee(desk):
    issue_id = desk.see(11).issue_id
    with writing(desk.engine) as connection:
        connection.execute(
            sa.insert(tables.users),
            [{"id": number, "email": f"{number}@example.com", "created_at": NOW} for number in (7, 8)],
        )
    desk.noted()

    outcomes = [desk.change(issue_id, assignee=each) for each in (Assignee(7), Assignee(7), Assignee(8), None, None)]

    assert outcomes == [True, False, True, True, False]
    assert [(row.before, row.after) for row in desk.rows(tables.changes) if row.kind == "assigned"] == [
        ({"assignee": None}, {"assignee": {"type": "user", "id": 7}}),
        ({"assignee": {"type": "user", "id": 7}}, {"assignee": {"type": "user", "id": 8}}),
        ({"assignee": {"type": "user", "id": 8}}, {"assignee": None}),
    ]
    assert desk.rows(tables.assignments) == []
    assert desk.noted() == {("issue", str(issue_id))}


def test_an_issue_of_another_project_cannot_be_changed(desk):
    other = Desk(desk.engine, add_project(desk.engine))
    issue_id = other.see(11).issue_id

    with pytest.raises(Refused) as refusal:
        desk.change(issue_id, status="resolved")

    assert (refusal.value.status, refusal.value.detail) == (404, "Issue not found")
    assert other.issue.status == "active"
