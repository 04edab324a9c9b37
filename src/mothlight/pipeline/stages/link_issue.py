"""Links each exception to its issue, which begins or comes back where needed; drops those of suppressed issues.

All work is done once for each grouping key of the batch. Nothing is remembered between batches: who owns a key, and the
status of an issue, are read anew, so that changes by people and by other nodes count at once.
"""

from collections.abc import Iterable

import sqlalchemy as sa

from mothlight.grouping import candidates, manual
from mothlight.issues.link import link_newcomers
from mothlight.issues.receive import SUPPRESSED, Seen, is_news, receive
from mothlight.issues.severity import infer_severity, read_severity
from mothlight.issues.sighting import Newcomer, Sighting
from mothlight.kit.clock import Clock
from mothlight.kit.ids import MakeId
from mothlight.model.outcome import DropReason
from mothlight.model.stack import ExceptionEntry
from mothlight.pipeline.stages.normalise import read_text
from mothlight.pipeline.stages.resolve import resolved_stack
from mothlight.pipeline.states import Batch, Fingerprinted, Linked
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories.issues import Owner, find_owners
from mothlight.storage.mirror import Mirror

Key = tuple[int, int]
"""Project and grouping key."""


class LinkIssue:
    """Finds and changes issues in the metadata, and keeps the event store's copy of them in step."""

    def __init__(self, engine: sa.Engine, mirror: Mirror, clock: Clock, make_id: MakeId) -> None:
        self._engine = engine
        self._mirror = mirror
        self._clock = clock
        self._make_id = make_id
        # A crash may have left notes; events must not be stored before the owners of their keys.
        self._is_mirror_behind = True

    def __call__(self, batch: Batch[Fingerprinted]) -> Batch[Linked]:
        """Keep the exceptions whose issue wants them."""
        sightings, firsts = _gather(batch.items)
        owners = self._find_or_make(sightings, firsts)
        owners = self._receive(sightings, owners)
        self._sync_mirror()
        linked = [
            Linked(item.normalised, item.release, item.grouping_key)
            for item in batch.items
            if owners[item.normalised.event.project_id, item.grouping_key].status != SUPPRESSED
        ]
        batch.drop(DropReason.SUPPRESSED_ISSUE, len(batch.items) - len(linked))
        return batch.hand_on(linked)

    def _find_or_make(self, sightings: dict[Key, Sighting], firsts: dict[Key, Fingerprinted]) -> dict[Key, Owner]:
        owners = self._find(sightings)
        missing = [key for key in sightings if key not in owners]
        if not missing:
            return owners
        for key in missing:
            sightings[key].newcomer = _newcomer(firsts[key])
        self._is_mirror_behind = True
        with writing(self._engine) as connection:
            for project_id, some in _by_project(sightings[key] for key in missing).items():
                link_newcomers(connection, project_id, some, self._clock(), self._make_id)
        return {**owners, **self._find(missing)}

    def _receive(self, sightings: dict[Key, Sighting], owners: dict[Key, Owner]) -> dict[Key, Owner]:
        news = [key for key, sighting in sightings.items() if is_news(sighting, owners[key])]
        if not news:
            return owners
        self._is_mirror_behind = True
        with writing(self._engine) as connection:
            for project_id, some in _by_project(sightings[key] for key in news).items():
                seen: list[Seen] = [(sighting, owners[project_id, sighting.grouping_key]) for sighting in some]
                receive(connection, project_id, seen, self._clock(), self._make_id)
        return {**owners, **self._find(news)}

    def _find(self, keys: Iterable[Key]) -> dict[Key, Owner]:
        by_project: dict[int, list[int]] = {}
        for project_id, grouping_key in keys:
            by_project.setdefault(project_id, []).append(grouping_key)
        with reading(self._engine) as connection:
            return {
                (project_id, grouping_key): owner
                for project_id, some in by_project.items()
                for grouping_key, owner in find_owners(connection, project_id, some).items()
            }

    def _sync_mirror(self) -> None:
        if self._is_mirror_behind:
            self._mirror.sync()
            self._is_mirror_behind = False


def _gather(items: Iterable[Fingerprinted]) -> tuple[dict[Key, Sighting], dict[Key, Fingerprinted]]:
    sightings: dict[Key, Sighting] = {}
    firsts: dict[Key, Fingerprinted] = {}
    for item in items:
        event = item.normalised.event
        key = (event.project_id, item.grouping_key)
        sighting = sightings.get(key)
        if sighting is None:
            sightings[key] = Sighting.of(item.grouping_key, event)
            firsts[key] = item
        else:
            sighting.add(event)
    return sightings, firsts


def _by_project(sightings: Iterable[Sighting]) -> dict[int, list[Sighting]]:
    grouped: dict[int, list[Sighting]] = {}
    for sighting in sightings:
        grouped.setdefault(sighting.project_id, []).append(sighting)
    return grouped


def _newcomer(item: Fingerprinted) -> Newcomer:
    normalised = item.normalised
    properties, outermost = normalised.properties, normalised.entries[0]
    if item.manual is None:
        fingerprints = candidates(normalised.entries, resolved_stack(normalised))
    else:
        fingerprints = [manual(item.manual)]
    return Newcomer(
        fingerprints=fingerprints,
        stack=normalised.stack if normalised.has_stack else "",
        name=read_text(properties.get("$issue_name")) or outermost.type,
        description=read_text(properties.get("$issue_description")) or outermost.value,
        severity=_severity(item, outermost),
    )


def _severity(item: Fingerprinted, outermost: ExceptionEntry) -> str | None:
    properties = item.normalised.properties
    mechanism = outermost.rest.get("mechanism")
    handled = mechanism.get("handled") if isinstance(mechanism, dict) else None
    return read_severity(read_text(properties.get("$issue_severity"))) or infer_severity(
        read_text(properties.get("$exception_level")), handled
    )
