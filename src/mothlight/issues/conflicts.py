"""What later changes leave of an undo: each piece of it that something else has touched since stays as it is."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.issues.effect import (
    ELSEWHERE,
    ENVIRONMENT,
    EXISTENCE,
    FINGERPRINTS,
    WHOLE,
    Effect,
    Values,
    aspect_of,
    is_alike,
    read_effect,
    snapshot,
)
from mothlight.issues.settings_values import load_values
from mothlight.storage.metadata.repositories import changes, fingerprints, issues
from mothlight.storage.metadata.repositories.changes import SETTINGS, LaterTouch
from mothlight.storage.metadata.repositories.key_places import read_keys

ISSUE, FINGERPRINT, EVENTS = "issue", "fingerprint", "events"

_Touched = tuple[Hashable, UUID, UUID]
"""What was touched, the origin of the entry that did it, and its id. Fingerprints are texts, grouping keys numbers."""


class Left(msgspec.Struct, frozen=True):
    """A piece of an undo that cannot be done."""

    what: str
    """`issue`, `fingerprint`, `events` (of some grouping keys), or the name of a value."""
    issue_id: UUID | None
    fingerprint: str | None
    changes: list[UUID]
    """The later entries that touched it, oldest first."""
    grouping_key: int | None = None


class Present(msgspec.Struct, frozen=True):
    """How things are now, under locks, and what happened since the entry that is to be undone."""

    values: Mapping[UUID, Values | None]
    owners: Mapping[str, UUID]
    later: Mapping[Hashable, Sequence[UUID]]
    """Later entries in effect by what they touched: an issue and an aspect of it, or a fingerprint."""
    environments: Mapping[UUID, Sequence[str]] = {}
    """Aspects of environments that later entries touched."""
    keys: Mapping[int, str] = {}
    """Fingerprints of grouping keys."""

    def touching(self, issue: UUID, *aspects: str) -> list[UUID]:
        """Later entries about some aspects of an issue. What was set everywhere was set in each environment too."""
        own = () if ELSEWHERE not in aspects else self.environments.get(issue, ())
        wanted = [*aspects, *(aspect for aspect in own if aspect not in aspects)]
        return list(dict.fromkeys(entry for aspect in wanted for entry in self.later.get((issue, aspect), ())))

    def touching_value(self, issue: UUID, name: str) -> list[UUID]:
        """Later entries about a value. What was set everywhere was set in this environment too."""
        everywhere = self.later.get((issue, ELSEWHERE), ()) if name.startswith(ENVIRONMENT) else ()
        return list(dict.fromkeys([*self.touching(issue, aspect_of(name), EXISTENCE), *everywhere]))

    def placing(self, key: int) -> list[UUID]:
        """Later entries that gave a grouping key another fingerprint."""
        return list(self.later.get(key, ()))

    def moving(self, fingerprint: str) -> list[UUID]:
        """Later entries that gave a fingerprint to another issue."""
        return list(self.later.get(fingerprint, ()))


def read_present(connection: sa.Connection, project_id: int, effect: Effect, seq: int) -> Present:
    """Lock what an undo is about, and read it."""
    locked = issues.lock_issues(connection, project_id, set(effect.before) - {SETTINGS})
    values: dict[UUID, Values | None] = {
        issue: snapshot(locked[issue]) if issue in locked else None for issue in effect.before
    }
    if SETTINGS in values:
        values[SETTINGS] = load_values(connection, project_id)
    of_keys = {each.fingerprint for side in (effect.keys_before, effect.keys_after) for each in side.values()}
    owned = fingerprints.lock_fingerprints(connection, project_id, {*effect.owners_before, *of_keys})
    keys = read_keys(connection, project_id, effect.keys_before)
    touches = changes.later_touches(connection, project_id, list(effect.before), seq)
    moves = _moves(connection, project_id, touches) if owned else []
    later = _in_effect([*(((t.issue_id, aspect), t.origin, t.id) for t in touches for aspect in t.aspects), *moves])
    owners = {value: fingerprint.issue_id for value, fingerprint in owned.items()}
    placed = {key: each.fingerprint for key, each in keys.items()}
    return Present(values, owners, later, _environments(touches), placed)


def narrow(effect: Effect, present: Present) -> tuple[Effect, list[Left]]:
    """The part of an undo that breaks nothing done later, and what is left out of it."""
    left_issues = _blocked_issues(effect, present)
    left_fingerprints = _blocked_fingerprints(effect, present)
    while _spread(effect, left_issues, left_fingerprints):
        pass
    left_values = list(_blocked_values(effect, present))
    left = [
        *(Left(ISSUE, issue, None, ids) for issue, ids in left_issues.items()),
        *(Left(FINGERPRINT, effect.owners_before[value], value, ids) for value, ids in left_fingerprints.items()),
        *_blocked_keys(effect, present),
        *left_values,
    ]
    return without(effect, left), left


def without(effect: Effect, left: Sequence[Left]) -> Effect:
    """The effect but for some pieces."""
    issues_left = {each.issue_id for each in left if each.what == ISSUE}
    values_left = {(each.issue_id, each.what) for each in left}
    moved = effect.owners_before.keys() - {each.fingerprint for each in left}
    placed = effect.keys_before.keys() - {each.grouping_key for each in left}
    involved = {owners[value] for owners in (effect.owners_before, effect.owners_after) for value in moved}
    involved |= {keys[key].issue_id for keys in (effect.keys_before, effect.keys_after) for key in placed}

    def kept(side: Mapping[UUID, Values | None]) -> dict[UUID, Values | None]:
        narrowed: dict[UUID, Values | None] = {}
        for issue, values in side.items():
            if issue in issues_left:
                continue
            some = None if values is None else {k: v for k, v in values.items() if (issue, k) not in values_left}
            if some != {} or issue in involved or values == {}:
                narrowed[issue] = some
        return narrowed

    return Effect(
        kept(effect.before),
        kept(effect.after),
        {value: owner for value, owner in effect.owners_before.items() if value in moved},
        {value: owner for value, owner in effect.owners_after.items() if value in moved},
        {key: place for key, place in effect.keys_before.items() if key in placed},
        {key: place for key, place in effect.keys_after.items() if key in placed},
    )


def _moves(connection: sa.Connection, project_id: int, touches: Sequence[LaterTouch]) -> list[_Touched]:
    entries = changes.read_entries(connection, project_id, {t.seq for t in touches if FINGERPRINTS in t.aspects})
    moved: list[_Touched] = []
    for _, entry in sorted(entries.items()):
        effect = read_effect(entry)
        moved += [(thing, entry.origin, entry.id) for thing in (*effect.owners_before, *effect.keys_before)]
    return moved


def _environments(touches: Sequence[LaterTouch]) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = {}
    for touch in touches:
        found.setdefault(touch.issue_id, []).extend(sorted(a for a in touch.aspects if a.startswith(ENVIRONMENT)))
    return found


def _in_effect(touched: Iterable[_Touched]) -> dict[Hashable, list[UUID]]:
    """The entries that count, by what they touched. What was done and taken back since does not count.

    A change, its undo, the undo of that, and so on have one origin. An even number of them leaves things as they were;
    of an odd number the last one is what happened. An undo of a change from before counts as any other change.
    """
    by_origin: dict[Hashable, dict[UUID, list[UUID]]] = {}
    for thing, origin, entry in touched:
        by_origin.setdefault(thing, {}).setdefault(origin, []).append(entry)
    return {
        thing: [entries[-1] for entries in chains.values() if len(entries) % 2] for thing, chains in by_origin.items()
    }


def _blocked_issues(effect: Effect, present: Present) -> dict[UUID, list[UUID]]:
    """Issues that cannot go because something happened to them, or cannot come back because they are there.

    Those without fingerprints share the fate of the issue that they were merged into or split off.
    """
    blocked = _blocked_with_their_other_half(effect, present)
    for issue in effect.removed:
        touching = present.touching(issue, *WHOLE)
        if touching or present.values[issue] is None:
            blocked[issue] = touching
    for issue in effect.made:
        if present.values[issue] is not None:
            blocked[issue] = present.touching(issue, *WHOLE)
    return blocked


def _blocked_with_their_other_half(effect: Effect, present: Present) -> dict[UUID, list[UUID]]:
    gone = [issue for issue in effect.staying if present.values[issue] is None]
    if not gone:
        return {}
    owning = {*effect.owners_before.values(), *effect.owners_after.values()}
    touching = [change for issue in gone for change in present.touching(issue, EXISTENCE)]
    return {issue: touching for issue in (*effect.made, *effect.removed) if issue not in owning}


def _blocked_fingerprints(effect: Effect, present: Present) -> dict[str, list[UUID]]:
    """Fingerprints that went elsewhere, or have nowhere to go."""
    blocked: dict[str, list[UUID]] = {}
    for value, owner in effect.owners_before.items():
        target = effect.owners_after[value]
        if present.moving(value) or present.owners.get(value) != owner:
            blocked[value] = present.moving(value)
        elif effect.before[target] is not None and present.values[target] is None:
            blocked[value] = present.touching(target, EXISTENCE)
    return blocked


def _blocked_keys(effect: Effect, present: Present) -> Iterable[Left]:
    """Grouping keys that went elsewhere, or whose fingerprints did."""
    for key, place in effect.keys_before.items():
        goal = effect.keys_after[key]
        touching = [*present.placing(key), *present.moving(place.fingerprint), *present.moving(goal.fingerprint)]
        is_here = present.keys.get(key) == place.fingerprint
        owners = [present.owners.get(each.fingerprint) == each.issue_id for each in (place, goal)]
        if touching or not is_here or not all(owners):
            yield Left(EVENTS, place.issue_id, place.fingerprint, list(dict.fromkeys(touching)), key)


def _blocked_values(effect: Effect, present: Present) -> Iterable[Left]:
    for issue, before in effect.before.items():
        if before is None or effect.after[issue] is None:
            continue
        now = present.values[issue]
        for name, value in before.items():
            touching = present.touching_value(issue, name)
            # An environment without a state of its own has none among the present values.
            if touching or now is None or not is_alike(name, now.get(name), value):
                yield Left(name, issue, None, touching)


def _spread(effect: Effect, left_issues: dict[UUID, list[UUID]], left_fingerprints: dict[str, list[UUID]]) -> bool:
    """An issue goes only with all that it owns, and comes back only with something; whether anything was added."""
    size = len(left_issues) + len(left_fingerprints)
    for issues_of, owners, is_left in (
        (effect.removed, effect.owners_before, any),
        (effect.made, effect.owners_after, all),
    ):
        owned: dict[UUID, list[str]] = {issue: [] for issue in issues_of}
        for value, owner in owners.items():
            if owner in owned:
                owned[owner].append(value)
        for issue, values in owned.items():
            if issue not in left_issues and values and is_left(value in left_fingerprints for value in values):
                found = dict.fromkeys(i for value in values for i in left_fingerprints.get(value, ()))
                left_issues[issue] = list(found)
            if issue in left_issues:
                left_fingerprints.update({v: left_issues[issue] for v in values if v not in left_fingerprints})
    return len(left_issues) + len(left_fingerprints) > size
