"""The events that an answer is about, and those of them that belong to certain issues."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT
from mothlight.queries.criteria import of_issues
from mothlight.storage.events.interface import EventStore

MOST_BOUND_KEYS = 5_000
"""More grouping keys than these are looked up in each statement instead of being sent along."""


class Matching(msgspec.Struct, frozen=True):
    """The events that figures are about: conditions on `events`, with the values bound in them."""

    conditions: Sequence[str]
    bindings: Bindings

    @property
    def where(self) -> str:
        """All conditions as one, with the project's."""
        return " AND ".join([OF_PROJECT, *self.conditions])

    def also(self, condition: str) -> "Matching":
        """The events that meet one more condition, whose values are bound in the same bindings."""
        return Matching([*self.conditions, condition], self.bindings)

    def apart(self) -> "Matching":
        """The same events, to bind further values for another statement, also on another thread."""
        return Matching(self.conditions, self.bindings.copy())


class Owned(msgspec.Struct, frozen=True):
    """Some issues, and the grouping keys of theirs that matter."""

    issue_ids: Sequence[UUID]
    keys: Mapping[int, UUID] | None
    """The issue of each key; None when they are too many to be sent along."""

    def condition(self, bindings: Bindings) -> str:
        """SQL: the event belongs to one of the issues."""
        if self.keys is None:
            return of_issues(self.issue_ids, bindings)
        return f"grouping_key IN {bindings.bind(list(self.keys), 'Array(UInt64)')}"

    def events(self, columns: Sequence[str], matching: Matching) -> str:
        """SQL of a table: the matching events of the issues, each with the `place` of its issue from 1 on."""
        bindings, shown = matching.bindings, ", ".join(columns)
        where = matching.also(self.condition(bindings)).where
        if self.keys is None:
            ids = bindings.bind(self.issue_ids, "Array(UUID)")
            owners = (
                f"SELECT grouping_key, indexOf({ids}, issue_id) AS place FROM owners FINAL "
                f"WHERE {OF_PROJECT} AND issue_id IN {ids}"
            )
            events = f"SELECT grouping_key, {shown} FROM events WHERE {where}"
            return f"(SELECT * FROM ({events}) AS matched INNER JOIN ({owners}) AS owned USING (grouping_key))"
        number = {issue_id: place for place, issue_id in enumerate(self.issue_ids, start=1)}
        keys = bindings.bind(list(self.keys), "Array(UInt64)")
        places = bindings.bind([number[issue_id] for issue_id in self.keys.values()], "Array(UInt32)")
        # Joining every event with its owner would take longer than counting it.
        return f"(SELECT transform(grouping_key, {keys}, {places}, 0) AS place, {shown} FROM events WHERE {where})"


class KeyOwner(msgspec.Struct, frozen=True):
    """A grouping key of an issue."""

    grouping_key: int
    first_seen: datetime
    """First sighting of its fingerprint."""


def read_keys(store: EventStore, project_id: int, issue_id: UUID) -> list[KeyOwner]:
    """The grouping keys that an issue owns; of very many only some, but more than `MOST_BOUND_KEYS`."""
    sql = f"""
        SELECT grouping_key, first_seen FROM owners FINAL
        WHERE {OF_PROJECT} AND issue_id = {{issue:UUID}} LIMIT {MOST_BOUND_KEYS + 1}
    """
    return [KeyOwner(*row) for row in store.query(project_id, sql, {"issue": issue_id})]


def owned_by(issue_id: UUID, keys: Sequence[KeyOwner]) -> Owned:
    """One issue with the keys that `read_keys` found."""
    if len(keys) > MOST_BOUND_KEYS:
        return Owned([issue_id], None)
    return Owned([issue_id], {each.grouping_key: issue_id for each in keys})
