"""Remembers when each release was first seen, so that releases without version numbers have an order too."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from mothlight.issues.sighting import Sighting
from mothlight.storage.metadata.engine import writing
from mothlight.storage.metadata.repositories.release_sightings import note_releases

MOST_REMEMBERED = 100_000

Release = tuple[int, str]
"""Project and version."""


class ReleaseSightings:
    """Writes what it has not written before. For one thread."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._written: dict[Release, datetime] = {}

    def note(self, sightings: Iterable[Sighting]) -> None:
        """Take the releases of a batch down."""
        news: dict[Release, datetime] = {}
        for sighting in sightings:
            if not sighting.release:
                continue
            release, moment = (sighting.project_id, sighting.release), _moment(sighting)
            known = self._written.get(release)
            if known is None or moment < known:
                news[release] = min(moment, news.get(release, moment))
        if news:
            self._write(news)

    def _write(self, news: dict[Release, datetime]) -> None:
        by_project: dict[int, dict[str, datetime]] = {}
        for (project_id, release), moment in news.items():
            by_project.setdefault(project_id, {})[release] = moment
        with writing(self._engine) as connection:
            for project_id, moments in by_project.items():
                note_releases(connection, project_id, moments)
        if len(self._written) > MOST_REMEMBERED:
            self._written.clear()
        self._written |= news


def _moment(sighting: Sighting) -> datetime:
    """Clients' clocks are wrong now and then; only an import knows better when it happened."""
    return sighting.earliest if sighting.first.historical else sighting.first.received_at
