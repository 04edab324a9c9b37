"""`/projects/{id}/settings/rules/{rule}/delete`: a rule is deleted, after what that would do was shown."""

from starlette.responses import Response

from mothlight.model.errors import Refused
from mothlight.rules.kinds import GROUPING, KINDS
from mothlight.storage.metadata.engine import reading
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.pages.changes.undo import undo_path
from mothlight.web.pages.rules.shared import PATH, RANGES, SLOW, list_path, read_range, read_rule, window_of
from mothlight.web.pages.rules.shown import try_out
from mothlight.web.pages.rules.words import rule_line
from mothlight.web.people import people_of
from mothlight.web.rule_applications import apply_rule
from mothlight.web.rule_changes import remove_rule


def show_deletion(call: ProjectPage) -> Response:
    """What is different without it."""
    rule, range_ = read_rule(call), read_range(call.query.get("range", ""))
    kind = KINDS[rule.kind]
    found = try_out(call, kind, range_, "deletion", replaces=rule.id)
    with reading(call.database) as connection:
        people = people_of(connection, call)
    return call.page(
        "rules/delete.html",
        place=call.path(PATH),
        base=call.path(PATH),
        list_path=list_path(call, kind),
        line=rule_line(rule, 1, people),
        range=range_,
        ranges=RANGES,
        has_backwards=kind is GROUPING,
        found=found,
        note=SLOW if found is None else None,
    )


def delete_rule(call: ProjectPage) -> Response:
    """Delete it; `backwards`: the events of a grouping rule's issue go where they would be without it."""
    rule, range_ = read_rule(call), read_range(call.form.get("range", ""))
    kind = KINDS[rule.kind]
    entry_id = remove_rule(call, kind, rule.id)
    undo = None if entry_id is None else undo_path(call, entry_id)
    said = "The rule is deleted."
    if kind is not GROUPING or call.form.get("backwards") != "on":
        return call.redirect(list_path(call, kind), said, undo=undo)
    try:
        apply_rule(call, kind, rule.id, window_of(range_), backwards=True)
    except Refused as problem:
        said = f"{said} Its events stay where they are: {problem.detail}"
    return call.redirect(call.path(f"{PATH}/{rule.id}/past"), said, undo=undo)
