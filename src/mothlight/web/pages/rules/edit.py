"""`/projects/{id}/settings/rules/new` and `…/{rule}`: one rule. It is saved only after what it would do was shown."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from mothlight.model.errors import Refused
from mothlight.rules.book import SEVERITIES
from mothlight.rules.kinds import KINDS, Kind
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.rules import StoredRule, list_rules
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.pages.changes.undo import undo_path
from mothlight.web.pages.rules.form import (
    RULE_OPERATORS,
    RuleForm,
    form_of,
    keys_for,
    read_form,
    types_for,
)
from mothlight.web.pages.rules.shared import (
    CHANGED_SINCE,
    PATH,
    RANGES,
    SLOW,
    USUAL_RANGE,
    list_path,
    mark_of,
    read_kind,
    read_range,
    read_rule,
    window_of,
)
from mothlight.web.pages.rules.shown import ShownPreview, try_out
from mothlight.web.pages.rules.words import ABOUT, TITLES
from mothlight.web.rule_applications import APPLICABLE, apply_rule
from mothlight.web.rule_changes import add_rule, change_rule, new_rule
from mothlight.web.values.rules import CHANGED, NEW
from mothlight.web.values.validate import validate

SAVE, APPLY = "save", "apply"


class Sheet(msgspec.Struct, frozen=True):
    """A form as it is filled in."""

    kind: Kind
    rule: StoredRule | None
    """None: it is not made yet."""
    form: RuleForm
    range: str = USUAL_RANGE


def show_new(call: ProjectPage) -> Response:
    """The form of a rule that is not made yet."""
    return _page(call, Sheet(read_kind(call.query.get("kind", "")), None, RuleForm()))


def show_rule(call: ProjectPage) -> Response:
    """The form of one that is."""
    rule = read_rule(call)
    return _page(call, Sheet(KINDS[rule.kind], rule, form_of(rule)))


def make_rule(call: ProjectPage) -> Response:
    """Show what a new rule would do, and then make it."""
    return _take(call, read_kind(call.form.get("kind", "")), None)


def save_rule(call: ProjectPage) -> Response:
    """Show what the rule's new form would do, and then save it."""
    rule = read_rule(call)
    return _take(call, KINDS[rule.kind], rule)


def _take(call: ProjectPage, kind: Kind, rule: StoredRule | None) -> Response:
    sent, range_ = read_form(call.form), read_range(call.form.get("range", ""))
    sheet = Sheet(kind, rule, sent, range_)
    do, mark = call.form.get("do", ""), mark_of(sent, range_)
    try:
        values = _checked(call, kind, rule, sent)
        if do in (SAVE, APPLY) and call.form.get("shown") == mark:
            return _save(call, kind, rule, values, range_ if do == APPLY else None)
        found = try_out(call, kind, range_, "rule", values=values, replaces=None if rule is None else rule.id)
    except Refused as problem:
        return _page(call, sheet, problem=problem)
    note = SLOW if found is None else CHANGED_SINCE if do in (SAVE, APPLY) else None
    return _page(call, sheet, mark=mark, found=found, note=note)


def _checked(call: ProjectPage, kind: Kind, rule: StoredRule | None, sent: RuleForm) -> dict[str, Any]:
    """The values of the form as the API takes them. A new rule is tried last."""
    if rule is not None:
        return validate(CHANGED[kind.name], sent.body()).model_dump(exclude_unset=True)
    with reading(call.database) as connection:
        places = [each.order_key for each in list_rules(connection, call.project.id, kind.name)]
    return {**validate(NEW[kind.name], sent.body()).model_dump(), "order_key": max(places, default=0)}


def _save(
    call: ProjectPage, kind: Kind, rule: StoredRule | None, values: Mapping[str, Any], applied_to: str | None
) -> Response:
    if rule is None:
        made = new_rule(call, kind, values)
        rule_id, entry_id = made.id, add_rule(call, made)
    else:
        rule_id, entry_id = rule.id, change_rule(call, kind, rule.id, values)
    undo = None if entry_id is None else undo_path(call, entry_id)
    said = "The rule is made." if rule is None else "The rule is saved."
    if applied_to is None:
        return call.redirect(list_path(call, kind), f"{said} It counts from the next events on.", undo=undo)
    try:
        apply_rule(call, kind, rule_id, window_of(applied_to))
    except Refused as problem:
        said = f"{said} It is not applied to the past: {problem.detail}"
    return call.redirect(call.path(f"{PATH}/{rule_id}/past"), said, undo=undo)


def _page(
    call: ProjectPage,
    sheet: Sheet,
    *,
    mark: str | None = None,
    found: ShownPreview | None = None,
    problem: Refused | None = None,
    note: str | None = None,
) -> Response:
    kind, organization = sheet.kind, call.project.organization_id
    return call.page(
        "rules/edit.html",
        status=200 if problem is None else problem.status,
        place=call.path(PATH),
        base=call.path(PATH),
        list_path=list_path(call, kind),
        kind=kind.name,
        title=TITLES[kind.name],
        about=ABOUT[kind.name],
        rule=sheet.rule,
        form=sheet.form,
        range=sheet.range,
        ranges=RANGES,
        is_applicable=kind in APPLICABLE,
        severities=SEVERITIES,
        operators=RULE_OPERATORS,
        types=types_for(kind),
        keys=keys_for(kind),
        needs_condition=kind.needs_condition,
        members=[each.user for each in call.parts.directory.list_members(organization)],
        roles=call.parts.directory.list_roles(organization),
        mark=mark,
        found=found,
        problem=problem,
        note=note,
    )
