"""A change of a project's rules that is tried out: the rules of its kind before and after it."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from mothlight.rules.kinds import Kind
from mothlight.storage.metadata.repositories.rules import StoredRule


class Trial(msgspec.Struct, frozen=True):
    """Rules of one kind, in the order in which they are evaluated, enabled ones only."""

    kind: Kind
    before: Sequence[StoredRule]
    after: Sequence[StoredRule]
    subject: UUID | None
    """The rule that is made, changed or deleted; None where rules are reordered."""

    @property
    def forms(self) -> list[StoredRule]:
        """All that have to be evaluated, the later form of a rule before its earlier one; each once."""
        found: list[StoredRule] = []
        for rule in (*self.after, *self.before):
            if not any(_is_same_form(rule, other) for other in found):
                found.append(rule)
        return found

    def place(self, rule: StoredRule) -> int:
        """Which of the forms a rule has, from 1 on."""
        return next(place for place, form in enumerate(self.forms, start=1) if _is_same_form(rule, form))

    @property
    def ids(self) -> list[UUID]:
        """All rules, in their new order."""
        return list(dict.fromkeys(rule.id for rule in self.forms))

    @property
    def is_deletion(self) -> bool:
        """Whether the subject is not there afterwards."""
        return self.subject is not None and all(rule.id != self.subject for rule in self.after)


def trial_of(
    kind: Kind,
    present: Sequence[StoredRule],
    *,
    rule: StoredRule | None = None,
    deleted: UUID | None = None,
    orders: Mapping[UUID, int] | None = None,
) -> Trial:
    """The trial of one change: a new rule or another form of one, a deletion, or another order.

    A rule that is saved is evaluated, also if it was disabled before.
    """
    before = [each for each in present if each.disabled_data is None]
    after = [
        msgspec.structs.replace(each, order_key=(orders or {}).get(each.id, each.order_key))
        for each in before
        if each.id != deleted and (rule is None or each.id != rule.id)
    ]
    if rule is not None:
        after.append(msgspec.structs.replace(rule, disabled_data=None))
    return Trial(kind, before, in_order(after), deleted if rule is None else rule.id)


def _is_same_form(one: StoredRule, other: StoredRule) -> bool:
    """Whether two rules match the same events, and are the same rule."""
    return (one.id, one.filters, one.sampling_rate) == (other.id, other.filters, other.sampling_rate)


def in_order(rules: Sequence[StoredRule]) -> list[StoredRule]:
    """Rules as they are evaluated."""
    return sorted(rules, key=lambda rule: (rule.order_key, rule.created_at, rule.id))
