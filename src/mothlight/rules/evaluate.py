"""A rule's condition as a function of an event (pipeline 6.1 to 6.4)."""

from collections.abc import Callable

from mothlight.filters.operators import OPERATORS, Operator, Test
from mothlight.filters.property_filter import Condition, FilterGroup, PropertyFilter
from mothlight.filters.text_tests import TextTest, text_test
from mothlight.filters.values import expressions_size
from mothlight.rules.kinds import Kind
from mothlight.rules.read import conditions_of
from mothlight.rules.subject import Getter, Subject, Texts, getter_of

Matches = Callable[[Subject], bool]

MOST_STEPS = 50_000_000
"""What the regular expressions of one rule may cost with one event: instructions times characters. An event with longer
texts is none of the rule's."""


def compile_condition(condition: FilterGroup, kind: Kind) -> Matches:
    """The function that says whether an event meets a condition.

    A tree without a condition matches everything.
    """
    matches = _compile(condition, kind)
    bounds = length_bounds(condition)
    if not bounds:
        return matches
    guards = [(getter_of(found, kind), most) for found, most in bounds]
    return lambda subject: all(_is_short(getter(subject), most) for getter, most in guards) and matches(subject)


def length_bounds(condition: Condition) -> list[tuple[PropertyFilter, int]]:
    """The conditions with regular expressions, and how many characters a text of theirs may have."""
    sought = [each for each in conditions_of(condition) if OPERATORS[each.operator].test is Test.MATCHES]
    size = sum(expressions_size(each.values) for each in sought)
    return [(each, MOST_STEPS // max(1, size)) for each in sought]


def passes(operator: Operator, result: bool | None) -> bool:
    """What an operator makes of a test's result; None: there was nothing to test."""
    if not operator.inverted:
        return result is True
    return result is not True if operator.missing else result is False


def _compile(condition: Condition, kind: Kind) -> Matches:
    if isinstance(condition, PropertyFilter):
        operator = OPERATORS[condition.operator]
        return _single(getter_of(condition, kind), operator, text_test(operator.test, condition.values))
    parts = [_compile(part, kind) for part in condition.parts]
    if not parts:
        return lambda _: True
    if condition.joined_by == "OR":
        return lambda subject: any(part(subject) for part in parts)
    return lambda subject: all(part(subject) for part in parts)


def _single(getter: Getter, operator: Operator, test: TextTest) -> Matches:
    return lambda subject: passes(operator, _any(getter(subject), test))


def _any(texts: Texts, test: TextTest) -> bool | None:
    """Whether one of the values passes. A missing value cannot be tested, and an empty text counts as missing."""
    result: bool | None = None
    for text in texts:
        if not text:
            continue
        passed = test(text)
        if passed:
            return True
        if passed is False:
            result = False
    return result


def _is_short(texts: Texts, most: int) -> bool:
    return all(text is None or len(text) <= most for text in texts)
