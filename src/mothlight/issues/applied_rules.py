"""Applications of rules in the change journal: what they did, and taking it back.

The events keep the grouping keys that an application gave them; taking it back gives these keys the fingerprints that
the events' former keys have now. So it is done at once, whatever the number of events, and merges and splits since are
followed.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from mothlight.issues.journal import RULE_APPLIED, UNDONE, Author
from mothlight.model.errors import invalid
from mothlight.model.issue_states import read_environments, write_environments
from mothlight.storage import mirror
from mothlight.storage.metadata.repositories import changes, issues
from mothlight.storage.metadata.repositories.changes import SETTINGS, Entry, NewEntry, Touch
from mothlight.storage.metadata.repositories.fingerprints import delete_fingerprint, fingerprints_of_issues, owners_of
from mothlight.storage.metadata.repositories.grouping_keys import replace_keys
from mothlight.storage.metadata.repositories.issues import keys_of_fingerprints
from mothlight.storage.metadata.repositories.rule_applications import (
    Application,
    find_application,
    load_key_rows,
    moved_keys_of,
)
from mothlight.storage.metadata.repositories.seen import ENVIRONMENTS, FIRST_SEEN, read_seen, write_seen

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
    given = load_key_rows(connection, project_id, [each.grouping_key for each in moved])
    targets = {row["fingerprint_id"] for row in given.values()}
    former = load_key_rows(connection, project_id, [each.from_key for each in moved])
    rows = [{**former[each.from_key], "grouping_key": each.grouping_key} for each in moved if each.from_key in former]
    replace_keys(connection, rows)
    changed = _restore_seen(connection, application, targets)
    gone = _remove_what_is_left(connection, project_id, application, targets)
    mirror.note_owners(connection, project_id, [each.grouping_key for each in moved], author.moment)
    mirror.note_fingerprints(connection, project_id, changed, author.moment)
    owners = {*owners_of(connection, changed).values(), *gone}
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


def is_taken_back(entry: Entry) -> bool:
    """Whether an entry tells that an application was taken back, which only applying it again does again."""
    return entry.kind != RULE_APPLIED and APPLICATION in (entry.after or {})


def _told(application: Application) -> dict[str, object]:
    return {
        APPLICATION: str(application.id),
        "kind": application.kind,
        "rule": str(application.rule_id),
        "backwards": application.backwards,
        "events": application.moved,
    }


def _restore_seen(connection: sa.Connection, application: Application, targets: Collection[UUID]) -> set[UUID]:
    """What fingerprints said before, and what those have seen since that events come back to."""
    before = {UUID(each): seen for each, seen in application.fingerprints.items()}
    now = read_seen(connection, before.keys())
    restored: dict[UUID, tuple[datetime | None, str | None]] = {}
    for each, present in now.items():
        # What others saw since was seen by the events that leave them.
        counting = [before[each]] if each in targets else [before[each], present]
        moments = [seen[FIRST_SEEN] for seen in counting if seen[FIRST_SEEN] is not None]
        texts = [seen[ENVIRONMENTS] for seen in counting if seen[ENVIRONMENTS] is not None]
        names = frozenset[str]().union(*map(read_environments, texts))
        restored[each] = (
            min(map(datetime.fromisoformat, moments), default=None),
            write_environments(names) if texts else None,
        )
    write_seen(connection, restored)
    return set(restored)


def _remove_what_is_left(
    connection: sa.Connection, project_id: int, application: Application, targets: Collection[UUID]
) -> set[UUID]:
    """Fingerprints that the application made and no events have any more go, their issues with them; gives these."""
    gone: set[UUID] = set()
    for fingerprint_id, issue_id in owners_of(connection, targets).items():
        if str(fingerprint_id) in application.fingerprints or keys_of_fingerprints(connection, [fingerprint_id]):
            continue
        delete_fingerprint(connection, fingerprint_id)
        if not fingerprints_of_issues(connection, project_id, [issue_id]):
            issues.delete_issues(connection, [issue_id])
        gone.add(issue_id)
    return gone
