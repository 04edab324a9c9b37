"""Work on issues in random order, against a model that knows nothing of how undoing works.

In the model an operation sets cells: a value of an issue, the owner of a fingerprint, whether an issue exists. The
state is what all operations in effect have set, the last one of a cell counting. To undo one is to leave it out.
"""

from collections.abc import Hashable
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from mothlight.issues.change import Resolution
from mothlight.issues.undo import ChangedSince
from mothlight.storage.metadata.repositories.issues import Assignee
from tests.support.issue_desk import IssueDesk

FINGERPRINTS = [f"f{number}" for number in range(5)]
USERS = (7, 8)
ASPECTS = ("name", "description", "assignee")
PLACES = ("", "staging")
"""The environments that every fingerprint was seen in."""
EVERYWHERE = (None, *PLACES)
STATUSES = ("active", "resolved", "suppressed")

Cell = Hashable
numbers = st.integers(0, 1_000)


class Operation:
    """What somebody did, as the cells that it set."""

    def __init__(self, cells: dict[Cell, Any], issues: set[UUID]) -> None:
        self.cells = cells
        self.issues = issues
        self.is_in_effect = True


class Machine(RuleBasedStateMachine):
    """The project beside its model."""

    def __init__(self, engine: Any) -> None:
        super().__init__()
        self.desk = IssueDesk(engine, USERS)
        self.operations: list[Operation] = []
        self.by_entry: dict[UUID, Operation] = {}
        # In the order in which they were made, for their ids are other ones in each run.
        self.issues: list[UUID] = []

    @initialize()
    def begin(self) -> None:
        ids = self.desk.see(*FINGERPRINTS, places=PLACES)
        self.issues += ids
        cells: dict[Cell, Any] = {}
        for issue, fingerprint in zip(ids, FINGERPRINTS, strict=True):
            cells |= new_issue(issue, name=fingerprint, description="") | {("owner", fingerprint): issue}
        self.operations.append(Operation(cells, set(ids)))

    # The model

    def cells(self, without: Operation | None = None) -> dict[Cell, Any]:
        found: dict[Cell, Any] = {}
        for operation in self.operations:
            if operation.is_in_effect and operation is not without:
                found |= operation.cells
        return found

    def alive(self) -> list[UUID]:
        cells = self.cells()
        return [issue for issue in self.issues if cells.get(("exists", issue))]

    def owned(self, issue: UUID) -> list[str]:
        cells = self.cells()
        return [value for value in FINGERPRINTS if cells["owner", value] == issue]

    def did(self, cells: dict[Cell, Any], issues: set[UUID]) -> None:
        """The newest entry of the journal is this operation, unless it set nothing to anything else."""
        now = self.cells()
        changed = {cell: value for cell, value in cells.items() if now.get(cell, object()) != value}
        newest = self.desk.entries()[-1]
        if changed:
            assert newest.id not in self.by_entry
            self.operations.append(Operation(changed, issues))
            self.by_entry[newest.id] = self.operations[-1]

    def everywhere(self, ids: set[UUID], status: str) -> dict[Cell, Any]:
        """Where all environments have the status already, there is nothing to do."""
        now = self.cells()
        differing = [
            issue
            for issue in ids
            if not self.owned(issue) or any(now["state", issue, place] != status for place in PLACES)
        ]
        return {("state", issue, place): status for issue in differing for place in EVERYWHERE}

    def pick(self, number: int) -> UUID:
        alive = self.alive()
        return alive[number % len(alive)]

    # What people do

    @rule(into=numbers, sources=st.lists(numbers, min_size=1, max_size=3))
    def merge(self, into: int, sources: list[int]) -> None:
        target = self.pick(into)
        away = {self.pick(number) for number in sources} - {target}
        if not away:
            return
        now = self.cells()
        cells: dict[Cell, Any] = {("owner", value): target for issue in away for value in self.owned(issue)}
        cells |= {("exists", issue): False for issue in away}
        assignees = [now["assignee", issue] for issue in away if now["assignee", issue] is not None]
        if now["assignee", target] is None and len({each["id"] for each in assignees}) == 1:
            cells["assignee", target] = assignees[0]

        self.desk.merge(target, away)

        self.did(cells, {target, *away})

    @rule(issue=numbers, wanted=st.lists(st.sampled_from(FINGERPRINTS), min_size=1, max_size=3, unique=True))
    def split(self, issue: int, wanted: list[str]) -> None:
        original = self.pick(issue)
        values = [value for value in wanted if value in self.owned(original)]

        made = self.desk.split(original, wanted)

        assert len(made) == len(values)
        self.issues += made
        cells: dict[Cell, Any] = {}
        for new, value in zip(made, values, strict=True):
            cells |= new_issue(new, name="Untitled issue", description=None) | {("owner", value): new}
        self.did(cells, {original, *made})

    @rule(some=st.lists(numbers, min_size=1, max_size=3), status=st.sampled_from(STATUSES))
    def set_status(self, some: list[int], status: str) -> None:
        ids = {self.pick(number) for number in some}

        self.desk.change(ids, status=status)

        self.did(self.everywhere(ids, status), ids)

    @rule(issue=numbers, is_next=st.booleans())
    def resolve_in_a_release(self, issue: int, is_next: bool) -> None:
        """Old releases do not come back then, others do; what the status is, is the same."""
        chosen = self.pick(issue)
        before = len(self.desk.entries())

        self.desk.change([chosen], status="resolved", resolution=Resolution("2.0.0", is_next))

        cells = {("state", chosen, place): "resolved" for place in EVERYWHERE}
        cells["release", chosen] = is_next
        if len(self.desk.entries()) > before:
            self.did(cells | {("again", chosen): len(self.operations)}, {chosen})

    @rule(
        some=st.lists(numbers, min_size=1, max_size=3), status=st.sampled_from(STATUSES), place=st.sampled_from(PLACES)
    )
    def set_status_in_one_environment(self, some: list[int], status: str, place: str) -> None:
        ids = {self.pick(number) for number in some}
        before = self.desk.state().states

        self.desk.change(ids, status=status, environment=place)

        # Whether an issue without fingerprints has a state of its own there is known to nobody but itself.
        there = [issue for issue in ids if self.owned(issue) or self.desk.state().states[issue] != before[issue]]
        self.did({("state", issue, place): status for issue in there}, ids)

    @rule(
        value=st.sampled_from(FINGERPRINTS),
        place=st.sampled_from(PLACES),
        release=st.sampled_from(["", "1.0.0", "3.0.0"]),
    )
    def arrive(self, value: str, place: str, release: str) -> None:
        """An event reopens its own environment, if no old release is at work."""
        owner = self.cells()["owner", value]
        was_resolved = self.cells()["state", owner, place] == "resolved"

        self.desk.arrive(value, place, release)

        is_open = self.desk.owner(value).states.of(place).status == "active"
        if was_resolved and is_open:
            self.did({("state", owner, place): "active"}, {owner})
        if was_resolved and release == "3.0.0":
            assert is_open, "a release that is later than any other comes back"
        if was_resolved and not is_open:
            assert release == "1.0.0", "only an old release does not come back"

    @rule(issue=numbers, name=st.sampled_from(["x", "y"]))
    def rename(self, issue: int, name: str) -> None:
        chosen = self.pick(issue)

        self.desk.change([chosen], name=name)

        self.did({("name", chosen): name}, {chosen})

    @rule(issue=numbers, user=st.sampled_from([None, *USERS]))
    def assign(self, issue: int, user: int | None) -> None:
        chosen = self.pick(issue)

        self.desk.change([chosen], assignee=None if user is None else Assignee(user))

        self.did({("assignee", chosen): None if user is None else {"type": "user", "id": user}}, {chosen})

    # What they take back

    @precondition(lambda self: self.by_entry)
    @rule(number=numbers)
    def undo_the_newest(self, number: int) -> None:
        """The newest change that is in effect can always be taken back."""
        newest = [entry for entry in self.desk.undoable() if self.by_entry[entry.id].is_in_effect][-1:]
        for entry in newest:
            self.undo(entry.id, may_refuse=False)

    @precondition(lambda self: self.by_entry)
    @rule(number=numbers)
    def undo_any(self, number: int) -> None:
        candidates = [each for each in self.desk.undoable() if each.id in self.by_entry]
        entry = candidates[number % len(candidates)]
        operation = self.by_entry[entry.id]
        later = [
            self.by_entry[each.id] for each in self.desk.entries() if each.seq > entry.seq and each.id in self.by_entry
        ]
        # Who did something and took it back, in whatever order, has done nothing.
        remaining = [each for each in self.operations if later.count(each) % 2 and each.issues & operation.issues]
        self.undo(entry.id, may_refuse=bool(remaining))

    def undo(self, entry: UUID, *, may_refuse: bool) -> None:
        operation = self.by_entry[entry]
        before = self.desk.state()
        conflict = self.try_to_undo(entry)
        if conflict is not None:
            assert may_refuse
            assert conflict.changes
            assert set(conflict.changes) <= set(self.by_entry)
            assert self.desk.state() == before
            return
        self.by_entry[self.desk.entries()[-1].id] = operation
        operation.is_in_effect = not operation.is_in_effect
        if operation.is_in_effect:
            self.operations.remove(operation)
            self.operations.append(operation)

    def try_to_undo(self, entry: UUID) -> ChangedSince | None:
        try:
            self.desk.undo(entry)
        except ChangedSince as conflict:
            return conflict
        return None

    # What must be true

    @invariant()
    def the_database_says_what_the_model_says(self) -> None:
        if not self.operations:
            return
        cells, state = self.cells(), self.desk.state()
        assert state.owners == {value: cells["owner", value] for value in FINGERPRINTS}
        expected = {issue: {aspect: cells[aspect, issue] for aspect in ASPECTS} for issue in self.alive()}
        assert {issue: {a: values[a] for a in ASPECTS} for issue, values in state.values.items()} == expected
        for issue in self.alive():
            assert state.states[issue] == {place: cells["state", issue, place] for place in EVERYWHERE}
            if self.owned(issue):
                assert state.values[issue]["status"] == follows({cells["state", issue, place] for place in PLACES})


def new_issue(issue: UUID, name: str, description: str | None) -> dict[Cell, Any]:
    values = {"name": name, "description": description, "assignee": None, "exists": True}
    states = {("state", issue, place): "active" for place in EVERYWHERE}
    return {(aspect, issue): value for aspect, value in values.items()} | states


def follows(statuses: set[str]) -> str:
    """The rule, written down once more."""
    if statuses == {"suppressed"}:
        return "suppressed"
    return "active" if "active" in statuses else "resolved"


def test_whatever_people_do_in_whatever_order_undoing_leaves_it_out(engine):
    run_state_machine_as_test(
        lambda: Machine(engine),
        settings=settings(
            max_examples=20,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
