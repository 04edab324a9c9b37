"""The parts that answers are made from, for programs and pages alike."""

from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa

from mothlight.access.directory import Directory
from mothlight.alerts.alerting import Alerting
from mothlight.kit.clock import Clock
from mothlight.kit.ids import MakeId
from mothlight.model.access import Caller, Project
from mothlight.recommendations.life_cycle import Recommendations
from mothlight.storage.blobs.interface import Blobs
from mothlight.storage.events.interface import EventStore
from mothlight.storage.mirror import Mirror


@dataclass(frozen=True, slots=True)
class Parts:
    """What answers are made from."""

    directory: Directory
    database: sa.Engine
    events: EventStore
    recommendations: Recommendations
    mirror: Mirror
    blobs: Blobs
    clock: Clock
    make_id: MakeId
    alerting: Alerting


class Work(Protocol):
    """Somebody's work in a project: what a call of the API and a call of a page have in common."""

    @property
    def parts(self) -> Parts:
        """What it is done with."""

    @property
    def caller(self) -> Caller:
        """Who does it."""

    @property
    def project(self) -> Project:
        """Where; the caller may see it."""
