"""The rule index: all rules of one kind of a project, decided about together.

Each condition is a bit. What conditions say of a field's values is remembered by the values, and what rules follow from
that by the bits: an event like others costs a look-up for each field, however many rules there are. What is long or
costs much is left to the rules' own evaluation, when nothing else decides about them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from mothlight.filters.property_filter import Condition, FilterGroup, PropertyFilter
from mothlight.kit.recent import Recent
from mothlight.rules.evaluate import length_bounds
from mothlight.rules.field_tests import FieldTests
from mothlight.rules.kinds import Kind
from mothlight.rules.read import conditions_of
from mothlight.rules.subject import Subject, getter_of

SHORT = 512
"""Characters that the values of a field may have to be tested for all rules at once, and remembered."""
SHORT_STACK = 10_000
"""The same of a stack's. They are tested once for each stack, and in memory anyway while the stack is remembered."""

REMEMBERED_VALUES = 20_000
REMEMBERED_DECISIONS = 2_000

STACK_FIELDS = frozenset({"$exception_sources", "$exception_functions"})
"""Looked at after all others, and only when these do not decide: the stack may have to be loaded."""
COSTLY_FIELDS = frozenset({"$exception_list"})
"""Never looked at but by the rules' own evaluation."""

Verdict = Callable[[int, int], bool | None]
"""From the bits of the conditions that are known, and of those that hold: whether a rule matches; None: it depends."""


class Member(NamedTuple):
    """A rule of an index."""

    condition: FilterGroup | None
    """None: it cannot be read, and is left to its own evaluation."""
    ends: bool
    """Whether the search always ends with it when it matches."""


class Candidate(NamedTuple):
    """A rule that may match."""

    position: int
    """In the order of the rules."""
    certain: bool
    """It does match. Otherwise only its own evaluation can tell."""


class RuleIndex:
    """The rules in their order."""

    def __init__(self, members: Sequence[Member], kind: Kind) -> None:
        conditions = [member.condition for member in members if member.condition is not None]
        found = dict.fromkeys(each for condition in conditions for each in conditions_of(condition))
        bits = {each: 1 << number for number, each in enumerate(found) if each.key not in COSTLY_FIELDS}
        fields: dict[tuple[bool, str], list[tuple[int, PropertyFilter]]] = {}
        for each, bit in bits.items():
            fields.setdefault(_field(each), []).append((bit, each))
        tests: tuple[list[FieldTests], list[FieldTests]] = ([], [])
        for some in fields.values():
            first = some[0][1]
            tests[_is_of_stack(first)].append(FieldTests(getter_of(first, kind), _most(first), some))
        self.properties = frozenset(each.key for each in found if each.type != "error_tracking_issue")
        """Those that some rule looks at."""
        self.phases = tests
        """The fields that are looked at first, and those that are looked at if need be."""
        self._rules = [(_verdict_of(member.condition, bits), member.ends) for member in members]
        self.all = tuple(Candidate(position, certain=False) for position in range(len(members)))
        """Every rule, to be evaluated by itself."""

    def decide(self, known: int, holding: int) -> tuple[Candidate, ...]:
        """The rules that match or may match, up to the first that certainly ends the search."""
        found = []
        for position, (verdict, ends) in enumerate(self._rules):
            matches = verdict(known, holding)
            if matches is False:
                continue
            found.append(Candidate(position, matches is True))
            if matches and ends:
                break
        return tuple(found)


class RuleFinder:
    """Remembers what indexes said. For one thread; what was said by indexes that are gone is forgotten in time."""

    def __init__(self, values: int = REMEMBERED_VALUES, decisions: int = REMEMBERED_DECISIONS) -> None:
        self._holding: Recent[tuple[FieldTests, tuple[str | None, ...]], int] = Recent(values)
        self._decisions: Recent[tuple[RuleIndex, int, int], tuple[Candidate, ...]] = Recent(decisions)

    def candidates(self, index: RuleIndex, subject: Subject) -> tuple[Candidate, ...]:
        """See `RuleIndex.decide`; of an event."""
        known = holding = 0
        found = index.all
        for fields in index.phases:
            for field in fields:
                bits = self._bits(field, subject)
                if bits is not None:
                    known |= field.bits
                    holding |= bits
            found = self._decide(index, known, holding)
            if all(candidate.certain for candidate in found):
                break
        return found

    def __len__(self) -> int:
        return len(self._holding) + len(self._decisions)

    def _bits(self, field: FieldTests, subject: Subject) -> int | None:
        """The conditions that hold of a field; None where that is left to the rules' own evaluation."""
        try:
            texts = tuple(field.getter(subject))
            bits = self._holding.get((field, texts))
            if bits is None and field.is_short(texts):
                bits = field.holding(texts)
                self._holding.put((field, texts), bits)
        except Exception:  # noqa: BLE001 - the rule that asks for it meets it again, and is told about it
            return None
        return bits

    def _decide(self, index: RuleIndex, known: int, holding: int) -> tuple[Candidate, ...]:
        key = (index, known, holding)
        found = self._decisions.get(key)
        if found is None:
            found = index.decide(known, holding)
            self._decisions.put(key, found)
        return found


def _field(condition: PropertyFilter) -> tuple[bool, str]:
    return condition.type == "error_tracking_issue", condition.key


def _is_of_stack(condition: PropertyFilter) -> bool:
    return condition.type != "error_tracking_issue" and condition.key in STACK_FIELDS


def _most(condition: PropertyFilter) -> int:
    return SHORT_STACK if _is_of_stack(condition) else SHORT


def _verdict_of(condition: FilterGroup | None, bits: Mapping[PropertyFilter, int]) -> Verdict:
    if condition is None:
        return lambda _known, _holding: None
    verdict = _verdict(condition, bits)
    bounds = length_bounds(condition)
    if not bounds:
        return verdict
    # All texts must be short enough for the rule's expressions: those that were tested are.
    are_tested = all(found in bits for found, _ in bounds)
    guards = _union(bits.get(found, 0) for found, _ in bounds)

    def guarded(known: int, holding: int) -> bool | None:
        matches = verdict(known, holding)
        return None if matches and not (are_tested and known & guards == guards) else matches

    return guarded


def _verdict(condition: Condition, bits: Mapping[PropertyFilter, int]) -> Verdict:
    if isinstance(condition, PropertyFilter):
        bit = bits.get(condition, 0)
        return lambda known, holding: bool(holding & bit) if known & bit else None
    parts = [_verdict(part, bits) for part in condition.parts]
    if not parts:
        return lambda _known, _holding: True
    deciding = condition.joined_by == "OR"

    def joined(known: int, holding: int) -> bool | None:
        result: bool | None = not deciding
        for part in parts:
            found = part(known, holding)
            if found is deciding:
                return found
            if found is None:
                result = None
        return result

    return joined


def _union(bits: Iterable[int]) -> int:
    union = 0
    for bit in bits:
        union |= bit
    return union
