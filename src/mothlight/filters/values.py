"""What a filter's value may be, for each test: everything is checked when a filter is read, nothing when it runs."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import re2  # type: ignore[import-untyped]

from mothlight.filters import semver
from mothlight.filters.moments import EARLIEST, absolute_moment, relative_moment
from mothlight.filters.operators import Test
from mothlight.model.errors import invalid

MOST_VALUES = 1000
LONGEST_REGEX = 1000
LONGEST_TEXT = 10_000

NOT_A_VALUE = "Expected a string, a number, a boolean or a list of these."


def read_texts(value: Any, attr: str) -> tuple[str, ...]:
    """A filter's value as texts: of a list each element, else the one value. `Refused` for objects and nulls."""
    elements = value if isinstance(value, list) else [value]
    if len(elements) > MOST_VALUES:
        raise invalid(f"Ensure this field has no more than {MOST_VALUES} elements.", attr, "max_length")
    return tuple(_text(element, attr) for element in elements)


def check_values(test: Test, values: Sequence[str], attr: str) -> None:
    """`Refused` when a test cannot be made with these values."""
    check = CHECKS.get(test)
    if check is not None:
        check(values, attr)


def check_moments(values: Sequence[str], attr: str) -> None:
    """Each value is an ISO date or a relative one."""
    for value in values:
        if absolute_moment(value) is None and relative_moment(value, EARLIEST) is None:
            raise invalid(f'"{value}" is not a valid date.', attr)


def expressions_size(values: Sequence[str]) -> int:
    """Instructions that the regular expressions are compiled to."""
    return sum(re2.compile(value).programsize for value in values)


def number_of(text: str) -> float | None:
    """The number that a text is, None when it is none."""
    try:
        number = float(text)
    except ValueError:
        return None
    return None if math.isnan(number) or "_" in text else number


def _text(element: Any, attr: str) -> str:
    if isinstance(element, str):
        text = element
    elif isinstance(element, bool | int | float):
        text = json.dumps(element)
    else:
        raise invalid(NOT_A_VALUE, attr)
    if len(text) > LONGEST_TEXT:
        raise invalid(f"Ensure this field has no more than {LONGEST_TEXT} characters.", attr, "max_length")
    if "\0" in text:
        raise invalid("Null characters are not allowed.", attr, "null_characters_not_allowed")
    return text


def _numbers(values: Sequence[str], attr: str) -> None:
    for value in values:
        if number_of(value) is None:
            raise invalid(f'"{value}" is not a number.', attr)


def _range(values: Sequence[str], attr: str) -> None:
    _numbers(values, attr)
    if len(values) != 2:
        raise invalid("Expected a list of two numbers, the lower one first.", attr)
    if float(values[0]) > float(values[1]):
        raise invalid("The lower bound is greater than the upper bound.", attr)


def _expressions(values: Sequence[str], attr: str) -> None:
    options = re2.Options()
    options.log_errors = False
    for value in values:
        if len(value) > LONGEST_REGEX:
            raise invalid(f"Ensure this field has no more than {LONGEST_REGEX} characters.", attr, "max_length")
        try:
            re2.compile(value, options)
        except re2.error as error:
            raise invalid(f"Not a valid regular expression: {_reason(error)}.", attr) from error


def _reason(error: Exception) -> str:
    reason = error.args[0] if error.args else ""
    return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)


def _versions(read: Callable[[str], object]) -> Callable[[Sequence[str], str], None]:
    def check(values: Sequence[str], attr: str) -> None:
        for value in values:
            if read(value) is None:
                raise invalid(f'"{value}" is not a semantic version.', attr)

    return check


_plain_versions = _versions(semver.read_version)

CHECKS: Mapping[Test, Callable[[Sequence[str], str], None]] = {
    Test.MATCHES: _expressions,
    Test.GREATER: _numbers,
    Test.AT_LEAST: _numbers,
    Test.LESS: _numbers,
    Test.AT_MOST: _numbers,
    Test.BETWEEN: _range,
    Test.SAME_MOMENT: check_moments,
    Test.BEFORE: check_moments,
    Test.AFTER: check_moments,
    Test.SEMVER_EQUALS: _plain_versions,
    Test.SEMVER_GREATER: _plain_versions,
    Test.SEMVER_AT_LEAST: _plain_versions,
    Test.SEMVER_LESS: _plain_versions,
    Test.SEMVER_AT_MOST: _plain_versions,
    Test.SEMVER_TILDE: _versions(semver.tilde_bounds),
    Test.SEMVER_CARET: _versions(semver.caret_bounds),
    Test.SEMVER_WILDCARD: _versions(semver.wildcard_bounds),
}
"""Tests that are not here take any text."""
