"""`{kind}_rules/…` (api.md 3.6): the handlers of all kinds, which differ by their bodies and by what they show."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from starlette.responses import Response

from mothlight.grouping import by_rule
from mothlight.issues.project_rules import load_rule
from mothlight.rules.kinds import GROUPING, Kind
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.rule_applications import list_applications
from mothlight.storage.metadata.repositories.rules import StoredRule, issues_of_fingerprints, list_rules
from mothlight.web.api.calls import ProjectCall
from mothlight.web.api.rule_shapes import SHAPES, ApplicationShape, ApplicationsShape, RuleIssueShape, RuleShape
from mothlight.web.errors import json_response
from mothlight.web.rule_applications import apply_rule
from mothlight.web.rule_changes import add_rule, change_rule, new_rule, remove_rule, reorder_rules
from mothlight.web.rule_previews import preview_rule
from mothlight.web.values.rules import CHANGED, NEW, Reorder, RuleRange, RuleTrial
from mothlight.web.values.validate import validate

MOST_APPLICATIONS = 20


class RuleHandlers:
    """What the routes of one kind answer."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    def list_all(self, call: ProjectCall) -> Response:
        """Rules in the order in which they are evaluated."""
        with reading(call.parts.database) as connection:
            shapes = self._shapes(connection, call, list_rules(connection, call.project.id, self.kind.name))
        return json_response({"results": shapes}) if self.kind is GROUPING else call.answer_slice(shapes)

    def get(self, call: ProjectCall) -> Response:
        """One rule."""
        rule_id = call.row_id()
        with reading(call.parts.database) as connection:
            rule = load_rule(connection, call.project.id, self.kind.name, rule_id)
            return json_response(self._shapes(connection, call, [rule])[0])

    def create(self, call: ProjectCall) -> Response:
        """Make a rule."""
        values = validate(NEW[self.kind.name], call.fields()).model_dump()
        rule = new_rule(call, self.kind, values)
        add_rule(call, rule)
        with reading(call.parts.database) as connection:
            return json_response(self._shapes(connection, call, [rule])[0], 201)

    def update(self, call: ProjectCall) -> Response:
        """Change a rule, and have it evaluated again if it was disabled."""
        values = validate(CHANGED[self.kind.name], call.fields()).model_dump(exclude_unset=True)
        change_rule(call, self.kind, call.row_id(), values)
        return Response(status_code=204)

    def remove(self, call: ProjectCall) -> Response:
        """Delete a rule."""
        remove_rule(call, self.kind, call.row_id())
        return Response(status_code=204)

    def reorder(self, call: ProjectCall) -> Response:
        """Give rules other places in the order."""
        orders = validate(Reorder, call.fields()).orders
        reorder_rules(call, self.kind, read_orders(orders))
        return Response(status_code=204)

    def preview(self, call: ProjectCall) -> Response:
        """What a change of rules would have done to stored events. Nothing changes."""
        asked = validate(RuleTrial, call.fields())
        values = None if asked.rule is None else self._values(asked.rule, is_new=asked.replaces is None)
        answer = preview_rule(
            call,
            self.kind,
            asked.date_range.window(),
            values=values,
            replaces=asked.replaces,
            orders=None if asked.orders is None else read_orders(asked.orders),
        )
        return json_response(answer)

    def apply(self, call: ProjectCall) -> Response:
        """Apply the rule to stored events, in the background."""
        asked = validate(RuleRange, call.fields())
        window = asked.date_range.window()
        made = apply_rule(call, self.kind, call.row_id(), window, backwards=asked.backwards)
        return json_response(ApplicationShape.of(made), 201)

    def applications(self, call: ProjectCall) -> Response:
        """How far the newest applications of the rule are, and what came of them."""
        rule_id = call.row_id()
        with reading(call.parts.database) as connection:
            found = list_applications(connection, call.project.id, rule_id, MOST_APPLICATIONS)
        return json_response(ApplicationsShape([ApplicationShape.of(each) for each in found]))

    def _values(self, fields: Mapping[str, Any], *, is_new: bool) -> dict[str, Any]:
        if is_new:
            return validate(NEW[self.kind.name], fields).model_dump()
        return validate(CHANGED[self.kind.name], fields).model_dump(exclude_unset=True)

    def _shapes(self, connection: sa.Connection, call: ProjectCall, rules: Sequence[StoredRule]) -> list[RuleShape]:
        if self.kind is not GROUPING:
            return [SHAPES[self.kind.name].of(rule) for rule in rules]
        fingerprints = {rule.id: by_rule(rule.id).value for rule in rules}
        owners = issues_of_fingerprints(connection, call.project.id, fingerprints.values())
        shapes = []
        for rule in rules:
            owner = owners.get(fingerprints[rule.id])
            shape: Any = SHAPES[self.kind.name].of(rule)
            issue = None if owner is None else RuleIssueShape(*owner)
            shapes.append(msgspec.structs.replace(shape, issue=issue))
        return shapes


def read_orders(orders: Mapping[str, int]) -> dict[UUID, int]:
    """Places by rule; what is no id of a rule is ignored."""
    found: dict[UUID, int] = {}
    for text, place in orders.items():
        try:
            found[UUID(text)] = place
        except ValueError:
            continue
    return found
