"""What a change does, as a value that can be turned round: which issues exist with which values, and who owns what.

An entry of the change journal keeps its effect in `before` and `after`. A change of values of one issue is kept flat
(`{"status": "active"}`); anything else as `{"issues": {id: values or null}, "fingerprints": {value: owner's id}}`,
where null says that there is no such issue; with `grouping_keys` where some went to another fingerprint. Of an issue
that the change makes or removes all values are kept.

The states of an issue are a value each: `elsewhere`, that of all environments without one of their own, and one for
each other environment (`environment:staging`; in an entry below `environments`), null where it has none of its own.
The issue's `status` follows from them (`issues.status`), and is told beside them.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec

from mothlight.model.issue_states import UNTOUCHED, State, States, read_environment_name, shown_environment
from mothlight.storage.metadata.repositories.changes import SETTINGS, Entry, Touch
from mothlight.storage.metadata.repositories.issues import Assignee, StoredIssue

Values = dict[str, Any]
"""Aspects of an issue by name, as JSON."""

VALUE_ASPECTS = ("status", "name", "description", "assignee")
STATUS, ELSEWHERE, ENVIRONMENT = "status", "elsewhere", "environment:"
ENVIRONMENTS = "environments"
KEYS = "grouping_keys"
RESOLVED_AT = "resolved_at"
FINGERPRINTS, EXISTENCE = "fingerprints", "existence"
WHOLE = frozenset((*VALUE_ASPECTS, ELSEWHERE, FINGERPRINTS, EXISTENCE)) - {STATUS}

MERGED, SPLIT, MOVED, UPDATED, ASSIGNED = "merged", "split", "moved", "updated", "assigned"


class KeyPlace(msgspec.Struct, frozen=True):
    """Where the events of a grouping key belong."""

    fingerprint: str
    issue_id: UUID


class Effect(msgspec.Struct, frozen=True):
    """Both sides have the same issues, the same fingerprints and the same grouping keys."""

    before: dict[UUID, Values | None]
    after: dict[UUID, Values | None]
    owners_before: dict[str, UUID] = {}
    owners_after: dict[str, UUID] = {}
    keys_before: dict[int, KeyPlace] = {}
    keys_after: dict[int, KeyPlace] = {}

    def reversed(self) -> "Effect":
        """What takes this back."""
        return Effect(self.after, self.before, self.owners_after, self.owners_before, self.keys_after, self.keys_before)

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be other than before."""
        return (
            self.before == self.after
            and self.owners_before == self.owners_after
            and self.keys_before == self.keys_after
        )

    @property
    def made(self) -> list[UUID]:
        """Issues that exist only afterwards."""
        return [issue for issue, values in self.before.items() if values is None]

    @property
    def removed(self) -> list[UUID]:
        """Issues that exist only before."""
        return [issue for issue, values in self.after.items() if values is None]

    @property
    def staying(self) -> list[UUID]:
        """Issues that exist before and afterwards."""
        return [issue for issue, values in self.before.items() if values is not None and self.after[issue] is not None]

    def moved(self) -> dict[UUID, list[str]]:
        """Fingerprints by the issue that gets them."""
        moved: dict[UUID, list[str]] = {}
        for fingerprint, owner in self.owners_after.items():
            moved.setdefault(owner, []).append(fingerprint)
        return moved


def of_values(before: Mapping[UUID, Values], after: Mapping[UUID, Values]) -> Effect:
    """Other values for issues that stay."""
    return Effect(dict(before), dict(after))


def read_effect(entry: Entry) -> Effect:
    """The effect of an entry of the journal."""
    before, after = entry.before or {}, entry.after or {}
    if "issues" in before:
        return Effect(
            _by_id(before["issues"]),
            _by_id(after["issues"]),
            {value: UUID(owner) for value, owner in before["fingerprints"].items()},
            {value: UUID(owner) for value, owner in after["fingerprints"].items()},
            _read_keys(before.get(KEYS, {})),
            _read_keys(after.get(KEYS, {})),
        )
    subject = entry.issue_ids[0] if entry.issue_ids else SETTINGS
    # A flat entry may tell more than what changed, say the event that was the reason.
    before, after = _spread(before), _spread(after)
    return Effect({subject: before}, {subject: {name: after[name] for name in before}})


def write_effect(effect: Effect) -> tuple[dict[str, Any], dict[str, Any]]:
    """`before` and `after` of an entry."""
    if len(effect.before) == 1 and not effect.owners_before and not effect.keys_before:
        (before,), (after,) = effect.before.values(), effect.after.values()
        if before is not None and after is not None:
            return _gathered(before), _gathered(after)
    return (
        _nested(effect.before, effect.owners_before, effect.keys_before),
        _nested(effect.after, effect.owners_after, effect.keys_after),
    )


def touches(effect: Effect) -> list[Touch]:
    """What the effect says about each of its issues."""
    # An issue without fingerprints can be merged or split off too, and is then what the other one gets or loses.
    left = (each.issue_id for each in effect.keys_before.values())
    reached = (each.issue_id for each in effect.keys_after.values())
    losing = {*effect.owners_before.values(), *(effect.staying if effect.made else ()), *left}
    getting = {*effect.owners_after.values(), *(effect.staying if effect.removed else ()), *reached}
    survivor = survivor_of(effect)
    found: list[Touch] = []
    for issue, before in effect.before.items():
        after = effect.after[issue]
        if before is None or after is None:
            found.append(Touch(issue, WHOLE, merged_into=survivor if after is None else None))
            continue
        owning = {FINGERPRINTS} if issue in losing | getting else set()
        activity = _activity(before, is_losing=issue in losing, is_getting=issue in getting)
        aspects = {aspect_of(name) for name in before if name != STATUS}
        found.append(Touch(issue, frozenset(aspects | owning), None if issue == SETTINGS else activity))
    return found


def aspect_of(name: str) -> str:
    """The word by which a touch names a value."""
    return ENVIRONMENT + quote(name.removeprefix(ENVIRONMENT), safe="") if name.startswith(ENVIRONMENT) else name


def is_alike(name: str, value: Any, other: Any) -> bool:
    """Whether a value is what another one was. Since when an issue is resolved changes with each undo."""
    if is_state(name) and value is not None and other is not None:
        return {**value, RESOLVED_AT: None} == {**other, RESOLVED_AT: None}
    return bool(value == other)


def state_cell(environment: str) -> str:
    """The name of the value that is an environment's own state."""
    return ENVIRONMENT + environment


def is_state(name: str) -> bool:
    """Whether a value is a state."""
    return name == ELSEWHERE or name.startswith(ENVIRONMENT)


def state_of(states: States, name: str) -> State:
    """The state that a value is, as it counts: an environment without one of its own has that of all."""
    return states.elsewhere if name == ELSEWHERE else states.of(name.removeprefix(ENVIRONMENT))


def write_state(state: State | None) -> Values | None:
    """A state as JSON."""
    return None if state is None else {"status": state.status, **msgspec.to_builtins(state)}


def write_states(states: States, instead_of: States = UNTOUCHED) -> Values:
    """The states of an issue, a value each; null for environments that had one of their own and have none now."""
    gone = {state_cell(name): None for name in instead_of.named}
    named = {state_cell(name): write_state(state) for name, state in states.named.items()}
    return {ELSEWHERE: write_state(states.elsewhere), **gone, **named}


def with_states(states: States, values: Values) -> States:
    """The states with those that some values say."""
    for name, value in values.items():
        state = msgspec.convert(value, State) if is_state(name) and value is not None else None
        if name == ELSEWHERE:
            states = States(state or states.elsewhere, states.named)
        elif name.startswith(ENVIRONMENT):
            states = states.having(name.removeprefix(ENVIRONMENT), state)
    return states


def snapshot(issue: StoredIssue) -> Values:
    """All values of an issue, from which it can be made again."""
    return {
        "status": issue.status,
        "severity": issue.severity,
        "name": issue.name,
        "description": issue.description,
        "created_at": _text(issue.created_at),
        "last_received_at": _text(issue.last_received_at),
        "resolved_at": _text(issue.resolved_at),
        "assignee": None if issue.assignee is None else issue.assignee.to_json(),
        **write_states(issue.states),
    }


def restore(issue_id: UUID, values: Values) -> StoredIssue:
    """The issue that a snapshot tells of."""
    return StoredIssue(
        id=issue_id,
        status=values["status"],
        severity=values["severity"],
        name=values["name"],
        description=values["description"],
        created_at=datetime.fromisoformat(values["created_at"]),
        last_received_at=_moment(values["last_received_at"]),
        resolved_at=_moment(values["resolved_at"]),
        assignee=read_assignee(values["assignee"]),
        states=with_states(States(State(values["status"], _moment(values["resolved_at"]))), values),
    )


def present_values(issue: StoredIssue, aspects: Collection[str]) -> Values:
    """Some values of an issue as they are now."""
    every = snapshot(issue)
    return {name: every.get(name) for name in aspects}


def read_assignee(value: Mapping[str, Any] | None) -> Assignee | None:
    """An assignee from its JSON."""
    if value is None:
        return None
    return Assignee(user_id=value["id"]) if value["type"] == "user" else Assignee(role_id=UUID(value["id"]))


def survivor_of(effect: Effect) -> UUID | None:
    """Where removed issues go: the one issue that is there before and after."""
    return next(iter(effect.staying), None)


def _activity(values: Iterable[str], *, is_losing: bool, is_getting: bool) -> str | None:
    """Of values a history shows status, name and assignee (api.md 3.1)."""
    if is_getting or is_losing:
        return MERGED if is_getting else SPLIT
    changed = set(values)
    if changed & {STATUS, "name"} or any(map(is_state, changed)):
        return UPDATED
    return ASSIGNED if "assignee" in changed else None


def _by_id(issues: Mapping[str, Values | None]) -> dict[UUID, Values | None]:
    return {UUID(issue): None if values is None else _spread(values) for issue, values in issues.items()}


def _gathered(values: Values) -> Values:
    """With the states of environments below one name."""
    states = {
        shown_environment(name.removeprefix(ENVIRONMENT)): value
        for name, value in values.items()
        if name.startswith(ENVIRONMENT)
    }
    others = {name: value for name, value in values.items() if not name.startswith(ENVIRONMENT)}
    return {**others, ENVIRONMENTS: states} if states else others


def _spread(values: Values) -> Values:
    """The opposite of `_gathered`."""
    states = values.get(ENVIRONMENTS) or {}
    others = {name: value for name, value in values.items() if name != ENVIRONMENTS}
    return {**others, **{state_cell(read_environment_name(name)): value for name, value in states.items()}}


def _nested(
    issues: Mapping[UUID, Values | None], owners: Mapping[str, UUID], keys: Mapping[int, KeyPlace]
) -> dict[str, Any]:
    nested = {
        "issues": {str(issue): None if values is None else _gathered(values) for issue, values in issues.items()},
        "fingerprints": {value: str(owner) for value, owner in owners.items()},
    }
    return {**nested, KEYS: _written_keys(keys)} if keys else nested


def _written_keys(keys: Mapping[int, KeyPlace]) -> dict[str, Any]:
    """Grouping keys, as texts because they have 63 bits, by the fingerprint that they have."""
    written: dict[str, Any] = {}
    for key, place in sorted(keys.items()):
        cell = written.setdefault(place.fingerprint, {"issue": str(place.issue_id), "keys": []})
        cell["keys"].append(str(key))
    return written


def _read_keys(written: Mapping[str, Any]) -> dict[int, KeyPlace]:
    return {
        int(key): KeyPlace(fingerprint, UUID(cell["issue"]))
        for fingerprint, cell in written.items()
        for key in cell["keys"]
    }


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
