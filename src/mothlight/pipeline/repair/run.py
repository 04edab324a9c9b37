"""Does the repairs that arrived symbol sets have noted, one project after the other, a page at a time.

How far a repair is stands in the metadata, written after each page, and a page can be done twice: so it goes on where
it was when the server died. Of several nodes one works on a project. What it has to wait for (a store that is away)
postpones it; a defect ends it, until the next start.
"""

from collections.abc import Callable

import msgspec
import sqlalchemy as sa
import structlog

from mothlight.kit.clock import Clock
from mothlight.kit.ids import MakeId
from mothlight.model.errors import Unavailable
from mothlight.pipeline.repair.keys import KeyRepair
from mothlight.pipeline.repair.stacks import StackRepair
from mothlight.pipeline.stack_symbols import StackResolver
from mothlight.storage.events.interface import EventStore
from mothlight.storage.metadata.engine import alone, reading, writing
from mothlight.storage.metadata.repositories import symbol_repairs as repository
from mothlight.storage.metadata.repositories import symbol_sets
from mothlight.storage.metadata.repositories.project_lifetime import project_versions
from mothlight.storage.metadata.repositories.symbol_repairs import (
    FAILED,
    FINISHED,
    KEYS,
    MOST_FAILURE_CHARACTERS,
    RUNNING,
    STACKS,
    SUPERSEDED,
    Repair,
)
from mothlight.storage.metadata.repositories.symbol_sets import SymbolSet
from mothlight.storage.mirror import Mirror

log = structlog.get_logger(__name__)

AT_ONCE = 100
"""Repairs of a project that are read together."""
SECONDS_AT_ONCE = 2.0
"""After which others get their turn, and the server may stop."""


class SymbolRepairs:
    """The repairs of all projects. For one thread."""

    def __init__(
        self,
        engine: sa.Engine,
        store: EventStore,
        mirror: Mirror,
        resolver: StackResolver,
        clock: Clock,
        make_id: MakeId,
        monotonic: Callable[[], float],
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._monotonic = monotonic
        self._stacks = StackRepair(store, resolver)
        self._keys = KeyRepair(engine, store, mirror, resolver, self._stacks, clock, make_id)
        self._has_begun = False

    def work(self) -> int:
        """Do what is to be done, for some seconds at most; returns how many repairs came to an end.

        What another node is at is left to it; what has to wait, for a store that is away, to the next call. Raises
        `Unavailable` where that is the metadata database.
        """
        self._begin()
        until = self._monotonic() + SECONDS_AT_ONCE
        with reading(self._engine) as connection:
            projects = repository.unfinished_projects(connection)
        done = 0
        for project_id in projects:
            try:
                done += self._work_on(project_id, until)
            except Unavailable as problem:
                # Other projects may have nothing to do with it: a statement that takes too much counts as well.
                log.warning("repair_postponed", project_id=project_id, reason=problem.reason)
        return done

    def _begin(self) -> None:
        """Have failed repairs done again, once: after a start, for an upgrade usually is the mend."""
        if not self._has_begun:
            with writing(self._engine) as connection:
                repository.take_up_failed(connection)
            self._has_begun = True

    def _work_on(self, project_id: int, until: float) -> int:
        """Of each project at least one page, so that none holds up the others."""
        done = 0
        with alone(self._engine, f"symbol repairs {project_id}") as is_ours:
            while is_ours:
                with reading(self._engine) as connection:
                    repairs = repository.unfinished_repairs(connection, project_id, AT_ONCE)
                for repair in repairs:
                    done += self._run(repair, until)
                    if self._monotonic() >= until:
                        return done
                if not repairs:
                    break
        return done

    def _run(self, repair: Repair, until: float) -> int:
        """One repair; 0 where it did not come to its end."""
        try:
            while (following := self._step(repair)) is not None:
                repair = following
                if self._monotonic() >= until:
                    return 0
        except Unavailable:
            raise
        except Exception as defect:
            log.exception("repair_failed", project_id=repair.project_id, ref=repair.ref)
            self._end(repair, FAILED, failure=f"{type(defect).__name__}: {defect}"[:MOST_FAILURE_CHARACTERS])
        return 1

    def _step(self, repair: Repair) -> Repair | None:
        """One page further; None at the end."""
        with reading(self._engine) as connection:
            versions = project_versions(connection, [repair.project_id])
            present = symbol_sets.sets_by_id(connection, repair.project_id, [repair.symbol_set_id])
        if repair.project_id not in versions:
            # The project is gone, and its repairs with it.
            return None
        if not _is_there(repair, present.get(repair.symbol_set_id)):
            # The file that is there now has a repair of its own; keys that are outdated by ours are renewed by it, or
            # by their next events.
            self._end(repair, SUPERSEDED)
            return None
        if repair.stacks_total is None:
            return self._go_on(repair, status=RUNNING, stacks_total=self._stacks.count(repair))
        if repair.step == STACKS:
            return self._next_stacks(repair, versions[repair.project_id].symbols)
        return self._next_keys(repair)

    def _next_stacks(self, repair: Repair, symbols_version: int) -> Repair:
        page = self._stacks.next_page(repair, symbols_version)
        if not page.last:
            return self._go_on(repair, step=KEYS, cursor="")
        return self._go_on(
            repair,
            cursor=page.last,
            stacks=repair.stacks + page.stacks,
            events=repair.events + page.events,
            frames_resolved=repair.frames_resolved + page.frames_resolved,
        )

    def _next_keys(self, repair: Repair) -> Repair | None:
        last = self._keys.next_page(repair)
        if last:
            return self._go_on(repair, cursor=last)
        self._end(repair, FINISHED)
        return None

    def _go_on(self, repair: Repair, **values: object) -> Repair:
        with writing(self._engine) as connection:
            repository.change_repairs(connection, repair.project_id, [repair.id], **values)
        return msgspec.structs.replace(repair, **values)

    def _end(self, repair: Repair, status: str, **values: object) -> None:
        with writing(self._engine) as connection:
            repository.change_repairs(
                connection, repair.project_id, [repair.id], status=status, finished_at=self._clock(), **values
            )
        log.info(
            "repair_ended",
            status=status,
            project_id=repair.project_id,
            ref=repair.ref,
            stacks=repair.stacks,
            events=repair.events,
            frames_resolved=repair.frames_resolved,
        )


def _is_there(repair: Repair, found: SymbolSet | None) -> bool:
    """Whether the file that arrived is the one that the set has now."""
    return found is not None and found.is_complete and found.storage_key == repair.storage_key
