"""Each test of `operators.Test` about one text, for events that are on their way; no moments, which rules cannot ask.

A test says True or False, or None where it cannot be made: of a number about what is none. Regular expressions are
RE2's, so they take linear time in bounded memory.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import re2  # type: ignore[import-untyped]

from mothlight.filters.operators import Test
from mothlight.filters.semver import VERSION_PATTERN, Bound, caret_bounds, read_version, tilde_bounds, wildcard_bounds

TextTest = Callable[[str], bool | None]

NUMBER_PATTERN = r"^-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?$"
"""What counts as a number in a text. Means the same in `re` with `fullmatch` and in RE2."""

_NUMBER = re.compile(NUMBER_PATTERN)


def text_test(test: Test, values: Sequence[str]) -> TextTest:
    """A test with checked values: whether some value passes it with a text."""
    return TESTS[test](values)


def expression(pattern: str) -> Any:
    """A compiled expression of RE2, which says nothing to standard error."""
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)


def contains_expression(needle: str) -> str:
    """An expression for a text that contains the needle, whatever the case of either."""
    return f"(?i){re2.escape(needle)}"


def starts_expression(needle: str) -> str:
    """An expression for a text that starts with the needle, whatever the case."""
    return rf"(?i)\A{re2.escape(needle)}"


def ends_expression(needle: str) -> str:
    """An expression for a text that ends with the needle, whatever the case."""
    return rf"(?i){re2.escape(needle)}\z"


def lower_ascii(text: str) -> str:
    """The text with the letters of ASCII in lower case, others as they are."""
    return text.lower() if text.isascii() else text.encode().lower().decode()


def _equals(values: Sequence[str]) -> TextTest:
    return frozenset(values).__contains__


def _contains(values: Sequence[str]) -> TextTest:
    plain = [lower_ascii(value) for value in values if value.isascii()]
    search = _any_expression([contains_expression(value) for value in values if not value.isascii()])

    def test(text: str) -> bool | None:
        lower = lower_ascii(text)
        return any(needle in lower for needle in plain) or search(text)

    return test


def _matches(values: Sequence[str]) -> TextTest:
    # Elsewhere `.` may match line breaks, here it does not.
    return _any_expression([f"(?-s){value}" for value in values])


def _any_expression(patterns: Sequence[str]) -> TextTest:
    compiled = [expression(pattern) for pattern in patterns]
    return lambda text: any(each.search(text) is not None for each in compiled)


def _number(compare: Callable[[float, float], bool]) -> Callable[[Sequence[str]], TextTest]:
    def make(values: Sequence[str]) -> TextTest:
        bounds = [float(value) for value in values]

        def test(text: str) -> bool | None:
            number = read_number(text)
            return None if number is None else any(compare(number, bound) for bound in bounds)

        return test

    return make


def read_number(text: str) -> float | None:
    """The number that a text is; None for anything else."""
    return float(text) if _NUMBER.fullmatch(text) else None


def _between(values: Sequence[str]) -> TextTest:
    low, high = (float(value) for value in values)

    def test(text: str) -> bool | None:
        number = read_number(text)
        return None if number is None else low <= number <= high

    return test


def _semver(bounds_of: Callable[[str], list[Bound] | None]) -> Callable[[Sequence[str]], TextTest]:
    def make(values: Sequence[str]) -> TextTest:
        ranges = [bounds_of(value) or [] for value in values]
        pattern = expression(VERSION_PATTERN)

        def test(text: str) -> bool | None:
            found = pattern.search(text)
            if found is None:
                return None
            version = tuple(int(part or 0) for part in found.groups())
            return any(all(_COMPARE[bound.comparison](version, bound.version) for bound in some) for some in ranges)

        return test

    return make


def _compared(comparison: str) -> Callable[[str], list[Bound] | None]:
    def bounds(text: str) -> list[Bound] | None:
        version = read_version(text)
        return None if version is None else [Bound(comparison, version)]

    return bounds


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, other: bool(one == other),
    "<": lambda one, other: bool(one < other),
    "<=": lambda one, other: bool(one <= other),
    ">": lambda one, other: bool(one > other),
    ">=": lambda one, other: bool(one >= other),
}

TESTS: Mapping[Test, Callable[[Sequence[str]], TextTest]] = {
    Test.EQUALS: _equals,
    Test.CONTAINS: _contains,
    Test.STARTS_WITH: lambda values: _any_expression([starts_expression(value) for value in values]),
    Test.ENDS_WITH: lambda values: _any_expression([ends_expression(value) for value in values]),
    Test.MATCHES: _matches,
    Test.GREATER: _number(_COMPARE[">"]),
    Test.AT_LEAST: _number(_COMPARE[">="]),
    Test.LESS: _number(_COMPARE["<"]),
    Test.AT_MOST: _number(_COMPARE["<="]),
    Test.BETWEEN: _between,
    Test.PRESENT: lambda _values: lambda _text: True,
    Test.SEMVER_EQUALS: _semver(_compared("=")),
    Test.SEMVER_GREATER: _semver(_compared(">")),
    Test.SEMVER_AT_LEAST: _semver(_compared(">=")),
    Test.SEMVER_LESS: _semver(_compared("<")),
    Test.SEMVER_AT_MOST: _semver(_compared("<=")),
    Test.SEMVER_TILDE: _semver(tilde_bounds),
    Test.SEMVER_CARET: _semver(caret_bounds),
    Test.SEMVER_WILDCARD: _semver(wildcard_bounds),
}
