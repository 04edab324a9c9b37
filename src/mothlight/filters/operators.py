"""The table of operators (api 6.4): what each compares, and what it says of a missing property.

To add one: a line in OPERATORS. If no existing test fits, also a member of `Test`, its check of values in
`values.CHECKS` and its SQL in `sql_tests.TESTS`.
"""

from enum import Enum, auto

import msgspec


class Test(Enum):
    """The comparisons that operators are made of. Each holds of a value that is present."""

    __test__ = False  # not for pytest

    EQUALS = auto()
    CONTAINS = auto()
    STARTS_WITH = auto()
    ENDS_WITH = auto()
    MATCHES = auto()
    GREATER = auto()
    AT_LEAST = auto()
    LESS = auto()
    AT_MOST = auto()
    BETWEEN = auto()
    PRESENT = auto()
    SAME_MOMENT = auto()
    BEFORE = auto()
    AFTER = auto()
    SEMVER_EQUALS = auto()
    SEMVER_GREATER = auto()
    SEMVER_AT_LEAST = auto()
    SEMVER_LESS = auto()
    SEMVER_AT_MOST = auto()
    SEMVER_TILDE = auto()
    SEMVER_CARET = auto()
    SEMVER_WILDCARD = auto()


class Operator(msgspec.Struct, frozen=True):
    """A test, and how its result counts.

    Of several values a plain operator needs one that passes the test; an inverted one needs that none does.
    """

    test: Test
    inverted: bool = False
    missing: bool = False
    """Whether a missing property passes: absent, null or an empty text."""


def _not(test: Test) -> Operator:
    return Operator(test, inverted=True, missing=True)


OPERATORS = {
    "exact": Operator(Test.EQUALS),
    "is_not": _not(Test.EQUALS),
    "icontains": Operator(Test.CONTAINS),
    "not_icontains": _not(Test.CONTAINS),
    "regex": Operator(Test.MATCHES),
    "not_regex": _not(Test.MATCHES),
    "starts_with": Operator(Test.STARTS_WITH),
    "not_starts_with": _not(Test.STARTS_WITH),
    "ends_with": Operator(Test.ENDS_WITH),
    "not_ends_with": _not(Test.ENDS_WITH),
    "gt": Operator(Test.GREATER),
    "gte": Operator(Test.AT_LEAST),
    "lt": Operator(Test.LESS),
    "lte": Operator(Test.AT_MOST),
    "between": Operator(Test.BETWEEN),
    "not_between": Operator(Test.BETWEEN, inverted=True),
    "is_set": Operator(Test.PRESENT),
    "is_not_set": _not(Test.PRESENT),
    "is_date_exact": Operator(Test.SAME_MOMENT),
    "is_date_before": Operator(Test.BEFORE),
    "is_date_after": Operator(Test.AFTER),
    "semver_eq": Operator(Test.SEMVER_EQUALS),
    "semver_neq": Operator(Test.SEMVER_EQUALS, inverted=True),
    "semver_gt": Operator(Test.SEMVER_GREATER),
    "semver_gte": Operator(Test.SEMVER_AT_LEAST),
    "semver_lt": Operator(Test.SEMVER_LESS),
    "semver_lte": Operator(Test.SEMVER_AT_MOST),
    "semver_tilde": Operator(Test.SEMVER_TILDE),
    "semver_caret": Operator(Test.SEMVER_CARET),
    "semver_wildcard": Operator(Test.SEMVER_WILDCARD),
}

ALIASES = {
    "in": "exact",
    "not_in": "is_not",
    "icontains_multi": "icontains",
    "not_icontains_multi": "not_icontains",
    "min": "gte",
    "max": "lte",
}

MOMENT_TESTS = {
    Test.EQUALS: "=",
    Test.SAME_MOMENT: "=",
    Test.GREATER: ">",
    Test.AFTER: ">",
    Test.AT_LEAST: ">=",
    Test.LESS: "<",
    Test.BEFORE: "<",
    Test.AT_MOST: "<=",
}
"""How a test compares a field that is a moment and not a text (`fields.MOMENTS`)."""
