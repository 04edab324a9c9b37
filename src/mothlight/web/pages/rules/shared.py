"""What all pages of rules need: the kind and the rule that they are about, ranges of time, marks of what was shown."""

import hashlib
from typing import Any
from uuid import UUID

import msgspec

from mothlight.model.errors import not_found
from mothlight.queries.questions import Window
from mothlight.rules.kinds import GROUPING, KINDS, Kind
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.rules import StoredRule, find_rule
from mothlight.web.pages.calls import ProjectPage

PATH = "settings/rules"
GONE = "There is no such rule."
SLOW = "It takes too long to look at so many events; choose a shorter time."
CHANGED_SINCE = "It is something else than what was shown before. This is what it would do; nothing is saved yet."

RANGES = {
    "-1d": "the last day",
    "-7d": "the last 7 days",
    "-30d": "the last 30 days",
    "-90d": "the last 90 days",
    "all": "all the time that is stored",
}
"""How far back rules are tried and applied, and how that reads after "of"."""
USUAL_RANGE = "-30d"


def read_kind(name: str) -> Kind:
    """The kind of this name; without one, grouping. Raises `Refused` (404) when there is none such."""
    kind = KINDS.get(name or GROUPING.name)
    if kind is None:
        raise not_found("There are no such rules.")
    return kind


def read_rule_id(call: ProjectPage) -> UUID:
    """The id in the path. Raises `Refused` (404) when it is none."""
    try:
        return UUID(call.incoming.parameters["id"])
    except ValueError:
        raise not_found(GONE) from None


def read_rule(call: ProjectPage) -> StoredRule:
    """The rule in the path. Raises `Refused` (404) when the project has none such."""
    with reading(call.database) as connection:
        rule = find_rule(connection, call.project.id, read_rule_id(call))
    if rule is None:
        raise not_found(GONE)
    return rule


def read_range(sent: str) -> str:
    """One of `RANGES`; the usual one for anything else."""
    return sent if sent in RANGES else USUAL_RANGE


def window_of(range_: str) -> Window:
    """One of `RANGES` as questions take it."""
    return Window(range_, None)


def list_path(call: ProjectPage, kind: Kind | str) -> str:
    """The path of the list of a kind."""
    return call.path(f"{PATH}?kind={kind if isinstance(kind, str) else kind.name}")


def mark_of(*shown: Any) -> str:
    """Tells whether what is to be saved is what was shown: equal for equal values."""
    return hashlib.sha256(msgspec.json.encode(shown, order="deterministic")).hexdigest()[:32]
