"""`/projects/{id}/settings/rules/{rule}/move`: a rule one place up or down, after what that would do was shown."""

from collections.abc import Sequence
from uuid import UUID

from starlette.responses import Response

from mothlight.rules.kinds import KINDS
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.rules import StoredRule, list_rules
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.pages.changes.undo import undo_path
from mothlight.web.pages.rules.shared import (
    CHANGED_SINCE,
    PATH,
    RANGES,
    SLOW,
    list_path,
    mark_of,
    read_range,
    read_rule,
)
from mothlight.web.pages.rules.shown import try_out
from mothlight.web.pages.rules.words import rule_line
from mothlight.web.people import people_of
from mothlight.web.rule_changes import reorder_rules

UP = "up"


def show_move(call: ProjectPage) -> Response:
    """What another place would do."""
    return _page(call, read_rule(call), call.query.get("to", ""), read_range(call.query.get("range", "")), None)


def move_rule(call: ProjectPage) -> Response:
    """Give it that place, if nothing has changed since it was shown."""
    rule, to = read_rule(call), call.form.get("to", "")
    present = _present(call, rule)
    if call.form.get("shown") != _mark(present, to):
        return _page(call, rule, to, read_range(call.form.get("range", "")), CHANGED_SINCE)
    kind = KINDS[rule.kind]
    entry_id = reorder_rules(call, kind, _orders(present, rule.id, to))
    undo = None if entry_id is None else undo_path(call, entry_id)
    return call.redirect(list_path(call, kind), f"The rule is tried {_words(to)}.", undo=undo)


def _page(call: ProjectPage, rule: StoredRule, to: str, range_: str, note: str | None) -> Response:
    present, kind = _present(call, rule), KINDS[rule.kind]
    orders = _orders(present, rule.id, to)
    found = try_out(call, kind, range_, "order", orders=orders)
    with reading(call.database) as connection:
        people = people_of(connection, call)
    return call.page(
        "rules/move.html",
        place=call.path(PATH),
        base=call.path(PATH),
        list_path=list_path(call, kind),
        line=rule_line(rule, orders[rule.id] + 1, people),
        to=to,
        words=_words(to),
        range=range_,
        ranges=RANGES,
        mark=_mark(present, to),
        found=found,
        note=SLOW if found is None else note,
    )


def _present(call: ProjectPage, rule: StoredRule) -> list[StoredRule]:
    with reading(call.database) as connection:
        return list_rules(connection, call.project.id, rule.kind)


def _orders(present: Sequence[StoredRule], rule_id: UUID, to: str) -> dict[UUID, int]:
    """All places, from 0 on, after the rule has changed places with the one before it or behind it."""
    ids = [each.id for each in present]
    place = ids.index(rule_id)
    other = max(0, place - 1) if to == UP else min(len(ids) - 1, place + 1)
    ids[place], ids[other] = ids[other], ids[place]
    return {each: number for number, each in enumerate(ids)}


def _mark(present: Sequence[StoredRule], to: str) -> str:
    return mark_of([str(each.id) for each in present], to)


def _words(to: str) -> str:
    return "earlier" if to == UP else "later"
