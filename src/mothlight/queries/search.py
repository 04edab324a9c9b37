"""Search texts: how they fall into tokens, and where a token is looked for (api 2.1)."""

import re
from collections.abc import Sequence

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT, of_persons, plain
from mothlight.filters.sql_tests import contains_sql
from mothlight.model.errors import invalid
from mothlight.storage.events.interface import EventStore
from mothlight.storage.events.properties import property_text

MOST_TOKENS = 100

MOST_BOUND_STACKS = 5000
"""More stacks than these are searched again in each statement instead of being sent along."""

_TOKEN = re.compile(r"""(?P<double>"[^"]*")|(?P<single>(?:(?<=\s)|^)'[^']*')|(?P<plain>[^\s"]+)|(?P<quote>")""")
_QUOTES = "\"'"


def list_text(column: str) -> str:
    """SQL of a list's JSON text, but for the escapes that JSON would put into its elements."""
    return f"""concat('["', arrayStringConcat({column}, '","'), '"]')"""


STACK_TEXTS = ("texts", list_text("sources"), list_text("functions"))


def joined_texts(*texts: str) -> str:
    """The texts that are searched together, as one."""
    return " ".join(text for text in (each.strip() for each in texts) if text)


def read_tokens(text: str) -> list[str]:
    """The tokens of a search text: quoted runs whole, the rest split at blanks, without quotes at their ends."""
    tokens = [token for token in (found.group().strip(_QUOTES) for found in _TOKEN.finditer(text)) if token]
    if len(tokens) > MOST_TOKENS:
        raise invalid("Too many search tokens", "searchQuery")
    return tokens


def token_conditions(tokens: Sequence[str], store: EventStore, project_id: int, bindings: Bindings) -> list[str]:
    """SQL for each token: it occurs in some text of the event, its stack or its person, whatever its case.

    Stacks and persons are few beside events: they are searched here, once for all statements that use the conditions.
    """
    if not tokens:
        return []
    stacks = _found_stacks(tokens, store, project_id)
    of_persons_too = _tokens_of_persons(tokens, store, project_id)
    return [_token_condition(token, stacks[token], token in of_persons_too, bindings) for token in tokens]


def phrase_condition(phrase: str, bindings: Bindings) -> str:
    """SQL: the phrase occurs in the types, in the messages, or in the address."""
    texts = (list_text("types"), list_text("messages"), property_text("$current_url"))
    return _any_contains(texts, phrase, bindings)


def _token_condition(token: str, stacks: Sequence[str], of_some_person: bool, bindings: Bindings) -> str:
    places = [contains_sql("searched", token, bindings)]
    if len(stacks) > MOST_BOUND_STACKS:
        texts = _any_contains(STACK_TEXTS, token, bindings)
        places.append(f"stack IN (SELECT hash FROM stacks FINAL WHERE {OF_PROJECT} AND {texts})")
    elif stacks:
        places.append(f"stack IN {bindings.texts(stacks)}")
    if of_some_person:
        places.append(of_persons(contains_sql("email", token, bindings)))
    return f"({' OR '.join(places)})"


def _found_stacks(tokens: Sequence[str], store: EventStore, project_id: int) -> dict[str, list[str]]:
    """The stacks that each token occurs in."""
    bindings = Bindings()
    flags = ", ".join(_any_contains(STACK_TEXTS, token, bindings) for token in tokens)
    sql = f"SELECT hash, [{flags}] AS found FROM stacks FINAL WHERE {OF_PROJECT} AND has(found, 1)"
    rows = store.query(project_id, sql, bindings.parameters)
    return {token: [stack for stack, found in rows if found[place]] for place, token in enumerate(tokens)}


def _tokens_of_persons(tokens: Sequence[str], store: EventStore, project_id: int) -> set[str]:
    """The tokens that occur in some person's e-mail address: mostly none, and then persons needn't be joined."""
    bindings = Bindings()
    found = f"arrayFilter(token -> positionCaseInsensitiveUTF8(email, token) > 0, {bindings.texts(tokens)})"
    sql = f"SELECT DISTINCT arrayJoin({found}) FROM persons FINAL WHERE {OF_PROJECT} AND deleted = 0 AND email != ''"
    return {token for (token,) in store.query(project_id, sql, bindings.parameters)}


def _any_contains(texts: Sequence[str], needle: str, bindings: Bindings) -> str:
    conditions = (plain(contains_sql(text, needle, bindings)) for text in texts)
    return f"({' OR '.join(conditions)})"
