"""Applications of rules in the change journal: what they did, and taking it back.

The events keep the grouping keys that an application gave them; taking it back gives these keys the fingerprints that
the events' former keys have now. So it is done at once, whatever the number of events, and merges and splits since are
followed.
"""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from mothlight.grouping import by_rule
from mothlight.issues.journal import RULE_APPLIED, UNDONE, Author
from mothlight.model.errors import invalid
from mothlight.model.issue_states import read_environments, write_environments
from mothlight.storage import mirror
from mothlight.storage.metadata.repositories import changes, issues
from mothlight.storage.metadata.repositories.changes import SETTINGS, Entry, NewEntry, Touch
from mothlight.storage.metadata.repositories.fingerprints import fingerprints_of_issues, owners_of
from mothlight.storage.metadata.repositories.grouping_keys import replace_keys
from mothlight.storage.metadata.repositories.issues import keys_of_fingerprints, read_fingerprints
from mothlight.storage.metadata.repositories.rule_applications import (
    Application,
    find_application,
    load_key_rows,
    moved_keys_of,
)
from mothlight.storage.metadata.repositories.seen import ENVIRONMENTS, FIRST_SEEN, read_seen, write_seen
from mothlight.storage.metadata.tables import fingerprints

APPLICATION = "application"


def record_application(connection: sa.Connection, author: Author, application: Application) -> UUID:
    """Enter what an application did to events; returns the entry's id."""
    entry = NewEntry(
        id=author.make_id(),
        kind=RULE_APPLIED,
        actor=author.actor,
        created_at=author.moment,
        touches=[Touch(SETTINGS)],
        before={},
        after=_told(application),
    )
    changes.insert_entries(connection, author.project_id, [entry])
    return entry.id


def application_of(connection: sa.Connection, project_id: int, entry: Entry) -> Application | None:
    """The application that an entry tells of.

    Raises:
        Refused: the entry took one back already; only applying it again does it again (400).
    """
    told = (entry.after or {}).get(APPLICATION)
    if told is None:
        return None
    if entry.kind != RULE_APPLIED:
        raise invalid("What was taken back of an applied rule comes again by applying it again.")
    return find_application(connection, project_id, UUID(told))


def take_application_back(connection: sa.Connection, author: Author, entry: Entry, application: Application) -> UUID:
    """Let its events belong where they belonged; returns the new entry's id."""
    project_id = author.project_id
    moved = moved_keys_of(connection, application.id)
    former = load_key_rows(connection, project_id, [each.from_key for each in moved])
    rows = [{**former[each.from_key], "grouping_key": each.grouping_key} for each in moved if each.from_key in former]
    replace_keys(connection, rows)
    changed = _restore_seen(connection, application)
    gone = _remove_what_is_left(connection, project_id, application)
    changed -= {*gone}
    mirror.note_owners(connection, project_id, [each.grouping_key for each in moved], author.moment)
    mirror.note_fingerprints(connection, project_id, changed, author.moment)
    owners = {*owners_of(connection, changed).values(), *gone.values()}
    mirror.note_issues(connection, project_id, owners, author.moment)
    undone = NewEntry(
        id=author.make_id(),
        kind=UNDONE,
        actor=author.actor,
        created_at=author.moment,
        touches=[Touch(SETTINGS)],
        before={},
        after=_told(application),
        undoes=entry.id,
        depth=entry.depth + 1,
        origin=entry.origin,
    )
    changes.insert_entries(connection, project_id, [undone])
    return undone.id


def _told(application: Application) -> dict[str, object]:
    return {
        APPLICATION: str(application.id),
        "kind": application.kind,
        "rule": str(application.rule_id),
        "events": application.moved,
    }


def _restore_seen(connection: sa.Connection, application: Application) -> set[UUID]:
    """What fingerprints said before, and what they have seen since."""
    before = {UUID(each): seen for each, seen in application.fingerprints.items()}
    now = read_seen(connection, before.keys())
    target = by_rule(application.rule_id).value
    own = read_fingerprints(connection, application.project_id, [target]).get(target)
    restored: dict[UUID, tuple[datetime | None, str | None]] = {}
    for each, present in now.items():
        moments = [moment for moment in (before[each][FIRST_SEEN], present[FIRST_SEEN]) if moment is not None]
        texts = [text for text in (before[each][ENVIRONMENTS], present[ENVIRONMENTS]) if text is not None]
        if own is not None and each == own.id:
            # What it saw was seen by the events that leave it.
            moments, texts = moments[:1], texts[:1]
        names = frozenset[str]().union(*map(read_environments, texts))
        restored[each] = (
            min(map(datetime.fromisoformat, moments), default=None),
            write_environments(names) if texts else None,
        )
    write_seen(connection, restored)
    return set(restored)


def _remove_what_is_left(connection: sa.Connection, project_id: int, application: Application) -> dict[UUID, UUID]:
    """A rule's fingerprint that no events have any more goes, and its issue with it; both by id."""
    value = by_rule(application.rule_id).value
    target = read_fingerprints(connection, project_id, [value]).get(value)
    if target is None or keys_of_fingerprints(connection, [target.id]):
        return {}
    connection.execute(sa.delete(fingerprints).where(fingerprints.c.id == target.id))
    if not fingerprints_of_issues(connection, project_id, [target.issue_id]):
        issues.delete_issues(connection, [target.issue_id])
    return {target.id: target.issue_id}
