"""How rules read on pages: what they look at and what they do."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from mothlight.filters.operators import ALIASES
from mothlight.rules.kinds import ASSIGNMENT, BYPASS, GROUPING, SEVERITY, SUPPRESSION
from mothlight.storage.metadata.repositories.rules import StoredRule
from mothlight.web.pages.words import share

MOST_PIECES = 60
NOBODY = "somebody who is gone"

TITLES = {
    GROUPING.name: "Grouping",
    SUPPRESSION.name: "Suppression",
    ASSIGNMENT.name: "Assignment",
    SEVERITY.name: "Severity",
    BYPASS.name: "Bypass",
}
"""The kinds in the order of the page, and how they are called."""

ABOUT = {
    GROUPING.name: "A grouping rule puts matching events into one issue. Fingerprints that were sent come first.",
    SUPPRESSION.name: "A suppression rule drops matching events, or a share of them. They begin and reopen no issue.",
    ASSIGNMENT.name: "An assignment rule gives issues that begin or come back to somebody, unless they are somebody’s.",
    SEVERITY.name: "A severity rule says how bad an issue is that begins, unless its event says so itself.",
    BYPASS.name: "A bypass rule exempts matching events from the project’s rate limits.",
}

OPERATOR_WORDS = {
    "exact": "is",
    "is_not": "is not",
    "icontains": "contains",
    "not_icontains": "does not contain",
    "regex": "matches",
    "not_regex": "does not match",
    "starts_with": "starts with",
    "not_starts_with": "does not start with",
    "ends_with": "ends with",
    "not_ends_with": "does not end with",
    "gt": "is greater than",
    "gte": "is at least",
    "lt": "is less than",
    "lte": "is at most",
    "between": "is between",
    "not_between": "is not between",
    "is_set": "is set",
    "is_not_set": "is not set",
    "semver_eq": "is version",
    "semver_neq": "is not version",
    "semver_gt": "is a version after",
    "semver_gte": "is at least version",
    "semver_lt": "is a version before",
    "semver_lte": "is at most version",
    "semver_tilde": "is version ~",
    "semver_caret": "is version ^",
    "semver_wildcard": "is version like",
}
WITHOUT_VALUE = ("is_set", "is_not_set")


class Piece(msgspec.Struct, frozen=True):
    """A part of a sentence."""

    text: str
    is_code: bool = False


class RuleLine(msgspec.Struct, frozen=True):
    """A rule in a sentence."""

    rule: StoredRule
    place: int
    """From 1 on."""
    when: list[Piece]
    does: str


def rule_line(rule: StoredRule, place: int, people: Mapping[str, str]) -> RuleLine:
    """What a rule looks at, and what it does. `people`: names by id."""
    return RuleLine(rule, place, says(rule.filters), does(rule, people))


def says(filters: Mapping[str, Any]) -> list[Piece]:
    """The conditions of a rule; of very many the first ones."""
    pieces = list(_group(filters))
    if not pieces:
        return [Piece("Always")]
    more = [Piece("…")] if len(pieces) > MOST_PIECES else []
    return [Piece("When"), *pieces[:MOST_PIECES], *more]


def does(rule: StoredRule, people: Mapping[str, str]) -> str:
    """What a rule does with what matches."""
    given = f", given to {name_of(rule, people)}" if rule.assignee else ""
    if rule.kind == GROUPING.name:
        return f"group as “{rule.description}”{given}" if rule.description else f"group as one issue{given}"
    if rule.kind == SUPPRESSION.name:
        rate = 1.0 if rule.sampling_rate is None else rule.sampling_rate
        return "drop" if rate == 1 else f"drop {share(rate, 1)}"
    if rule.kind == ASSIGNMENT.name:
        return f"give to {name_of(rule, people)}"
    return f"call {rule.severity}" if rule.kind == SEVERITY.name else "let no limit hold it"


def name_of(rule: StoredRule, people: Mapping[str, str]) -> str:
    """Whom a rule names."""
    if rule.assignee is None:
        return NOBODY
    return people.get(str(rule.assignee.to_json()["id"]), NOBODY)


def _group(group: Mapping[str, Any]) -> Iterator[Piece]:
    joined_by = "or" if group.get("type") == "OR" else "and"
    is_first = True
    for part in group.get("values") or []:
        is_group = isinstance(part, dict) and "values" in part and "key" not in part
        pieces = list(_group(part)) if is_group else list(_condition(part))
        if not pieces:
            continue
        if not is_first:
            yield Piece(joined_by)
        is_first = False
        yield from [Piece("("), *pieces, Piece(")")] if is_group else pieces


def _condition(part: Any) -> Iterator[Piece]:
    """A condition; what cannot be read, as it was sent."""
    if not isinstance(part, dict) or "key" not in part:
        yield Piece(json.dumps(part, ensure_ascii=False), is_code=True)
        return
    if part.get("type") == "error_tracking_issue":
        yield Piece("the issue’s")
    yield Piece(str(part["key"]), is_code=True)
    sent = str(part.get("operator") or "exact")
    operator = ALIASES.get(sent, sent)
    yield Piece(OPERATOR_WORDS.get(operator, operator.replace("_", " ")))
    if operator not in WITHOUT_VALUE:
        value = part.get("value", "")
        values = value if isinstance(value, list) else [value]
        for number, each in enumerate(values):
            if number:
                yield Piece("or")
            yield Piece(each if isinstance(each, str) else json.dumps(each, ensure_ascii=False), is_code=True)
