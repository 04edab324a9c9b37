"""Gives grouping keys the fingerprints of newer versions of their stacks (design 3): symbols have made them readable.

No event is touched: with its key, each goes where the key goes. An issue never loses its name, status, assignee or
history because its frames became readable.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.issues import journal
from mothlight.issues.apply import apply_effect
from mothlight.issues.effect import MOVED, Effect, KeyPlace
from mothlight.issues.journal import Author
from mothlight.issues.link import choose
from mothlight.issues.merge import merge, plan_merge, states_of_new_environments
from mothlight.issues.place_keys import earliest, place_keys
from mothlight.issues.status import follow
from mothlight.model.issue_states import write_environments
from mothlight.model.stack import Fingerprint
from mothlight.storage.metadata.repositories import fingerprints, issues, key_places
from mothlight.storage.metadata.repositories.environments import seen_environments
from mothlight.storage.metadata.repositories.issues import Owner, StoredFingerprint


class Renewal(msgspec.Struct, frozen=True):
    """A grouping key and the fingerprints of its stack as it is now."""

    grouping_key: int
    fingerprints: list[Fingerprint]
    """Oldest version first."""
    stack_version: int


class Renewed(msgspec.Struct, frozen=True):
    """What became of keys."""

    issue_ids: set[UUID]
    """Issues whose events are read otherwise now, or that lost or got some."""
    changes: dict[UUID, int]
    """Entries of the journal, with the number of issues that each merged away."""
    postponed: set[int]
    """Keys that somebody else is moving: they are to be renewed again."""


def renew_fingerprints(connection: sa.Connection, author: Author, renewals: Sequence[Renewal]) -> Renewed:
    """Bring grouping keys up to date with their stacks. Those that are so already stay as they are.

    A fingerprint that nobody has goes to the present issue. Keys whose fingerprint another issue has go there; when the
    present issue would be left with no events, the two turn out to be one: the newer is merged into the older. Both
    can be undone, and are not done again for the same fingerprint.
    """
    work = _Renewing(connection, author, renewals)
    work.run()
    return work.renewed


class _Renewing:
    """One transaction's work."""

    def __init__(self, connection: sa.Connection, author: Author, renewals: Sequence[Renewal]) -> None:
        self._connection = connection
        self._author = author
        self._renewals = {each.grouping_key: each for each in renewals}
        self._locked: Collection[UUID] = ()
        self.renewed = Renewed(set(), {}, set())

    def run(self) -> None:
        """Lock, stay where that is right, and leave where it is not."""
        project_id = self._author.project_id
        values = {fingerprint.value for each in self._renewals.values() for fingerprint in each.fingerprints}
        before = self._owners()
        theirs = issues.read_fingerprints(self._connection, project_id, values)
        # Issues are locked before fingerprints, all at once, as everywhere; whose they are is looked at again then.
        involved = {*(each.issue_id for each in before.values()), *(each.issue_id for each in theirs.values())}
        self._locked = issues.lock_issues(self._connection, project_id, involved).keys()
        present = fingerprints.lock_fingerprints(self._connection, project_id, values)
        owners = {key: owner for key, owner in self._owners().items() if owner.issue_id in self._locked}
        due = {key: owner for key, owner in owners.items() if self._is_due(key, owner)}
        # What people have parted stays parted.
        settled = {key for key, owner in due.items() if owner.renewed_as == self._newest(key)}
        self._stamp(settled)
        goals = {value: found.issue_id for value, found in present.items()}
        staying: dict[int, Fingerprint] = {}
        leaving: dict[UUID, dict[int, Fingerprint]] = {}
        for key, owner in sorted(due.items(), key=lambda each: (each[1].issue_id, each[0])):
            if key not in settled:
                chosen = choose(self._renewals[key].fingerprints, goals)
                if goals.setdefault(chosen.value, owner.issue_id) == owner.issue_id:
                    staying[key] = chosen
                else:
                    leaving.setdefault(owner.issue_id, {})[key] = chosen
        self._stay(staying, due, present)
        for issue_id, keys in leaving.items():
            self._leave(issue_id, keys)
        self.renewed.issue_ids.update(owner.issue_id for owner in due.values())
        self.renewed.postponed.update(key for key, owner in self._owners().items() if self._is_due(key, owner))

    def _owners(self) -> dict[int, Owner]:
        return issues.find_owners(self._connection, self._author.project_id, self._renewals)

    def _is_due(self, key: int, owner: Owner) -> bool:
        return owner.stack_version < self._renewals[key].stack_version

    def _stay(
        self, staying: Mapping[int, Fingerprint], owners: Mapping[int, Owner], present: Mapping[str, StoredFingerprint]
    ) -> None:
        """Issues take new fingerprints along; keys get theirs."""
        new = {key: each for key, each in staying.items() if each.value not in present}
        if new:
            self._take_along(new)
        values = {each.value for each in staying.values()}
        found = fingerprints.lock_fingerprints(self._connection, self._author.project_id, values)
        # Somebody else may have been first with a new fingerprint: then its keys are looked at again.
        ours = {key: each for key, each in staying.items() if found[each.value].issue_id == owners[key].issue_id}
        place_keys(self._connection, self._author, ours)
        self._stamp(ours)

    def _leave(self, issue_id: UUID, keys: Mapping[int, Fingerprint]) -> None:
        """Keys go to other issues; where nothing would be left, the issue is what most of them say."""
        project_id = self._author.project_id
        # An issue may have been merged since.
        owned = {key for key, owner in self._owners().items() if owner.issue_id == issue_id}
        values = {keys[key].value for key in keys if key in owned}
        present = fingerprints.lock_fingerprints(self._connection, project_id, values)
        leaving: dict[UUID, dict[int, Fingerprint]] = {}
        for key, chosen in keys.items():
            target = present.get(chosen.value) if key in owned else None
            if target is not None and target.issue_id in self._locked:
                leaving.setdefault(target.issue_id, {})[key] = chosen
        own = leaving.pop(issue_id, {})
        place_keys(self._connection, self._author, own)
        done = {key for some in leaving.values() for key in some}
        is_whole = bool(leaving) and not issues.has_other_keys(self._connection, project_id, issue_id, done)
        same = _most(leaving) if is_whole else None
        for target_id, some in leaving.items():
            if target_id != same:
                self._move(issue_id, target_id, some)
        self._stamp({*done, *own})
        if same is not None:
            self._merge(issue_id, same)

    def _take_along(self, new: Mapping[int, Fingerprint]) -> None:
        """The issues of keys get new fingerprints; of a fingerprint all keys are of one issue."""
        keys = key_places.read_keys(self._connection, self._author.project_id, new)
        rows = []
        for value in sorted({fingerprint.value for fingerprint in new.values()}):
            some = {key: placed for key, placed in keys.items() if new[key].value == value}
            places = frozenset[str]().union(*(placed.seen_in for placed in some.values()))
            rows.append(
                {
                    "id": self._author.make_id(),
                    "project_id": self._author.project_id,
                    "fingerprint": value,
                    "issue_id": next(iter(some.values())).issue_id,
                    "version": 0,
                    "first_seen": earliest(some),
                    "environments": write_environments(places),
                    "created_at": self._author.moment,
                }
            )
        issues.insert_fingerprints(self._connection, rows)

    def _move(self, issue_id: UUID, target_id: UUID, keys: Mapping[int, Fingerprint]) -> None:
        """The keys leave their issue, which keeps others."""
        project_id = self._author.project_id
        placed = key_places.read_keys(self._connection, project_id, keys)
        own = seen_environments(self._connection, project_id, [target_id]).get(target_id, frozenset())
        coming = frozenset[str]().union(*(each.seen_in for each in placed.values()))
        target = issues.load_issues(self._connection, project_id, [target_id])[target_id]
        states = states_of_new_environments(target, own, coming)
        place_keys(self._connection, self._author, keys)
        effect = Effect(
            {issue_id: {}, target_id: dict.fromkeys(states)},
            {issue_id: {}, target_id: states},
            keys_before={key: KeyPlace(each.fingerprint, issue_id) for key, each in placed.items()},
            keys_after={key: KeyPlace(fingerprint.value, target_id) for key, fingerprint in keys.items()},
        )
        effect = follow(self._connection, project_id, effect)
        apply_effect(self._connection, self._author, effect)
        self.renewed.changes[journal.record(self._connection, self._author, MOVED, effect)] = 0
        self.renewed.issue_ids.add(target_id)

    def _merge(self, one: UUID, other: UUID) -> None:
        """All fingerprints stay as they are, so that undoing the merge leaves each issue with what it had."""
        found = issues.load_issues(self._connection, self._author.project_id, [one, other])
        older, newer = sorted(found.values(), key=lambda issue: (issue.created_at, issue.id))
        effect = plan_merge(self._connection, self._author.project_id, older.id, [newer.id])
        if effect is not None:
            self.renewed.changes[merge(self._connection, self._author, effect)] = 1
            self.renewed.issue_ids.update((one, other))

    def _stamp(self, keys: Collection[int]) -> None:
        stamps = {key: (self._renewals[key].stack_version, self._newest(key)) for key in keys}
        key_places.stamp_keys(self._connection, self._author.project_id, stamps)

    def _newest(self, key: int) -> str:
        return self._renewals[key].fingerprints[-1].value


def _most(leaving: Mapping[UUID, Mapping[int, Fingerprint]]) -> UUID:
    """The issue that most keys go to; of several the oldest, for ids grow."""
    counts = Counter({target: len(keys) for target, keys in leaving.items()})
    return min(counts, key=lambda target: (-counts[target], target))
