"""What tokens of a search ask for, as parts of the question `IssueList` (`docs/search.md`).

Several tokens of one key mean any of them; tokens of different keys must all hold; of those with a `!` none may.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NoReturn, Protocol
from uuid import UUID

import msgspec

from mothlight.filters.property_filter import Condition, FilterGroup, FilterType, PropertyFilter
from mothlight.filters.values import number_of
from mothlight.model.errors import invalid
from mothlight.model.issue_states import NOWHERE, read_environment_name
from mothlight.queries.questions import Assignee, IssueList
from mothlight.queries.tokens import Token, write_token

ANY = "*"
STATES = ("active", "resolved", "suppressed")
IS = "is"
ASSIGNEE = "assignee"
ENV = "env"
ME, NOBODY = "me", "nobody"
NEW_SINCE = "-24h"
NO_ISSUE = str(UUID(int=0))

SIGNS = ("new", "regressed", "assigned", "unassigned", "any")
"""Words after `is:` beside the states."""

COMPARISONS = {">=": "gte", "<=": "lte", ">": "gt", "<": "lt"}
PERSON = "person."


class Desk(Protocol):
    """What only the metadata database knows."""

    def find_assignee(self, name: str) -> Assignee | None:
        """The user or role that somebody calls so; `me` is who asks."""

    def regressed_issues(self) -> Sequence[UUID]:
        """Active issues that came back after they had been resolved."""


class Search(msgspec.Struct, frozen=True):
    """The parts of a question that tokens decide."""

    status: str | None = None
    assignee: Assignee | None = None
    is_assigned: bool | None = None
    environments: tuple[str, ...] = ()
    text: str = ""
    filters: tuple[Condition, ...] = ()

    def apply(self, question: IssueList) -> IssueList:
        """The question with these parts."""
        return msgspec.structs.replace(
            question,
            status=self.status,
            assignee=self.assignee,
            is_assigned=self.is_assigned,
            environments=self.environments,
            search_query=self.text,
            filters=self.filters,
        )


def read_search(tokens: Sequence[Token], desk: Desk) -> Search:
    """What the tokens ask for.

    Raises:
        Refused: a token asks for what there is not (400); `attr` is the token as it was written.
    """
    search = Search()
    for token in tokens:
        if token.key == IS:
            search = _read_is(search, token)
        elif token.key == ASSIGNEE:
            search = _read_assignee(search, token, desk)
    states = [each.value for each in tokens if each.key == IS and not each.negated and each.value in STATES]
    return msgspec.structs.replace(
        search,
        status=states[0] if len(set(states)) == 1 else None,
        environments=_environments(tokens),
        text=_free_text(tokens),
        filters=tuple(_filters(tokens, states, desk)),
    )


def _read_is(search: Search, token: Token) -> Search:
    if token.value not in (*STATES, *SIGNS):
        _refuse(token, f"An issue can be {', '.join((*STATES, *SIGNS))}; nothing is “{token.value}”.")
    if token.value not in ("assigned", "unassigned"):
        return search
    wanted = (token.value == "assigned") != token.negated
    if search.is_assigned not in (None, wanted):
        _refuse(token, "No issue is assigned and unassigned at once.")
    return msgspec.structs.replace(search, is_assigned=wanted)


def _read_assignee(search: Search, token: Token, desk: Desk) -> Search:
    if token.value == NOBODY and not token.quoted:
        return _read_is(search, Token("assigned" if token.negated else "unassigned", IS))
    if token.negated:
        _refuse(token, "Only assignee:nobody can be turned round.")
    found = desk.find_assignee(token.value)
    if found is None:
        _refuse(token, f"Nobody here is called “{token.value}”. Write an e-mail address, me, nobody, or a role.")
    if search.assignee not in (None, found):
        _refuse(token, "No issue has two assignees.")
    return msgspec.structs.replace(search, assignee=found)


def _environments(tokens: Sequence[Token]) -> tuple[str, ...]:
    """The environments that figures and states speak of; none: all."""
    wanted = [each for each in tokens if each.key == ENV and not each.negated]
    if not all(map(_names_environment, wanted)):
        # With a pattern among them, all are conditions on events, and states are those of all environments.
        return ()
    return tuple(dict.fromkeys(read_environment_name(each.value) for each in wanted))


def _names_environment(token: Token) -> bool:
    return token.quoted or ANY not in token.value


def _free_text(tokens: Iterable[Token]) -> str:
    """What the question searches everywhere, as its `search_query` writes it."""
    wanted = (token.value for token in tokens if token.key is None and not token.negated)
    # A search text has no sign that protects a quote, so what stands around one is searched piece by piece.
    return " ".join(f'"{piece}"' for value in wanted for piece in value.split('"') if piece.strip())


def _filters(tokens: Sequence[Token], states: Sequence[str], desk: Desk) -> Iterable[Condition]:
    if len(set(states)) > 1:
        yield PropertyFilter("error_tracking_issue", "status", "exact", tuple(dict.fromkeys(states)))
    groups: dict[tuple[str | None, bool], list[Condition]] = {}
    for token in tokens:
        condition = _condition(token, desk)
        if condition is not None:
            # Signs of an issue don't exclude each other as values of a property do.
            key = write_token(token) if token.key == IS else token.key
            groups.setdefault((key, token.negated), []).append(condition)
    for (_, negated), conditions in groups.items():
        if negated:
            yield FilterGroup("NONE", tuple(conditions))
        else:
            yield conditions[0] if len(conditions) == 1 else FilterGroup("OR", tuple(conditions))


def _condition(token: Token, desk: Desk) -> Condition | None:
    """What a token asks of events; None where it says something else."""
    if token.key is None:
        return PropertyFilter("search", "text", "icontains", (token.value,)) if token.negated else None
    known = KEYS.get(token.key)
    if known is not None:
        return known(token, desk)
    if token.key.startswith(PERSON) and token.key != PERSON:
        return _of_values(token, "person", token.key.removeprefix(PERSON))
    return _of_values(token, "event", token.key)


def _of_is(token: Token, desk: Desk) -> Condition | None:
    match token.value:
        case "new":
            return PropertyFilter("error_tracking_issue", "first_seen", "is_date_after", (NEW_SINCE,))
        case "regressed":
            ids = tuple(map(str, desk.regressed_issues())) or (NO_ISSUE,)
            return PropertyFilter("event", "$exception_issue_id", "exact", ids)
        case value if value in STATES and token.negated:
            return PropertyFilter("error_tracking_issue", "status", "exact", (value,))
        case _:
            return None


def _of_user(token: Token, _: Desk) -> Condition:
    if _is_any(token):
        _refuse(token, "Every event has a user.")
    parts = (
        PropertyFilter("person", "distinct_id", "exact", (token.value,)),
        PropertyFilter("person", "email", "icontains", (token.value,)),
        PropertyFilter("person", "name", "icontains", (token.value,)),
    )
    return FilterGroup("OR", parts)


def _of_environment(token: Token, _: Desk) -> Condition:
    """Of names that stand plainly the question takes care itself; as conditions they do no harm beside."""
    if _names_environment(token) and read_environment_name(token.value) == NOWHERE:
        return PropertyFilter("search", "environment", "is_not_set", ())
    return _of_values(token, "search", "environment")


def _of_library(token: Token, _: Desk) -> Condition:
    found = _of_values(token, "search", "library")
    if found.operator != "exact":
        return found
    # `posthog-python` is shown as python.
    return msgspec.structs.replace(found, values=(token.value, f"posthog-{token.value}"))


def _containing(key: str) -> Callable[[Token, Desk], Condition]:
    def condition(token: Token, _: Desk) -> Condition:
        if _is_any(token):
            return PropertyFilter("search", key, "is_set", ())
        return PropertyFilter("search", key, "icontains", (token.value,))

    return condition


def _being(type_: FilterType, key: str) -> Callable[[Token, Desk], Condition]:
    return lambda token, _: _of_values(token, type_, key)


def _of_values(token: Token, type_: FilterType, key: str) -> PropertyFilter:
    operator, value = _read_value(token)
    return PropertyFilter(type_, key, operator, () if operator == "is_set" else (value,))


def _read_value(token: Token) -> tuple[str, str]:
    """Operator and value: `*` any, `*x*` containing, `x*` starting with, `*x` ending with, `>5` compared as numbers."""
    value = token.value
    if token.quoted:
        return "exact", value
    if value == ANY:
        return "is_set", ""
    for sign, operator in COMPARISONS.items():
        if value.startswith(sign) and number_of(value.removeprefix(sign)) is not None:
            return operator, value.removeprefix(sign)
    inner = value.strip(ANY)
    if inner == value or not inner:
        return "exact", value
    return {(True, True): "icontains", (False, True): "starts_with", (True, False): "ends_with"}[
        value.startswith(ANY), value.endswith(ANY)
    ], inner


def _is_any(token: Token) -> bool:
    return token.value == ANY and not token.quoted


def _refuse(token: Token, words: str) -> NoReturn:
    raise invalid(words, write_token(token))


KEYS: Mapping[str, Callable[[Token, Desk], Condition | None]] = {
    IS: _of_is,
    ASSIGNEE: lambda *_: None,
    "type": _being("search", "type"),
    "message": _containing("message"),
    "function": _containing("function"),
    "file": _containing("file"),
    "release": _being("search", "release"),
    ENV: _of_environment,
    "library": _of_library,
    "user": _of_user,
    "distinct_id": _being("event_metadata", "distinct_id"),
}
"""Keys with a meaning of their own; others are properties. To add one: a line here and in `docs/search.md`."""
