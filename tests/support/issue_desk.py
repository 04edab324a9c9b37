"""Work on issues without the web: one project in a metadata database, changed as handlers change it."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import sqlalchemy as sa

from mothlight.issues.change import NewValues, make_change, plan_values
from mothlight.issues.effect import VALUE_ASPECTS, read_effect, snapshot
from mothlight.issues.journal import UNDOABLE, Author
from mothlight.issues.link import link_newcomers
from mothlight.issues.merge import merge, plan_merge
from mothlight.issues.receive import receive
from mothlight.issues.sighting import Newcomer, Sighting
from mothlight.issues.split import Part, plan_split, split
from mothlight.issues.undo import UndoPlan, plan_undo, undo
from mothlight.model.stack import Fingerprint
from mothlight.storage.metadata import tables
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories import changes, environments, fingerprints, issues
from mothlight.storage.metadata.repositories.changes import Actor, Entry, EntryFilter
from mothlight.storage.metadata.repositories.issues import Owner
from tests.support.event_rows import hashed
from tests.support.metadata import add_project
from tests.support.received import NOW, later, received

EVERYTHING = EntryFilter()


class State(msgspec.Struct):
    """All issues with their values, and who owns which fingerprint."""

    values: dict[UUID, dict[str, Any]]
    owners: dict[str, UUID]
    states: dict[UUID, dict[str | None, str]] = {}
    """The status of each issue in each environment that was seen in the project; None: in all others."""


class IssueDesk:
    """One project, and what people do there."""

    def __init__(self, engine: sa.Engine, users: Sequence[int] = ()) -> None:
        self.engine = engine
        self.project = add_project(engine)
        self._add_members(users)

    def author(self, user: int = 7) -> Author:
        return Author(self.project, Actor("user", str(user)), NOW, uuid4)

    def see(self, *values: str, places: Sequence[str] = ("",)) -> list[UUID]:
        """New fingerprints, each with an issue named like it, seen in some environments; the issues' ids."""
        sightings = []
        for value in values:
            sighting = Sighting.of(hashed(value), received(self.project), places[0])
            sighting.newcomer = Newcomer([Fingerprint(value, "v3", [])], "", value, "", None)
            sightings.append(sighting)
        with writing(self.engine) as connection:
            link_newcomers(connection, self.project, sightings, NOW, uuid4)
        for environment in places[1:]:
            for value in values:
                self.arrive(value, environment)
        owners = self.state().owners
        return [owners[value] for value in values]

    def owner(self, value: str) -> Owner:
        """Who has a fingerprint now."""
        with reading(self.engine) as connection:
            return issues.find_owners(connection, self.project, [hashed(value)])[hashed(value)]

    def arrive(
        self, value: str, environment: str = "", release: str = "", owner: Owner | None = None
    ) -> list[Sighting]:
        """An event of a known fingerprint, a second later than all before; sightings that have to be received again."""
        event = received(self.project, timestamp=later(1), received_at=later(1))
        sighting = Sighting.of(hashed(value), event, environment, release)
        with writing(self.engine) as connection:
            return receive(connection, self.project, [(sighting, owner or self.owner(value))], NOW, uuid4)

    def change(self, ids: Collection[UUID], user: int = 7, **values: Any) -> None:
        with writing(self.engine) as connection:
            effect = plan_values(connection, self.author(user), ids, NewValues(**values))
            if effect is not None:
                make_change(connection, self.author(user), effect)

    def merge(self, target: UUID, sources: Collection[UUID], user: int = 7) -> None:
        with writing(self.engine) as connection:
            effect = plan_merge(connection, self.project, target, sources)
            if effect is not None:
                merge(connection, self.author(user), effect)

    def split(self, issue: UUID, values: Collection[str], user: int = 7) -> list[UUID]:
        with writing(self.engine) as connection:
            author = self.author(user)
            return split(connection, author, plan_split(connection, author, issue, [Part(each) for each in values]))

    def undo(self, entry: UUID, *, force: bool = False, user: int = 7) -> UndoPlan:
        with writing(self.engine) as connection:
            author = self.author(user)
            plan = plan_undo(connection, author, entry, force=force)
            undo(connection, author, plan)
            return plan

    def entries(self) -> list[Entry]:
        """The journal, oldest first."""
        with reading(self.engine) as connection:
            return changes.list_entries(connection, self.project, EVERYTHING, 100_000, 0)[::-1]

    def undoable(self) -> list[Entry]:
        """What can be taken back, oldest first."""
        return [entry for entry in self.entries() if entry.kind in UNDOABLE and entry.undone_by is None]

    def state(self) -> State:
        with reading(self.engine) as connection:
            found = issues.list_issues(connection, self.project, 100_000, 0)
            owners = fingerprints.list_fingerprints(connection, self.project, None, 100_000, 0)
            seen = {
                name
                for each in environments.seen_environments(connection, self.project, [i.id for i in found]).values()
                for name in each
            }
        values = {issue.id: {name: snapshot(issue)[name] for name in VALUE_ASPECTS} for issue in found}
        states: dict[UUID, dict[str | None, str]] = {
            issue.id: {
                None: issue.states.elsewhere.status,
                **{name: issue.states.of(name).status for name in sorted(seen)},
            }
            for issue in found
        }
        return State(values, {each.fingerprint: each.issue_id for each in owners}, states)

    def replay(self, start: State, entries: Sequence[Entry]) -> State:
        """What the journal says became of a state; each entry must have found what it says that it found."""
        state = State({issue: dict(values) for issue, values in start.values.items()}, dict(start.owners), {})
        for entry in entries:
            effect = read_effect(entry)
            for issue, before in effect.before.items():
                now = state.values.get(issue)
                assert (now is None) == (before is None), f"{entry.kind} found {issue} otherwise"
                for name in VALUE_ASPECTS:
                    assert before is None or name not in before or now[name] == before[name], f"{entry.kind} {name}"
            for value, owner in effect.owners_before.items():
                assert state.owners[value] == owner, f"{entry.kind} found {value} elsewhere"
            state.owners |= effect.owners_after
            for issue, after in effect.after.items():
                if after is None:
                    del state.values[issue]
                else:
                    known = {name: value for name, value in after.items() if name in VALUE_ASPECTS}
                    state.values[issue] = {**state.values.get(issue, {}), **known}
        return state

    def _add_members(self, users: Sequence[int]) -> None:
        with writing(self.engine) as connection:
            organization = connection.scalar(
                sa.select(tables.projects.c.organization_id).where(tables.projects.c.id == self.project)
            )
            for user in users:
                if connection.scalar(sa.select(tables.users.c.id).where(tables.users.c.id == user)) is None:
                    row = {"id": user, "email": f"{user}@example.com", "created_at": NOW - timedelta(days=1)}
                    connection.execute(sa.insert(tables.users), row)
                row = {"id": uuid4(), "organization_id": organization, "user_id": user, "role": "member"}
                connection.execute(sa.insert(tables.memberships), {**row, "created_at": NOW})
