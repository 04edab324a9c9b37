"""Everything that runs beside the web server, started and stopped together."""

from collections.abc import Sequence

import sqlalchemy as sa

from mothlight.issues.make_waiting import make_waiting_issues
from mothlight.journal.backlog import Backlog
from mothlight.kit.clock import Clock
from mothlight.kit.ids import MakeId
from mothlight.kit.token_bucket import Rate
from mothlight.limits.upkeep import forget_old_limits
from mothlight.model.tally import Tally
from mothlight.pipeline.repair.run import SymbolRepairs
from mothlight.pipeline.run import Pipeline
from mothlight.rewind.applications import RuleApplications
from mothlight.spikes.watch import SpikeWatch
from mothlight.storage.blobs.interface import Blobs
from mothlight.storage.events.interface import EventStore
from mothlight.storage.mirror import Mirror
from mothlight.storage.mirror_rebuild import catch_up
from mothlight.symbol_sets.fetching.keep import forget_failures
from mothlight.symbol_sets.remove import sweep_blobs
from mothlight.upkeep.clock_watch import ClockWatch
from mothlight.upkeep.deleted_projects import delete_leftovers
from mothlight.upkeep.retention import drop_old_events
from mothlight.worker.drain_journal import DrainJournal
from mothlight.worker.upkeep import Chore, Upkeep

MIRROR_EVERY_SECONDS = 1.0
CLOCK_EVERY_SECONDS = 1.0
DELETED_PROJECTS_EVERY_SECONDS = 30.0
RULES_EVERY_SECONDS = 0.5
SYMBOL_FILES_EVERY_SECONDS = 3600.0
WAITING_ISSUES_EVERY_SECONDS = 2.0
SPIKES_EVERY_SECONDS = 5.0
LIMITS_EVERY_SECONDS = 3600.0
RETENTION_EVERY_SECONDS = 3600.0
REPAIRS_EVERY_SECONDS = 0.5


class Worker:
    """Drains the journal and keeps the stores in order."""

    def __init__(
        self,
        backlog: Backlog,
        pipeline: Pipeline,
        tally: Tally,
        chores: Sequence[Chore],
        beside: Sequence[Sequence[Chore]] = (),
    ) -> None:
        """Build it. `beside`: chores that are done on threads of their own, by thread."""
        self._drain = DrainJournal(backlog, pipeline, tally)
        self._upkeeps = [Upkeep(chores), *(Upkeep(some, name=some[0].name) for some in beside)]

    @property
    def failing(self) -> str | None:
        """Why accepted events are not stored at present, or None."""
        return self._drain.failing

    def start(self) -> None:
        """Start the threads."""
        self._drain.start()
        for upkeep in self._upkeeps:
            upkeep.start()

    def stop(self, *, drain: bool = True, timeout: float = 20.0) -> bool:
        """Stop; whether everything accepted is processed. Call it when nothing more is accepted."""
        finished = self._drain.stop(drain=drain, timeout=timeout)
        for upkeep in self._upkeeps:
            upkeep.stop()
        return finished


def symbol_file_chore(engine: sa.Engine, blobs: Blobs, clock: Clock) -> Chore:
    """Files of symbol sets that nobody needs go, and failures to fetch that nobody meets any more."""

    def work() -> None:
        sweep_blobs(engine, blobs, clock())
        forget_failures(engine, clock())

    return Chore("symbol_files", work, SYMBOL_FILES_EVERY_SECONDS)


def spike_chore(engine: sa.Engine, store: EventStore, clock: Clock, make_id: MakeId) -> Chore:
    """Issues that spike are found and announced."""
    return Chore("spikes", SpikeWatch(engine, store, clock, make_id).look, SPIKES_EVERY_SECONDS)


def waiting_issue_chore(engine: sa.Engine, mirror: Mirror, budget: Rate | None, clock: Clock, make_id: MakeId) -> Chore:
    """Issues that have waited for the budget are made."""
    return Chore(
        "waiting_issues",
        lambda: make_waiting_issues(engine, mirror, budget, clock, make_id),
        WAITING_ISSUES_EVERY_SECONDS,
    )


def rule_chore(engine: sa.Engine, store: EventStore, mirror: Mirror, clock: Clock, make_id: MakeId) -> Chore:
    """Rules are applied to stored events, a step at a time."""
    applications = RuleApplications(engine, store, mirror, clock, make_id)
    return Chore("rule_applications", applications.work, RULES_EVERY_SECONDS)


def repair_chores(repairs: SymbolRepairs) -> list[Chore]:
    """What late symbol sets make readable; on a thread of their own, for they may take a while."""
    return [Chore("symbol_repairs", repairs.work, REPAIRS_EVERY_SECONDS)]


def standard_chores(
    engine: sa.Engine, store: EventStore, mirror: Mirror, *, retention_days: int, clock: Clock
) -> list[Chore]:
    """The upkeep that every server does."""
    return [
        # What a node left behind that died between a commit and its `sync`, and all of it on request.
        Chore("mirror", lambda: catch_up(engine, store, mirror, clock), MIRROR_EVERY_SECONDS),
        Chore("clock", ClockWatch(clock).look, CLOCK_EVERY_SECONDS),
        Chore("deleted_projects", lambda: delete_leftovers(engine, store, clock), DELETED_PROJECTS_EVERY_SECONDS),
        Chore("limits", lambda: forget_old_limits(engine, clock), LIMITS_EVERY_SECONDS),
        Chore("retention", lambda: drop_old_events(store, retention_days, clock), RETENTION_EVERY_SECONDS),
    ]
