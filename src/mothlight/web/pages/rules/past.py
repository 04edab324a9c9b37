"""`/projects/{id}/settings/rules/{rule}/past`: a rule applied to stored events: asking for it, progress, undo."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from starlette.responses import Response

from mothlight.model.errors import Refused, not_found
from mothlight.rules.kinds import GROUPING, KINDS, Kind
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.rule_applications import (
    RUNNING,
    WAITING,
    Application,
    list_applications,
)
from mothlight.storage.metadata.repositories.rules import StoredRule, find_rule
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.pages.changes.undo import undo_path
from mothlight.web.pages.rules.progress import application_line
from mothlight.web.pages.rules.shared import (
    GONE,
    PATH,
    RANGES,
    list_path,
    read_range,
    read_rule,
    read_rule_id,
    window_of,
)
from mothlight.web.pages.rules.words import rule_line
from mothlight.web.people import people_of
from mothlight.web.rule_applications import APPLICABLE, apply_rule

MOST_SHOWN = 10


def show_past(call: ProjectPage) -> Response:
    """The newest applications, also of a rule that is deleted; those that are under way ask for themselves."""
    rule_id = read_rule_id(call)
    rule, applications = _find(call, rule_id)
    if call.incoming.is_fragment:
        return call.fragment("rules/progress.html", **_progress(call, rule_id, applications))
    return _page(call, rule_id, rule, applications)


def apply_to_past(call: ProjectPage) -> Response:
    """Ask for an application, or for one backwards."""
    rule = read_rule(call)
    backwards = call.form.get("backwards") == "on"
    try:
        apply_rule(
            call, KINDS[rule.kind], rule.id, window_of(read_range(call.form.get("range", ""))), backwards=backwards
        )
    except Refused as problem:
        return _page(call, rule.id, rule, _find(call, rule.id)[1], problem)
    return call.redirect(call.path(f"{PATH}/{rule.id}/past"))


def _find(call: ProjectPage, rule_id: UUID) -> tuple[StoredRule | None, Sequence[Application]]:
    with reading(call.database) as connection:
        rule = find_rule(connection, call.project.id, rule_id)
        applications = list_applications(connection, call.project.id, rule_id, MOST_SHOWN)
    if rule is None and not applications:
        raise not_found(GONE)
    return rule, applications


def _page(
    call: ProjectPage,
    rule_id: UUID,
    rule: StoredRule | None,
    applications: Sequence[Application],
    problem: Refused | None = None,
) -> Response:
    kind = _kind(rule, applications)
    with reading(call.database) as connection:
        people = people_of(connection, call)
    return call.page(
        "rules/past.html",
        status=200 if problem is None else problem.status,
        place=call.path(PATH),
        base=call.path(PATH),
        list_path=list_path(call, kind),
        line=None if rule is None else rule_line(rule, 1, people),
        is_applicable=rule is not None and kind in APPLICABLE,
        has_backwards=kind is GROUPING,
        ranges=RANGES,
        problem=problem,
        **_progress(call, rule_id, applications),
    )


def _progress(call: ProjectPage, rule_id: UUID, applications: Sequence[Application]) -> dict[str, Any]:
    return {
        "path": call.path(f"{PATH}/{rule_id}/past"),
        "lines": [application_line(each) for each in applications],
        "undo_paths": {each.id: undo_path(call, each.change_id) for each in applications if each.change_id},
        "is_under_way": any(each.status in (WAITING, RUNNING) for each in applications),
    }


def _kind(rule: StoredRule | None, applications: Sequence[Application]) -> Kind:
    return KINDS[applications[0].kind if rule is None else rule.kind]
