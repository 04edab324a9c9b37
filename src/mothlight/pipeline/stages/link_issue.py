"""Links each exception to its issue, which begins or comes back where needed; drops those of suppressed issues.

All work is done once for each grouping key of the batch, in each environment and release. Nothing is remembered
between batches: who owns a key, and where its issue stands, are read anew, so that changes by people and by other nodes
count at once.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

import sqlalchemy as sa

from mothlight.grouping.kept import keep_entries
from mothlight.issues.journal import PIPELINE, Author
from mothlight.issues.link import link_newcomers
from mothlight.issues.receive import is_news, is_wanted, receive
from mothlight.issues.release_sightings import ReleaseSightings
from mothlight.issues.renew import Renewal, renew_fingerprints
from mothlight.issues.rulings import Rulings
from mothlight.issues.severity import infer_severity, read_severity
from mothlight.issues.sighting import Newcomer, Sighting
from mothlight.kit.clock import Clock
from mothlight.kit.ids import MakeId
from mothlight.kit.token_bucket import Rate
from mothlight.model.outcome import DropReason
from mothlight.model.stack import ExceptionEntry
from mothlight.pipeline.candidates import StackOf, candidates_of
from mothlight.pipeline.event_environment import environment_of
from mothlight.pipeline.rules import PipelineRules
from mothlight.pipeline.rulings import rulings_of
from mothlight.pipeline.stages.apply_rules import choose_fingerprints
from mothlight.pipeline.stages.normalise import read_text
from mothlight.pipeline.states import Batch, Fingerprinted, Linked
from mothlight.rules.kinds import ASSIGNMENT, BYPASS, SEVERITY
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories.issues import Owner, find_owners
from mothlight.storage.mirror import Mirror

Key = tuple[int, int]
"""Project and grouping key."""
Place = tuple[int, int, str, str]
"""Project, grouping key, environment and release."""


class LinkIssue:
    """Finds and changes issues in the metadata, and keeps the event store's copy of them in step."""

    def __init__(
        self,
        engine: sa.Engine,
        mirror: Mirror,
        clock: Clock,
        make_id: MakeId,
        stack_of: StackOf,
        rules: PipelineRules,
    ) -> None:
        self._engine = engine
        self._mirror = mirror
        self._clock = clock
        self._make_id = make_id
        self._stack_of = stack_of
        self._rules = rules
        self.limit_new_issues(None)
        self._releases = ReleaseSightings(engine)
        # A crash may have left notes; events must not be stored before the owners of their keys.
        self._is_mirror_behind = True

    def limit_new_issues(self, budget: Rate | None) -> None:
        """Say how many issues of a project may be new; None: any number."""
        self._budget = budget

    def __call__(self, batch: Batch[Fingerprinted]) -> Batch[Linked]:
        """Keep the exceptions whose issue wants them."""
        sightings, firsts, of_items = _gather(batch.items)
        self._releases.note(sightings.values())
        choose_fingerprints(batch, self._rules, (ASSIGNMENT, SEVERITY, BYPASS), self._stack_of)
        rulings = rulings_of(batch.items, self._rules)
        owners = self._find_or_make(sightings, firsts, rulings)
        owners = self._renew(firsts, owners)
        owners = self._receive(sightings, owners, rulings)
        self._sync_mirror()
        wanted = {
            id(sighting)
            for place, sighting in sightings.items()
            # What waits for an issue is wanted.
            if place[:2] not in owners or is_wanted(sighting, owners[place[:2]])
        }
        linked = [
            Linked(
                item.normalised,
                item.release,
                item.grouping_key,
                sighting.environment,
                item.stack_version,
                _issue_of(item, owners),
            )
            for item, sighting in zip(batch.items, of_items, strict=True)
            if id(sighting) in wanted
        ]
        batch.drop(DropReason.SUPPRESSED_ISSUE, len(batch.items) - len(linked))
        return batch.hand_on(linked)

    def _find_or_make(
        self,
        sightings: Mapping[Place, Sighting],
        firsts: Mapping[Place, Fingerprinted],
        rulings: Rulings | None,
    ) -> dict[Key, Owner]:
        owners = self._find({place[:2] for place in sightings})
        missing: dict[Key, Place] = {}
        for place in sightings:
            if place[:2] not in owners:
                missing.setdefault(place[:2], place)
        if not missing:
            return owners
        for place in missing.values():
            sightings[place].newcomer = self._newcomer(firsts[place])
        self._is_mirror_behind = True
        unlinked = [sighting for place, sighting in sightings.items() if place[:2] in missing]
        with writing(self._engine) as connection:
            # In order of the id, so that two nodes never wait for each other.
            for project_id, some in sorted(_by_project(unlinked).items()):
                link_newcomers(connection, project_id, some, self._clock(), self._make_id, rulings, budget=self._budget)
        return {**owners, **self._find(missing)}

    def _renew(self, firsts: Mapping[Place, Fingerprinted], owners: dict[Key, Owner]) -> dict[Key, Owner]:
        """Where symbols have made a stack readable since its key was linked, its fingerprint follows."""
        outdated = {
            place[:2]: item
            for place, item in firsts.items()
            if place[:2] in owners
            and item.stack_version > owners[place[:2]].stack_version
            and item.manual is None
            and item.rule is None
        }
        if not outdated:
            return owners
        self._is_mirror_behind = True
        renewals: dict[int, list[Renewal]] = {}
        for (project_id, key), item in outdated.items():
            renewals.setdefault(project_id, []).append(
                Renewal(key, candidates_of(item, self._stack_of), item.stack_version)
            )
        with writing(self._engine) as connection:
            for project_id, some in renewals.items():
                author = Author(project_id, PIPELINE, self._clock(), self._make_id)
                renew_fingerprints(connection, author, some)
        return {**owners, **self._find(outdated)}

    def _receive(
        self, sightings: Mapping[Place, Sighting], owners: dict[Key, Owner], rulings: Rulings | None
    ) -> dict[Key, Owner]:
        news = [
            sighting
            for place, sighting in sightings.items()
            if place[:2] in owners and is_news(sighting, owners[place[:2]])
        ]
        # What went to another issue in between is received there.
        while news:
            self._is_mirror_behind = True
            moved: list[Sighting] = []
            with writing(self._engine) as connection:
                for project_id, some in _by_project(news).items():
                    seen = [(each, owners[project_id, each.grouping_key]) for each in some]
                    moved += receive(connection, project_id, seen, self._clock(), self._make_id, rulings)
            owners = {**owners, **self._find({(each.project_id, each.grouping_key) for each in news})}
            news = moved
        return owners

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

    def _newcomer(self, item: Fingerprinted) -> Newcomer:
        normalised = item.normalised
        properties, outermost = normalised.properties, normalised.entries[0]
        return Newcomer(
            fingerprints=candidates_of(item, self._stack_of),
            stack=normalised.stack if normalised.has_stack else "",
            name=read_text(properties.get("$issue_name")) or outermost.type,
            description=read_text(properties.get("$issue_description")) or outermost.value,
            severity=_severity(item, outermost),
            stack_version=item.stack_version,
            exceptions=keep_entries(item.sent)
            if normalised.has_stack and item.manual is None and item.rule is None
            else None,
        )

    def _sync_mirror(self) -> None:
        if self._is_mirror_behind:
            self._mirror.sync()
            self._is_mirror_behind = False


def _gather(
    items: Iterable[Fingerprinted],
) -> tuple[dict[Place, Sighting], dict[Place, Fingerprinted], list[Sighting]]:
    """Sightings, the first event of each, and the sighting that each of the events belongs to."""
    sightings: dict[Place, Sighting] = {}
    firsts: dict[Place, Fingerprinted] = {}
    of_items: list[Sighting] = []
    for item in items:
        normalised = item.normalised
        event, environment = normalised.event, environment_of(normalised.properties)
        place = (event.project_id, item.grouping_key, environment, item.release.version)
        sighting = sightings.get(place)
        if sighting is None:
            sighting = sightings[place] = Sighting.of(item.grouping_key, event, environment, item.release.version)
            firsts[place] = item
        else:
            sighting.add(event)
        of_items.append(sighting)
    return sightings, firsts, of_items


def _issue_of(item: Fingerprinted, owners: Mapping[Key, Owner]) -> UUID | None:
    owner = owners.get((item.normalised.event.project_id, item.grouping_key))
    return None if owner is None else owner.issue_id


def _by_project(sightings: Iterable[Sighting]) -> dict[int, list[Sighting]]:
    grouped: dict[int, list[Sighting]] = {}
    for sighting in sightings:
        grouped.setdefault(sighting.project_id, []).append(sighting)
    return grouped


def _severity(item: Fingerprinted, outermost: ExceptionEntry) -> str | None:
    properties = item.normalised.properties
    mechanism = outermost.rest.get("mechanism")
    handled = mechanism.get("handled") if isinstance(mechanism, dict) else None
    return read_severity(read_text(properties.get("$issue_severity"))) or infer_severity(
        read_text(properties.get("$exception_level")), handled
    )
