"""A property filter and a group of them, after all checks: what does not parse never gets here."""

from typing import Literal

import msgspec

FilterType = Literal["event", "feature", "person", "session", "event_metadata", "error_tracking_issue", "search"]
"""What a filter looks at. `feature` is event properties too; `search` are words of our own search, not of the wire."""


class PropertyFilter(msgspec.Struct, frozen=True):
    """One checked condition. Several values mean any of them, or none of them where the operator is inverted.

    `operator` is a key of `operators.OPERATORS`; aliases are resolved. `values` are texts as the operator compares
    them (booleans `true` and `false`, numbers as JSON writes them); none only where the operator takes none.
    """

    type: FilterType
    key: str
    operator: str
    values: tuple[str, ...]


class FilterGroup(msgspec.Struct, frozen=True):
    """Conditions joined by one word, nested as deep as they were written. Without any condition it always holds.

    `NONE`: none of them holds.
    """

    joined_by: Literal["AND", "OR", "NONE"]
    parts: "tuple[PropertyFilter | FilterGroup, ...]"


Condition = PropertyFilter | FilterGroup
