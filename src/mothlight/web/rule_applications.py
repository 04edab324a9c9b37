"""Asking for a rule to be applied to stored events, for programs and pages alike; `rewind` does it."""

from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.issues.journal import Author
from mothlight.issues.project_rules import load_rule
from mothlight.issues.rule_values import rule_name, rule_value
from mothlight.model.errors import invalid
from mothlight.queries.date_range import figures_range
from mothlight.queries.questions import Window
from mothlight.rules.kinds import ASSIGNMENT, GROUPING, SUPPRESSION, Kind
from mothlight.storage.metadata.repositories.rule_applications import (
    WAITING,
    Application,
    add_application,
    count_unfinished,
)
from mothlight.storage.metadata.repositories.rules import list_rules
from mothlight.web.change import change
from mothlight.web.parts import Work

MOST_WAITING = 20
"""Applications of one project at a time."""
APPLICABLE = (GROUPING, ASSIGNMENT, SUPPRESSION)


def apply_rule(call: Work, kind: Kind, rule_id: UUID, window: Window, *, backwards: bool = False) -> Application:
    """Ask for it; the work is done in the background, one application after the other.

    Backwards, events leave the issue of a grouping rule, which may be deleted, for where they would be without it.

    Raises:
        Refused: there is no such rule (404), or rules of its kind have no past, or none backwards (400).
    """
    if kind not in APPLICABLE:
        raise invalid(f"A {kind.name} rule is about events that come in; it has no past.")
    if backwards and kind is not GROUPING:
        raise invalid("Only a grouping rule is applied backwards; what others did is taken back in the journal.")
    range_ = figures_range(window, call.parts.clock())

    def work(connection: sa.Connection, author: Author) -> Application:
        if count_unfinished(connection, call.project.id) >= MOST_WAITING:
            raise invalid(f"{MOST_WAITING} rules wait to be applied already.")
        if not backwards:
            load_rule(connection, call.project.id, kind.name, rule_id)
        present = list_rules(connection, call.project.id, kind.name)
        enabled = [each for each in present if each.disabled_data is None or each.id == rule_id]
        rules = [each for each in enabled if not backwards or each.id != rule_id]
        application = Application(
            id=author.make_id(),
            project_id=call.project.id,
            kind=kind.name,
            rule_id=rule_id,
            backwards=backwards,
            rules=[{"name": rule_name(each.id), "value": rule_value(each)} for each in rules],
            status=WAITING,
            actor=msgspec.to_builtins(author.actor),
            date_from=range_.start,
            date_to=range_.end,
            created_at=author.moment,
        )
        add_application(connection, application)
        return application

    return change(call, work)
