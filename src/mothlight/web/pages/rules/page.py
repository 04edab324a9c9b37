"""`/projects/{id}/settings/rules`: the rules of a kind in order, and those that were applied to the past lately."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from starlette.responses import Response

from mothlight.grouping import by_rule
from mothlight.model.errors import Unavailable
from mothlight.rules.kinds import GROUPING, Kind
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.rule_applications import list_applications_of_kind
from mothlight.storage.metadata.repositories.rules import StoredRule, issues_of_fingerprints, list_rules
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.pages.rules.progress import application_line
from mothlight.web.pages.rules.shared import PATH, RANGES, USUAL_RANGE, list_path, read_kind, window_of
from mothlight.web.pages.rules.words import ABOUT, TITLES, rule_line
from mothlight.web.people import people_of
from mothlight.web.rule_previews import preview_rule

MOST_APPLICATIONS = 5
THEN = {
    "grouping": "Then: Mothlight’s own grouping, by type and stack.",
    "suppression": "What no rule drops is kept.",
    "assignment": "Then: nobody.",
    "severity": "Then: no severity.",
    "bypass": "All other events count against the limits.",
}


def show_rules(call: ProjectPage) -> Response:
    """The rules of one kind; `count`: also how many stored events each decides about."""
    kind = read_kind(call.query.get("kind", ""))
    with reading(call.database) as connection:
        every = list_rules(connection, call.project.id)
        rules = [each for each in every if each.kind == kind.name]
        people = people_of(connection, call)
        applied = list_applications_of_kind(connection, call.project.id, kind.name, MOST_APPLICATIONS)
        issues = _issues(connection, call, kind, rules)
    is_counted = bool(rules) and call.query.get("count") == "on"
    counts = _counts(call, kind) if is_counted else None
    return call.page(
        "rules/rules.html",
        place=call.path(PATH),
        base=call.path(PATH),
        list_path=list_path(call, kind),
        issues_path=call.path(),
        kind=kind.name,
        kinds=[
            (name, words, list_path(call, name), sum(1 for each in every if each.kind == name))
            for name, words in TITLES.items()
        ],
        about=ABOUT[kind.name],
        then=THEN[kind.name],
        lines=[rule_line(rule, place, people) for place, rule in enumerate(rules, start=1)],
        issues=issues,
        counts=counts,
        is_too_slow=is_counted and counts is None,
        range_words=RANGES[USUAL_RANGE],
        applied=[application_line(each) for each in applied],
    )


def _issues(
    connection: sa.Connection, call: ProjectPage, kind: Kind, rules: Sequence[StoredRule]
) -> dict[UUID, tuple[UUID, str | None]]:
    """The issues of grouping rules that have one."""
    if kind is not GROUPING:
        return {}
    fingerprints = {rule.id: by_rule(rule.id).value for rule in rules}
    owners = issues_of_fingerprints(connection, call.project.id, fingerprints.values())
    return {rule_id: owners[value] for rule_id, value in fingerprints.items() if value in owners}


def _counts(call: ProjectPage, kind: Kind) -> Mapping[UUID, int] | None:
    """How many events of the usual range each rule decides about; None where that takes too long."""
    try:
        found = preview_rule(call, kind, window_of(USUAL_RANGE), values=None, replaces=None, orders={})
    except Unavailable:
        return None
    return {each.id: each.before for each in found.rules}
