"""Finds the release that each exception belongs to (pipeline 9.8).

A release bound to the symbol sets that resolved the frames comes third in the contract's order.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.frames.decode import decode
from mothlight.kit.clock import Clock
from mothlight.pipeline.event_release import (
    FACTS,
    NO_RELEASE,
    Facts,
    Wanted,
    describe_release,
    describe_text,
    read_wanted,
    sent_names,
)
from mothlight.pipeline.states import Batch, EventRelease, Released, Resolved
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.releases import Release, releases_by_hash, releases_by_id

SENT_RELEASES = "$exception_releases"
"""The older form, kept as it was sent by an import."""

VALID_FOR = timedelta(seconds=1)
"""How long a found release, or that there is none, is believed without asking again."""


class AttachRelease:
    """Remembers answers by the properties that ask for them."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._found: dict[tuple[int, Facts], EventRelease] = {}
        self._of_symbols: dict[tuple[int, tuple[UUID, ...]], EventRelease] = {}
        self._found_at: datetime | None = None

    def __call__(self, batch: Batch[Resolved]) -> Batch[Released]:
        """Give every exception its release, and the properties that follow from it where it lacks them."""
        self._forget_old()
        facts = [_read_facts(item.normalised.event.properties) for item in batch.items]
        asked = {
            (item.normalised.event.project_id, each)
            for item, each in zip(batch.items, facts, strict=True)
            if each is not None
        }
        self._look_up(asked - self._found.keys())
        return batch.hand_on([self._attach(item, each) for item, each in zip(batch.items, facts, strict=True)])

    def _forget_old(self) -> None:
        now = self._clock()
        if self._found_at is None or not now - VALID_FOR < self._found_at <= now:
            self._found, self._of_symbols, self._found_at = {}, {}, now

    def _look_up(self, asked: Iterable[tuple[int, Facts]]) -> None:
        by_project: dict[int, dict[Facts, Wanted]] = {}
        for project_id, facts in asked:
            by_project.setdefault(project_id, {})[facts] = read_wanted(facts)
        for project_id, wanted in by_project.items():
            self._found.update(
                ((project_id, facts), release) for facts, release in self._find(project_id, wanted).items()
            )

    def _find(self, project_id: int, wanted: Mapping[Facts, Wanted]) -> dict[Facts, EventRelease]:
        ids = [each.release_id for each in wanted.values() if each.release_id is not None]
        hashes = [each.hash_id for each in wanted.values() if each.hash_id is not None]
        with reading(self._engine) as connection:
            by_id = releases_by_id(connection, project_id, ids)
            by_hash = releases_by_hash(connection, project_id, hashes)
        return {facts: _choose(each, by_id, by_hash) for facts, each in wanted.items()}

    def _attach(self, item: Resolved, facts: Facts | None) -> Released:
        normalised = item.normalised
        properties = normalised.properties
        found = NO_RELEASE if facts is None else self._found[normalised.event.project_id, facts]
        # What a stored release says fills properties; a version that the event names fills none, and comes last.
        if item.symbols.release_ids and not found.filled:
            found = self._of_sets(normalised.event.project_id, item.symbols.release_ids) or found
        for name, value in found.filled.items():
            if name not in properties or bytes(properties[name]) == b"null":
                properties[name] = value
        if SENT_RELEASES in properties:
            found = _with_sent(found, properties[SENT_RELEASES])
        return Released(normalised, found, item.symbols)

    def _of_sets(self, project_id: int, ids: tuple[UUID, ...]) -> EventRelease | None:
        """The newest of the releases; None when there is none of them any more."""
        known = self._of_symbols.get((project_id, ids))
        if known is None:
            with reading(self._engine) as connection:
                releases = releases_by_id(connection, project_id, list(ids)).values()
            newest = max(releases, key=lambda release: (release.created_at, release.id), default=None)
            known = NO_RELEASE if newest is None else describe_release(newest)
            self._of_symbols[project_id, ids] = known
        return known if known.filled else None


def _with_sent(found: EventRelease, sent: msgspec.Raw) -> EventRelease:
    names = [*dict.fromkeys([*found.names, *sent_names(decode(sent))])]
    return EventRelease(found.text, names, found.filled, found.version)


def _choose(wanted: Wanted, by_id: Mapping[UUID, Release], by_hash: Mapping[str, Release]) -> EventRelease:
    """The first that exists."""
    release = None
    if wanted.release_id is not None:
        release = by_id.get(wanted.release_id)
    elif wanted.hash_id is not None:
        release = by_hash.get(wanted.hash_id)
    if release is not None:
        return describe_release(release)
    return NO_RELEASE if wanted.text is None else describe_text(wanted.text)


def _read_facts(properties: Mapping[str, msgspec.Raw]) -> Facts | None:
    """The properties that ask for a release, None when there are none."""
    if properties.keys().isdisjoint(_FACTS):
        return None
    return tuple([None if (value := properties.get(name)) is None else bytes(value) for name in FACTS])


_FACTS = frozenset(FACTS)
