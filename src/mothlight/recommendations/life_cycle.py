"""Lists, computes, dismisses and restores recommendations (api.md 2.4 to 2.7, 5.1).

A computation runs inline: it is some queries long, and the answer that started it shows its outcome. Whoever computes
has claimed the row, so that two requests, or two nodes, never compute the same at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
import structlog

from mothlight.kit.clock import Clock
from mothlight.kit.ids import MakeId
from mothlight.model.errors import Unavailable
from mothlight.recommendations.kind import Meta, Sources
from mothlight.recommendations.kinds import KINDS
from mothlight.recommendations.staleness import is_stale
from mothlight.storage.events.interface import EventStore
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories import recommendations as repository
from mothlight.storage.metadata.repositories.issues import load_issues
from mothlight.storage.metadata.repositories.recommendations import StoredRecommendation

log = structlog.get_logger(__name__)


class UnknownKind(Exception):
    """The row is of a type that this version does not compute."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A row as it is read: with the present state of its issues, and whether anything is left to do."""

    row: StoredRecommendation
    meta: Meta
    completed: bool


class Recommendations:
    """Recommendations of all projects. Methods block and may be called from any thread.

    All raise `Unavailable` when the metadata database is away.
    """

    def __init__(self, database: sa.Engine, events: EventStore, clock: Clock, make_id: MakeId) -> None:
        self._database = database
        self._events = events
        self._clock = clock
        self._make_id = make_id

    def list(self, project_id: int, *, poll: bool) -> Sequence[Recommendation]:
        """All rows by type. Unless polled, missing rows are made and stale ones computed first."""
        if not poll:
            self._bring_up_to_date(project_id)
        with reading(self._database) as connection:
            rows = repository.list_recommendations(connection, project_id)
            return [_present(connection, project_id, row) for row in rows]

    def find(self, project_id: int, row_id: UUID) -> Recommendation | None:
        """One row."""
        with reading(self._database) as connection:
            row = repository.find_recommendation(connection, project_id, row_id)
            return None if row is None else _present(connection, project_id, row)

    def refresh(self, project_id: int, row_id: UUID, *, force: bool) -> Recommendation | None:
        """One row, computed anew if forced and if nobody computes it already.

        Raises:
            UnknownKind: this version does not compute such rows.
            Unavailable: the event store is away; the row is as it was.
        """
        found = self.find(project_id, row_id)
        if found is None:
            return None
        if found.row.type not in KINDS:
            raise UnknownKind(found.row.type)
        if force and (claimed_at := self._claim(row_id)):
            try:
                self._compute(project_id, found.row, claimed_at)
            except Unavailable:
                raise
            except Exception as problem:  # noqa: BLE001 - the row keeps what it had, whatever went wrong (5.1)
                _log_failure(project_id, found.row, problem)
        return self.find(project_id, row_id)

    def dismiss(self, project_id: int, row_id: UUID) -> Recommendation | None:
        """One row, hidden from now on."""
        return self._set_dismissed(project_id, row_id, self._clock())

    def restore(self, project_id: int, row_id: UUID) -> Recommendation | None:
        """One row, shown again."""
        return self._set_dismissed(project_id, row_id, None)

    def _set_dismissed(self, project_id: int, row_id: UUID, dismissed_at: datetime | None) -> Recommendation | None:
        if self.find(project_id, row_id) is None:
            return None
        with writing(self._database) as connection:
            repository.set_dismissed(connection, row_id, dismissed_at, self._clock())
        return self.find(project_id, row_id)

    def _bring_up_to_date(self, project_id: int) -> None:
        for row in self._rows_of_all_kinds(project_id):
            kind = KINDS.get(row.type)
            if kind is None or not is_stale(project_id, row.type, kind.interval, row.computed_at, self._clock()):
                continue
            if claimed_at := self._claim(row.id):
                try:
                    self._compute(project_id, row, claimed_at)
                except Exception as problem:  # noqa: BLE001 - one failing computation never fails the list (2.4)
                    _log_failure(project_id, row, problem)

    def _rows_of_all_kinds(self, project_id: int) -> Sequence[StoredRecommendation]:
        with reading(self._database) as connection:
            rows = repository.list_recommendations(connection, project_id)
        missing = KINDS.keys() - {row.type for row in rows}
        if not missing:
            return rows
        with writing(self._database) as connection:
            repository.add_missing(connection, project_id, sorted(missing), self._make_id, self._clock())
            return repository.list_recommendations(connection, project_id)

    def _claim(self, row_id: UUID) -> datetime | None:
        now = self._clock()
        with writing(self._database) as connection:
            return now if repository.claim(connection, row_id, now) else None

    def _compute(self, project_id: int, row: StoredRecommendation, claimed_at: datetime) -> None:
        try:
            meta = KINDS[row.type].compute(Sources(project_id, self._database, self._events, claimed_at))
        except BaseException:
            with writing(self._database) as connection:
                repository.release(connection, row.id, claimed_at)
            raise
        with writing(self._database) as connection:
            repository.finish(connection, row.id, claimed_at, meta, self._clock())


def _present(connection: sa.Connection, project_id: int, row: StoredRecommendation) -> Recommendation:
    kind = KINDS.get(row.type)
    if kind is None or row.computed_at is None:
        return Recommendation(row, row.meta, completed=False)
    meta = _with_present_status(connection, project_id, row.meta) if kind.lists_issues else row.meta
    return Recommendation(row, meta, kind.is_completed(meta))


def _with_present_status(connection: sa.Connection, project_id: int, meta: Meta) -> Meta:
    ids = {issue["id"]: UUID(issue["id"]) for issue in meta["issues"]}
    stored = load_issues(connection, project_id, list(ids.values())) if ids else {}
    present = [
        {**issue, "status": stored[ids[issue["id"]]].status if ids[issue["id"]] in stored else issue["status"]}
        for issue in meta["issues"]
    ]
    return {**meta, "issues": present}


def _log_failure(project_id: int, row: StoredRecommendation, problem: Exception) -> None:
    log.error("recommendation_failed", project_id=project_id, type=row.type, exc_info=problem)
