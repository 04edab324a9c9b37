"""Trying a change of rules out, for programs and pages alike: nothing is changed."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.issues.project_rules import load_rule
from mothlight.model.errors import invalid
from mothlight.queries.date_range import figures_range
from mothlight.queries.questions import Window
from mothlight.queries.rules.preview import Preview, read_preview
from mothlight.queries.rules.trial import Trial, trial_of
from mothlight.rules.kinds import Kind
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.rules import list_rules
from mothlight.web.parts import Work
from mothlight.web.rule_changes import assignee_of, new_rule


def preview_rule(
    call: Work,
    kind: Kind,
    window: Window,
    *,
    values: Mapping[str, Any] | None,
    replaces: UUID | None,
    orders: Mapping[UUID, int] | None,
) -> Preview:
    """What a new rule would have done (`values`), another form of one (also `replaces`), its deletion, or an order.

    Raises:
        Refused: there is no such rule (404), or nothing was given to be tried (400).
    """
    with reading(call.parts.database) as connection:
        trial = _trial(connection, call, kind, values, replaces, orders)
    range_ = figures_range(window, call.parts.clock())
    return read_preview(call.parts.events, call.project.id, trial, range_)


def _trial(
    connection: sa.Connection,
    call: Work,
    kind: Kind,
    values: Mapping[str, Any] | None,
    replaces: UUID | None,
    orders: Mapping[UUID, int] | None,
) -> Trial:
    present = list_rules(connection, call.project.id, kind.name)
    if replaces is not None:
        replaced = load_rule(connection, call.project.id, kind.name, replaces)
        if values is None:
            return trial_of(kind, present, deleted=replaces)
        wanted = dict(values)
        if "assignee" in wanted:
            wanted["assignee"] = assignee_of(call, wanted["assignee"])
        return trial_of(kind, present, rule=msgspec.structs.replace(replaced, **wanted))
    if values is not None:
        return trial_of(kind, present, rule=new_rule(call, kind, values))
    if orders is not None:
        return trial_of(kind, present, orders=orders)
    raise invalid("Name a rule, one that is replaced, or orders.", code="required")
