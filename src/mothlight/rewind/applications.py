"""Takes the applications of rules one after the other, step by step, on whichever node comes first.

What a step has done is in the stores, so a crash loses nothing: the next step, of any node, goes on where that one was.
"""

import msgspec
import sqlalchemy as sa
import structlog

from mothlight.issues.applied_rules import record_application
from mothlight.issues.journal import Author
from mothlight.kit.clock import Clock
from mothlight.kit.ids import MakeId
from mothlight.model.errors import Unavailable
from mothlight.rewind.assignments import assign, read_assignments
from mothlight.rewind.figures import update_seen
from mothlight.rewind.moves import Moves, count_moved
from mothlight.rewind.selection import read_keys, select_events
from mothlight.rules.kinds import ASSIGNMENT
from mothlight.storage import mirror as notes
from mothlight.storage.events.interface import EventStore
from mothlight.storage.metadata.engine import alone, reading, writing
from mothlight.storage.metadata.repositories.changes import Actor
from mothlight.storage.metadata.repositories.fingerprints import owners_of
from mothlight.storage.metadata.repositories.rule_applications import (
    DONE,
    FAILED,
    RUNNING,
    Application,
    moved_keys_of,
    next_application,
    update_application,
)
from mothlight.storage.mirror import Mirror

log = structlog.get_logger(__name__)

ALONE = "rule applications"


class RuleApplications:
    """Work for one thread of each node; only one node does it at a time."""

    def __init__(self, engine: sa.Engine, store: EventStore, mirror: Mirror, clock: Clock, make_id: MakeId) -> None:
        self._engine = engine
        self._store = store
        self._mirror = mirror
        self._clock = clock
        self._make_id = make_id
        self._moves = Moves(engine, store, mirror, clock, make_id)

    def work(self) -> bool:
        """Do a step of the oldest application that is not finished; False when there is none, or another node does it.

        Raises:
            Unavailable: a store is away; the same step can be done again.
        """
        with reading(self._engine) as connection:
            if next_application(connection) is None:
                return False
        with alone(self._engine, ALONE) as is_ours:
            if not is_ours:
                return False
            with reading(self._engine) as connection:
                application = next_application(connection)
            if application is None:
                return False
            try:
                self._step(application)
            except Unavailable:
                raise
            except Exception as defect:
                log.exception("rule_application_failed", project_id=application.project_id, id=str(application.id))
                self._finish(application, f"{type(defect).__name__}: {defect}")
        return True

    def _step(self, application: Application) -> None:
        if application.kind == ASSIGNMENT.name:
            self._assign(application)
            return
        self._store.finish_move(application.project_id, application.id)
        parts = select_events(application)
        read = [(part, *read_keys(self._store, application, part)) for part in parts]
        left = sum(events for _, events, _ in read)
        selected, keys = next(((part, keys) for part, _, keys in read if keys), (parts[0], []))
        if application.events is None:
            with writing(self._engine) as connection:
                update_application(connection, application.id, {"status": RUNNING, "events": left})
            application = msgspec.structs.replace(application, status=RUNNING, events=left)
        if not keys:
            self._finish(application)
            return
        self._moves.move(application, selected, keys)
        moved = self._count(application)
        with writing(self._engine) as connection:
            update_application(connection, application.id, {"moved": moved})

    def _assign(self, application: Application) -> None:
        wanted = read_assignments(self._store, application)
        with writing(self._engine) as connection:
            issues, change_id = assign(connection, self._author(application), wanted)
            done = {"status": DONE, "issues": issues, "change_id": change_id, "finished_at": self._clock()}
            update_application(connection, application.id, done)
        self._mirror.sync()

    def _finish(self, application: Application, failure: str | None = None) -> None:
        moved = self._count(application)
        with writing(self._engine) as connection:
            keys = moved_keys_of(connection, application.id)
            changed = update_seen(connection, self._store, application, keys) if keys else set()
            moment = self._clock()
            notes.note_fingerprints(connection, application.project_id, changed, moment)
            notes.note_issues(connection, application.project_id, set(owners_of(connection, changed).values()), moment)
            finished = msgspec.structs.replace(application, moved=moved)
            change_id = record_application(connection, self._author(application), finished) if keys else None
            done = {
                "status": DONE if failure is None else FAILED,
                "moved": moved,
                "failure": failure,
                "change_id": change_id,
                "finished_at": moment,
            }
            update_application(connection, application.id, done)
        self._mirror.sync()

    def _count(self, application: Application) -> int:
        with reading(self._engine) as connection:
            keys = moved_keys_of(connection, application.id)
        return count_moved(self._store, application.project_id, [each.grouping_key for each in keys])

    def _author(self, application: Application) -> Author:
        actor = msgspec.convert(application.actor, Actor)
        return Author(application.project_id, actor, self._clock(), self._make_id)
