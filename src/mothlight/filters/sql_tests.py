"""Each test of `operators.Test` as SQL about one text. The SQL is NULL or false where the text is NULL."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from mothlight.filters.bindings import Bindings
from mothlight.filters.moments import absolute_moment, relative_moment
from mothlight.filters.operators import MOMENT_TESTS, Test
from mothlight.filters.semver import VERSION_PATTERN, Bound, caret_bounds, read_version, tilde_bounds, wildcard_bounds

MOMENT_TYPE = "DateTime64(6, 'UTC')"
MOMENT_NAME = "'DateTime64(6, \\'UTC\\')'"
LIKE_A_MOMENT = r"'^(\\d{4}-\\d{1,2}-\\d{1,2}|\\d{10}(\\d{3})?$)'"
"""ISO 8601, or seconds or milliseconds since 1970. More is read as a date (`10:00`), which depends on the present."""


class Compared(msgspec.Struct, frozen=True):
    """What a test is made with: checked values, and the present moment for relative dates."""

    values: Sequence[str]
    bindings: Bindings
    now: datetime


def test_sql(test: Test, text: str, compared: Compared) -> str:
    """SQL that holds when some value passes the test with the text (an SQL expression)."""
    return TESTS[test](text, compared)


def moment_sql(test: Test, moment: str, compared: Compared) -> str:
    """The same about an expression that is a moment; only for `MOMENT_TESTS`."""
    sign = MOMENT_TESTS[test]
    return _any(f"{moment} {sign} {_moment(value, compared)}" for value in compared.values)


def contains_sql(text: str, needle: str, bindings: Bindings) -> str:
    """SQL that holds when a text contains the needle, whatever the case of either."""
    # The quick function folds ASCII only, which is all that an ASCII needle needs.
    function = "positionCaseInsensitive" if needle.isascii() else "positionCaseInsensitiveUTF8"
    return f"{function}({text}, {bindings.text(needle)}) > 0"


def _equals(text: str, compared: Compared) -> str:
    return f"{text} IN {compared.bindings.texts(list(compared.values))}"


def _contains(text: str, compared: Compared) -> str:
    return _any(contains_sql(text, value, compared.bindings) for value in compared.values)


def _starts_with(text: str, compared: Compared) -> str:
    return _any(f"{text} ILIKE {compared.bindings.text(_literal(value) + '%')}" for value in compared.values)


def _ends_with(text: str, compared: Compared) -> str:
    return _any(f"{text} ILIKE {compared.bindings.text('%' + _literal(value))}" for value in compared.values)


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _matches(text: str, compared: Compared) -> str:
    # Without the flag ClickHouse lets `.` match line breaks, and RE2 elsewhere doesn't.
    return _any(f"match({text}, {compared.bindings.text(f'(?-s){value}')})" for value in compared.values)


def _number(sign: str) -> Callable[[str, Compared], str]:
    def sql(text: str, compared: Compared) -> str:
        number = f"toFloat64OrNull({text})"
        return _any(f"{number} {sign} {_float(value, compared)}" for value in compared.values)

    return sql


def _between(text: str, compared: Compared) -> str:
    low, high = (_float(value, compared) for value in compared.values)
    return f"toFloat64OrNull({text}) BETWEEN {low} AND {high}"


def _present(text: str, _: Compared) -> str:
    return f"{text} IS NOT NULL"


def _date(sign: str) -> Callable[[str, Compared], str]:
    def sql(text: str, compared: Compared) -> str:
        moment = f"if(match({text}, {LIKE_A_MOMENT}), accurateCastOrNull({text}, {MOMENT_NAME}), NULL)"
        return _any(f"{moment} {sign} {_moment(value, compared)}" for value in compared.values)

    return sql


def _semver(bounds_of: Callable[[str], list[Bound] | None]) -> Callable[[str, Compared], str]:
    def sql(text: str, compared: Compared) -> str:
        pattern = compared.bindings.text(VERSION_PATTERN)
        parts = f"extractGroups(assumeNotNull({text}), {pattern})"
        version = f"arrayMap(part -> toUInt64OrZero(part), {parts})"
        ranges = (
            _all(_bound(version, bound, compared) for bound in bounds_of(value) or []) for value in compared.values
        )
        return f"if({text} IS NOT NULL AND notEmpty({parts}), {_any(ranges)}, NULL)"

    return sql


def _bound(version: str, bound: Bound, compared: Compared) -> str:
    return f"{version} {bound.comparison} {compared.bindings.bind(list(bound.version), 'Array(UInt64)')}"


def _compared_version(comparison: str) -> Callable[[str], list[Bound] | None]:
    def bounds(text: str) -> list[Bound] | None:
        version = read_version(text)
        return None if version is None else [Bound(comparison, version)]

    return bounds


def _float(value: str, compared: Compared) -> str:
    return compared.bindings.bind(float(value), "Float64")


def _moment(value: str, compared: Compared) -> str:
    moment = absolute_moment(value) or relative_moment(value, compared.now)
    if moment is None:
        raise ValueError(f"a filter with the date {value!r} was not checked")
    return compared.bindings.bind(moment, MOMENT_TYPE)


def _any(conditions: Iterable[str]) -> str:
    return "(" + " OR ".join(conditions) + ")"


def _all(conditions: Iterable[str]) -> str:
    return "(" + " AND ".join(conditions) + ")"


TESTS: Mapping[Test, Callable[[str, Compared], str]] = {
    Test.EQUALS: _equals,
    Test.CONTAINS: _contains,
    Test.STARTS_WITH: _starts_with,
    Test.ENDS_WITH: _ends_with,
    Test.MATCHES: _matches,
    Test.GREATER: _number(">"),
    Test.AT_LEAST: _number(">="),
    Test.LESS: _number("<"),
    Test.AT_MOST: _number("<="),
    Test.BETWEEN: _between,
    Test.PRESENT: _present,
    Test.SAME_MOMENT: _date("="),
    Test.BEFORE: _date("<"),
    Test.AFTER: _date(">"),
    Test.SEMVER_EQUALS: _semver(_compared_version("=")),
    Test.SEMVER_GREATER: _semver(_compared_version(">")),
    Test.SEMVER_AT_LEAST: _semver(_compared_version(">=")),
    Test.SEMVER_LESS: _semver(_compared_version("<")),
    Test.SEMVER_AT_MOST: _semver(_compared_version("<=")),
    Test.SEMVER_TILDE: _semver(tilde_bounds),
    Test.SEMVER_CARET: _semver(caret_bounds),
    Test.SEMVER_WILDCARD: _semver(wildcard_bounds),
}
