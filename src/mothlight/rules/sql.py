"""A rule's condition as SQL about rows of `events`: true for the events that `evaluate` says match, never NULL.

The two are compared on random rules and events by `tests/contract/test_rules_sql.py`. Statements with these conditions
end with `SETTINGS`.
"""

# ruff: noqa: S608 - values are bound, and only names that stand in this file and encoded paths enter the text

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT, plain
from mothlight.filters.operators import OPERATORS, Test
from mothlight.filters.property_filter import Condition, FilterGroup, PropertyFilter
from mothlight.filters.sql_tests import Compared, test_sql
from mothlight.filters.text_tests import NUMBER_PATTERN, contains_expression, ends_expression, starts_expression
from mothlight.rules.evaluate import length_bounds
from mothlight.rules.kinds import Kind
from mothlight.rules.sampling import PARTS, dropped_parts
from mothlight.rules.subject import FINGERPRINT_KEYS, ISSUE_ID, ISSUE_TEXTS
from mothlight.storage.events.properties import property_text

SETTINGS = "SETTINGS precise_float_parsing = 1"
"""Numbers are read as Python reads them."""

NOW = datetime(2000, 1, 1, tzinfo=UTC)
"""Rules have no dates, so there is no present to them."""

HOLDS, FAILS = "1", "0"

TestOfText = Callable[[str], str]
"""SQL of a test, given SQL of a text; NULL where there is no text, or nothing that could be tested."""


class Field(Protocol):
    """What a condition is about."""

    def some(self, test: TestOfText) -> str:
        """SQL, never NULL: a value passes the test."""


class Scalar(msgspec.Struct, frozen=True):
    """One text of the row, NULL when missing."""

    sql: str

    def some(self, test: TestOfText) -> str:
        """See `Field`."""
        return plain(test(self.sql))


class Elements(msgspec.Struct, frozen=True):
    """A list of texts of the row."""

    sql: str

    def some(self, test: TestOfText) -> str:
        """See `Field`."""
        return f"arrayExists(element -> {plain(test(_PRESENT_ELEMENT))}, {self.sql})"


_PRESENT_ELEMENT = "nullIf(element, '')"


class OfStack(msgspec.Struct, frozen=True):
    """Something of the event's stack."""

    field: Elements | Scalar

    def some(self, test: TestOfText) -> str:
        """See `Field`."""
        return f"stack IN (SELECT hash FROM stacks FINAL WHERE {OF_PROJECT} AND {self.field.some(test)})"


class Either(msgspec.Struct, frozen=True):
    """Values that stand in several places."""

    fields: tuple[Field, ...]

    def some(self, test: TestOfText) -> str:
        """See `Field`."""
        return f"({' OR '.join(field.some(test) for field in self.fields)})"


class OfOwner(msgspec.Struct, frozen=True):
    """A text of what the event belongs to now, empty when missing."""

    sql: str

    def some(self, test: TestOfText) -> str:
        """See `Field`."""
        found = Scalar(f"nullIf({self.sql}, '')").some(test)
        return f"grouping_key IN (SELECT grouping_key FROM owners FINAL WHERE {OF_PROJECT} AND {found})"


class OfIssue(msgspec.Struct, frozen=True):
    """A text of the issue that the event belongs to now."""

    sql: str

    def some(self, test: TestOfText) -> str:
        """See `Field`."""
        found = Scalar(f"nullIf({self.sql}, '')").some(test)
        issues = f"SELECT issue_id FROM issues FINAL WHERE {OF_PROJECT} AND deleted = 0 AND {found}"
        return f"grouping_key IN (SELECT grouping_key FROM owners FINAL WHERE {OF_PROJECT} AND issue_id IN ({issues}))"


class Nothing(msgspec.Struct, frozen=True):
    """What the kind cannot see."""

    def some(self, test: TestOfText) -> str:
        """See `Field`."""
        return FAILS


MADE: Mapping[str, Field] = {
    "$exception_types": Elements("types"),
    "$exception_values": Elements("messages"),
    "$exception_sources": OfStack(Elements("sources")),
    "$exception_functions": OfStack(Elements("functions")),
    "$exception_list": Either((Scalar("nullIf(exceptions, '')"), OfStack(Scalar("nullIf(frames, '')")))),
    "$exception_handled": Scalar("if(handled, 'true', 'false')"),
    "$exception_release": Scalar("nullIf(release, '')"),
}
"""Where the properties of `subject.LISTS` are stored."""

OWNED: Mapping[str, Field] = {
    "$exception_fingerprint": OfOwner("fingerprint"),
    "$exception_fingerprint_version": OfOwner("fingerprint_version"),
    "$exception_fingerprint_record": OfOwner("record"),
}

MANUAL = f"""
    grouping_key IN (SELECT grouping_key FROM owners FINAL WHERE {OF_PROJECT} AND record = '[{{"type":"manual"}}]')
"""
"""SQL: the application chose the event's fingerprint, so no grouping rule looks at it."""


def rule_sql(condition: FilterGroup, kind: Kind, bindings: Bindings) -> str:
    """SQL that is true for the events that a rule's condition matches, given what its kind sees."""
    matches = _condition(condition, kind, bindings)
    short = [
        f"NOT {_field(found, kind).some(_longer_than(most, bindings))}" for found, most in length_bounds(condition)
    ]
    return f"({' AND '.join([matches, *short])})"


def sampled_sql(rate: float | None) -> str:
    """SQL that is true for the events that a suppression rule drops if it matches them."""
    if rate is None or rate >= 1:
        return HOLDS
    # The engine divides no number of 128 bits, so each half is divided by itself.
    high, low = (f"reinterpretAsUInt64(reverse(substring(UUIDToNum(uuid), {start}, 8)))" for start in (1, 9))
    return f"(({high} % {PARTS}) * {2**64 % PARTS} + {low} % {PARTS}) % {PARTS} < {dropped_parts(rate)}"


def _condition(condition: Condition, kind: Kind, bindings: Bindings) -> str:
    if isinstance(condition, PropertyFilter):
        return _single(condition, kind, bindings)
    parts = [_condition(part, kind, bindings) for part in condition.parts]
    return f"({f' {condition.joined_by} '.join(parts)})" if parts else HOLDS


def _single(found: PropertyFilter, kind: Kind, bindings: Bindings) -> str:
    operator = OPERATORS[found.operator]
    field, compared = _field(found, kind), Compared(found.values, bindings, NOW)
    passes = field.some(lambda text: text_sql(operator.test, text, compared))
    if not operator.inverted:
        return passes
    if operator.missing:
        return f"NOT {passes}"
    tested = field.some(lambda text: f"({text_sql(operator.test, text, compared)}) IS NOT NULL")
    return f"({tested} AND NOT {passes})"


def _field(found: PropertyFilter, kind: Kind) -> Field:
    key = found.key
    if found.type == "error_tracking_issue":
        return OfIssue(key) if kind.sees_issue and key in ISSUE_TEXTS else Nothing()
    if key in MADE:
        return MADE[key]
    if key in FINGERPRINT_KEYS:
        return OWNED[key] if kind.sees_fingerprint else Nothing()
    if key == ISSUE_ID:
        return OfOwner("toString(issue_id)") if kind.sees_issue_id else Nothing()
    return Scalar(property_text(key))


def _longer_than(most: int, bindings: Bindings) -> TestOfText:
    bound = bindings.bind(most, "UInt64")
    return lambda text: f"lengthUTF8({text}) > {bound}"


# Tests


def text_sql(test: Test, text: str, compared: Compared) -> str:
    """SQL of a test on a text, meaning what `filters.text_tests` means."""
    own = TESTS.get(test)
    return test_sql(test, text, compared) if own is None else own(text, compared)


def _contains(text: str, compared: Compared) -> str:
    found = [
        f"positionCaseInsensitive({text}, {compared.bindings.text(value)}) > 0"
        if value.isascii()
        else _matches(text, contains_expression(value), compared)
        for value in compared.values
    ]
    return f"({' OR '.join(found)})"


def _by_expression(expression_of: Callable[[str], str]) -> Callable[[str, Compared], str]:
    def sql(text: str, compared: Compared) -> str:
        found = [_matches(text, expression_of(value), compared) for value in compared.values]
        return f"({' OR '.join(found)})"

    return sql


def _matches(text: str, expression: str, compared: Compared) -> str:
    return f"match({text}, {compared.bindings.text(expression)})"


def _number(sign: str) -> Callable[[str, Compared], str]:
    def sql(text: str, compared: Compared) -> str:
        number = _number_sql(text, compared)
        found = [f"{number} {sign} {compared.bindings.bind(float(value), 'Float64')}" for value in compared.values]
        return f"({' OR '.join(found)})"

    return sql


def _between(text: str, compared: Compared) -> str:
    low, high = (compared.bindings.bind(float(value), "Float64") for value in compared.values)
    return f"({_number_sql(text, compared)} BETWEEN {low} AND {high})"


def _number_sql(text: str, compared: Compared) -> str:
    return f"if({_matches(text, NUMBER_PATTERN, compared)}, toFloat64OrNull({text}), NULL)"


TESTS: Mapping[Test, Callable[[str, Compared], str]] = {
    Test.CONTAINS: _contains,
    Test.STARTS_WITH: _by_expression(starts_expression),
    Test.ENDS_WITH: _by_expression(ends_expression),
    Test.GREATER: _number(">"),
    Test.AT_LEAST: _number(">="),
    Test.LESS: _number("<"),
    Test.AT_MOST: _number("<="),
    Test.BETWEEN: _between,
}
"""Tests that mean here what they mean in the pipeline, to the letter; questions take them less literally."""
