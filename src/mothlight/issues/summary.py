"""What an entry of the change journal says, in words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from mothlight.issues import journal
from mothlight.issues.alert_values import is_alert, is_channel
from mothlight.issues.applied_rules import APPLICATION
from mothlight.issues.effect import ELSEWHERE, ENVIRONMENT, STATUS, Effect, Values, read_effect
from mothlight.issues.rule_values import is_rule
from mothlight.issues.settings_values import TEST_ACCOUNT_FILTERS
from mothlight.model.issue_states import UNNAMED, shown_environment
from mothlight.storage.metadata.repositories.changes import SETTINGS, Entry

Names = Mapping[UUID, str | None]
"""Names of issues that exist."""
People = Mapping[str, str]
"""How users and roles are called, by id."""

MOST_NAMED = 3
"""Issues that are named before they are only counted."""


def summarise(entry: Entry, names: Names, people: People) -> str:
    """One line without a full stop."""
    match entry.kind:
        case _ if APPLICATION in (entry.after or {}):
            return _application(entry)
        case journal.CREATED:
            return f"Created {_quoted((entry.after or {}).get('name'))}"
        case journal.REOPENED | journal.NOT_REOPENED:
            return _seen_again(entry, _issues(entry.issue_ids, names))
        case journal.UNDONE if entry.depth % 2:
            return f"Took back: {_describe(read_effect(entry).reversed(), names, people)}"
        case journal.REDONE:
            return f"Did again: {_describe(read_effect(entry), names, people)}"
        case _:
            return _describe(read_effect(entry), names, people)


def _seen_again(entry: Entry, issue: str) -> str:
    if entry.kind == journal.REOPENED:
        return f"Reopened {issue}{_evidence(entry)}"
    return f"Left {issue} resolved{_evidence(entry)}"


def _application(entry: Entry) -> str:
    told = entry.after or {}
    events = f"{told['events']} stored event{'' if told['events'] == 1 else 's'}"
    done = "Applied" if entry.kind == journal.RULE_APPLIED else "Took back: applied"
    return f"{done} a {told['kind']} rule{' backwards' if told.get('backwards') else ''} to {events}"


def named_in(entry: Entry) -> Sequence[UUID]:
    """The issues whose names the words need."""
    return entry.issue_ids if len(entry.issue_ids) <= MOST_NAMED + 1 else ()


def _describe(effect: Effect, names: Names, people: People) -> str:
    known = {**names, **_names_in(effect.before), **_names_in(effect.after)}
    if effect.removed:
        return f"Merged {_issues(effect.removed, known)} into {_issues(effect.staying, known)}"
    if effect.made:
        return f"Split {_issues(effect.made, known)} off {_issues(effect.staying, known)}"
    if effect.keys_before:
        (goal,) = {each.issue_id for each in effect.keys_after.values()}
        (origin,) = {each.issue_id for each in effect.keys_before.values()}
        return f"Moved events with other stacks from {_issues([origin], known)} to {_issues([goal], known)}"
    if SETTINGS in effect.before:
        return f"Changed settings: {_differences(effect, people)}"
    return f"Changed {_issues(list(effect.before), known)}: {_differences(effect, people)}"


def _evidence(entry: Entry) -> str:
    """Where it was seen again, and why that was decided."""
    told = entry.after or {}
    environment, evidence = told.get("environment", UNNAMED), told.get("evidence")
    there = "" if environment == UNNAMED else f" in {environment}"
    return f"{there}, which was seen again" if evidence is None else f"{there}: {evidence}"


def _names_in(side: Mapping[UUID, Values | None]) -> dict[UUID, str | None]:
    return {issue: values["name"] for issue, values in side.items() if values is not None and "name" in values}


def _differences(effect: Effect, people: People) -> str:
    """Each value with what it was, where that is the same for all issues."""
    befores, afters = list(effect.before.values()), list(effect.after.values())
    words = []
    for name in _told(name for values in afters for name in values or ()):
        old = [_value(name, values.get(name), people) for values in befores if values is not None and name in values]
        new = [_value(name, values.get(name), people) for values in afters if values is not None and name in values]
        origin = f" from {old[0]}" if len(set(old)) == 1 else ""
        goal = f" to {new[0]}" if len(set(new)) == 1 else ""
        words.append(f"{_label(name)}{origin}{goal}")
    return ", ".join(words)


def _told(names: Iterable[str]) -> list[str]:
    """The values that are worth a word: not the state of all environments beside the status, nor theirs beside it."""
    every = list(dict.fromkeys(names))
    if ELSEWHERE in every:
        every = [name for name in every if not name.startswith(ENVIRONMENT)]
    return [name for name in every if name != ELSEWHERE or STATUS not in every]


def _label(name: str) -> str:
    if is_rule(name):
        return "a rule"
    if is_alert(name) or is_channel(name):
        return "an alert" if is_alert(name) else "a channel"
    if name.startswith(ENVIRONMENT):
        return f"status in {shown_environment(name.removeprefix(ENVIRONMENT))}"
    return "resolution" if name == ELSEWHERE else name.replace("_", " ")


def _value(name: str, value: Any, people: People) -> str:
    if name == "assignee":
        return "nobody" if value is None else people.get(str(value["id"]), f"{value['type']} {value['id']}")
    if name.startswith(ENVIRONMENT):
        return "that of all" if value is None else str(value["status"])
    if name == ELSEWHERE:
        return "none" if value is None else _resolution(value)
    if value is None or value == []:
        return "none"
    return _quoted(value) if name in ("name", "description") else _plain(name, value)


def _plain(name: str, value: Any) -> str:
    if is_rule(name):
        return _rule(value)
    if is_alert(name) or is_channel(name):
        return _quoted(value["name"]) + _of_alert(value)
    if name == TEST_ACCOUNT_FILTERS:
        return f"{len(value)} filter{'' if len(value) == 1 else 's'}"
    return str(value)


def _rule(value: Values) -> str:
    """A rule in short; what tells two of its forms apart is in `before` and `after`."""
    conditions = _conditions(value["filters"])
    count = f"{conditions} condition{'' if conditions == 1 else 's'}"
    return f"{value['kind']} by {count} in place {value['order_key']}"


def _of_alert(value: Values) -> str:
    """What an alert or a channel is about; the rest is in `before` and `after`."""
    if "trigger" not in value:
        return f" ({value['service']})"
    return f" on {value['trigger']}, {'on' if value['enabled'] else 'off'}"


def _conditions(filters: Values) -> int:
    parts = filters.get("values") or []
    return sum(_conditions(part) if "values" in part and "key" not in part else 1 for part in parts)


def _resolution(state: Values) -> str:
    release = state.get("release") or "no release"
    return f"what comes after {release}" if state.get("next") else str(release)


def _issues(ids: Sequence[UUID], names: Names) -> str:
    if not ids:
        return "an issue"
    if len(ids) > MOST_NAMED or any(issue not in names for issue in ids):
        return f"{len(ids)} issues" if len(ids) > 1 else f"issue {ids[0]}"
    quoted = [_quoted(names[issue]) for issue in ids]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


def _quoted(name: str | None) -> str:
    return f"“{name}”" if name else "an issue without a name"
