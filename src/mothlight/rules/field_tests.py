"""All conditions that the rules of one kind have about one field, tested together."""

from collections.abc import Iterable, Sequence

from mothlight.filters.operators import OPERATORS, Test
from mothlight.filters.property_filter import PropertyFilter
from mothlight.filters.text_tests import TextTest, lower_ascii, text_test
from mothlight.rules.subject import Getter, Texts

ALWAYS_TELL = frozenset({Test.EQUALS, Test.CONTAINS, Test.STARTS_WITH, Test.ENDS_WITH, Test.MATCHES, Test.PRESENT})
"""Tests that can be made of any text; the others say nothing about what is no number or version."""


class FieldTests:
    """Says which of the conditions hold, as a number with a bit for each."""

    def __init__(self, getter: Getter, most: int, conditions: Iterable[tuple[int, PropertyFilter]]) -> None:
        """Conditions with their bits. Values with more than `most` characters in all are not tested here."""
        self.getter = getter
        self.bits = 0
        self._most = most
        self._inverted = self._missing = self._telling = 0
        self._equal: dict[str, int] = {}
        self._needles: list[tuple[str, int]] = []
        self._others: list[tuple[TextTest, int]] = []
        for bit, condition in conditions:
            self._add(bit, condition)

    def is_short(self, texts: Texts) -> bool:
        """Whether the values are tested here."""
        return sum(len(text) for text in texts if text) <= self._most

    def holding(self, texts: Texts) -> int:
        """The bits of the conditions that hold of the values: as `evaluate.passes` says, for all at once."""
        passed = failed = 0
        for text in texts:
            if text:
                passing, failing = self._test(text)
                passed |= passing
                failed |= failing
        inverted = self._inverted & ~passed & (failed | self._missing)
        return passed & ~self._inverted | inverted

    def _add(self, bit: int, condition: PropertyFilter) -> None:
        operator = OPERATORS[condition.operator]
        self.bits |= bit
        if operator.inverted:
            self._inverted |= bit
            self._missing |= bit if operator.missing else 0
        if operator.test in ALWAYS_TELL:
            self._telling |= bit
        self._add_test(bit, operator.test, condition.values)

    def _add_test(self, bit: int, test: Test, values: Sequence[str]) -> None:
        if test is Test.EQUALS:
            for value in values:
                self._equal[value] = self._equal.get(value, 0) | bit
            return
        if test is Test.CONTAINS:
            self._needles += [(lower_ascii(value), bit) for value in values if value.isascii()]
            values = [value for value in values if not value.isascii()]
            if not values:
                return
        self._others.append((text_test(test, values), bit))

    def _test(self, text: str) -> tuple[int, int]:
        """The bits of the tests that the text passes; those of tests that could be made, passed or not."""
        passed, made = self._equal.get(text, 0), self._telling
        if self._needles:
            lower = lower_ascii(text)
            for needle, bit in self._needles:
                if needle in lower:
                    passed |= bit
        for test, bit in self._others:
            result = test(text)
            if result is not None:
                made |= bit
                passed |= bit if result else 0
        return passed, made
