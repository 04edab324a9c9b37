"""Properties of events whose values can be counted: where the value stands in the row, and how it is read as text.

Rows are counted by the value as it is stored, because reading texts out of values is slow; what was counted is few.
"""

import msgspec

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import plain
from mothlight.model.errors import invalid
from mothlight.storage.events.properties import property_column, stored_texts, text_of

REFUSED = frozenset(
    {
        "$exception_fingerprint",
        "$exception_fingerprint_record",
        "$exception_fingerprint_version",
        "$exception_functions",
        "$exception_issue_id",
        "$exception_list",
        "$exception_sources",
    }
)
"""Derived properties without a value in the row."""

SEPARATOR = "'\\0'"
"""Between the elements of a list. Texts of events hold no null character."""


class Facet(msgspec.Struct, frozen=True):
    """One property."""

    key: str
    stored: str
    """SQL of the stored value, Nullable(String)."""
    is_list: bool = False
    """Whether the stored value is a list, joined by `SEPARATOR`, of which each element counts."""
    is_json: bool = False
    """Whether the stored value may be a JSON list, of which each element counts."""

    def texts(self, stored: str) -> str:
        """SQL of the values of a stored value, Array(Nullable(String)); one NULL where there is none."""
        if self.is_list:
            return f"splitByChar({SEPARATOR}, CAST({stored}, 'Nullable(String)'))"
        if self.is_json:
            elements = f"JSONExtract(substring(ifNull({stored}, ''), 2), 'Array(Nullable(String))')"
            return f"if(startsWith(ifNull({stored}, ''), '\\x01['), {elements}, [{text_of(stored)}])"
        return f"[{text_of(stored)}]"

    def holds(self, value: str | None, bindings: Bindings) -> str:
        """SQL of whether the row has this value, or none. Not for lists."""
        if value is None:
            return f"({self.stored} IS NULL OR {self.stored} IN ('', '\\x01null'))"
        return plain(f"{self.stored} IN {bindings.texts(stored_texts(value))}")


def facet_of(key: str) -> Facet:
    """The facet of a property. `Refused` for those that events do not have themselves."""
    if key in REFUSED:
        raise invalid(f"{key} belongs to stacks or issues, so its values cannot be counted.", "properties")
    return DERIVED.get(key) or Facet(key, property_column(key))


DERIVED = {
    each.key: each
    for each in (
        Facet("$exception_types", f"nullIf(arrayStringConcat(types, {SEPARATOR}), '')", is_list=True),
        Facet("$exception_values", f"nullIf(arrayStringConcat(messages, {SEPARATOR}), '')", is_list=True),
        Facet("$exception_handled", "CAST(if(handled, 'true', 'false'), 'Nullable(String)')"),
        Facet("$exception_release", "nullIf(JSONExtractString(CAST(release, 'String'), 'version'), '')"),
        Facet("$lib", "CAST(nullIf(lib, ''), 'Nullable(String)')"),
        Facet("$host", "CAST(nullIf(host, ''), 'Nullable(String)')"),
        Facet("$active_feature_flags", property_column("$active_feature_flags"), is_json=True),
    )
}
"""Properties that other columns hold, and lists of which each element counts. To add one: a line here."""
