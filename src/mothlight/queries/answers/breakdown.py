"""Which values properties have in some events, over all of them: the most frequent, the rest, and none."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from mothlight.queries.facets import Facet, facet_of
from mothlight.queries.focus import Place, is_unknown, read_focus
from mothlight.queries.inspection import Breakdown
from mothlight.queries.matching import Matching
from mothlight.queries.verbosity import cut_text
from mothlight.storage.events.interface import EventStore


class CountedValue(msgspec.Struct, frozen=True):
    """A value as text, and in how many of the events it is."""

    value: str
    """At most 1000 characters, as in `query/issue_events`."""
    occurrences: int
    share: float
    """Of all events, between 0 and 1."""


class Rest(msgspec.Struct, frozen=True):
    """Values that are not shown."""

    values: int
    occurrences: int


class PropertyBreakdown(msgspec.Struct, frozen=True):
    """The values of one property, most frequent first."""

    property: str
    values: list[CountedValue]
    rest: Rest
    none: int
    """Events without the property, or with null or an empty text."""


class BreakdownAnswer(msgspec.Struct, frozen=True):
    """The breakdowns in the order asked for, of so many events."""

    occurrences: int
    results: list[PropertyBreakdown]


def answer(
    question: Breakdown, store: EventStore, metadata: sa.Engine, project_id: int, now: datetime
) -> BreakdownAnswer | None:
    """The values of the properties; None when the project has no such issue. `Refused` for what cannot be counted."""
    place = Place(store, metadata, project_id)
    facets = [facet_of(key) for key in question.properties]
    if is_unknown(question.focus, place):
        return None
    _, matching = read_focus(question.focus, place, now)
    sql = _breakdown_sql([*facets, EVERY_EVENT], matching, question.limit)
    found: dict[int, list[_Counted]] = {}
    for part, *counted in store.query(project_id, sql, matching.bindings.parameters):
        found.setdefault(part, []).append(_Counted(*counted))
    total = sum(each.events for each in found.get(len(facets), []))
    shown = [_shown(facet.key, found.get(part, []), question.limit, total) for part, facet in enumerate(facets)]
    return BreakdownAnswer(total, shown)


EVERY_EVENT = Facet("", "CAST('x', 'Nullable(String)')")
"""Has the same value in each event, so that the events are counted in the same reading."""


class _Counted(msgspec.Struct, frozen=True):
    """One value of a part with its events, and the events and the number of all values of the part."""

    text: str | None
    events: int
    of_texts: int
    texts: int


def _breakdown_sql(facets: Sequence[Facet], matching: Matching, limit: int) -> str:
    """Rows of part and `_Counted`, for each part first the one without value, if any, then the most frequent."""
    numbers = ", ".join(str(part) for part in range(len(facets)))
    stored = ", ".join(facet.stored for facet in facets)
    texts = ", ".join(f"part = {part}, {facet.texts('stored')}" for part, facet in enumerate(facets))
    return f"""
        SELECT
            part, text, events, sumIf(events, isNotNull(text)) OVER (PARTITION BY part),
            countIf(isNotNull(text)) OVER (PARTITION BY part)
        FROM (
            SELECT part, arrayJoin(emptyArrayToSingle(multiIf({texts}, [NULL]))) AS text, sum(counted) AS events FROM (
                SELECT pair.1 AS part, pair.2 AS stored, count() AS counted FROM (
                    SELECT arrayJoin(arrayZip([{numbers}], [{stored}])) AS pair FROM events WHERE {matching.where}
                )
                GROUP BY part, stored
            )
            GROUP BY part, text
        )
        ORDER BY part, isNull(text) DESC, events DESC, text
        LIMIT {matching.bindings.bind(limit + 1, "UInt64")} BY part
    """


def _shown(key: str, counted: Sequence[_Counted], limit: int, total: int) -> PropertyBreakdown:
    texts = [(each.text, each.events) for each in counted if each.text is not None][:limit]
    values = [CountedValue(cut_text(text), events, events / total) for text, events in texts]
    none = sum(each.events for each in counted if each.text is None)
    number, of_all = (counted[0].texts, counted[0].of_texts) if counted else (0, 0)
    rest = Rest(number - len(values), of_all - sum(each.occurrences for each in values))
    return PropertyBreakdown(key, values, rest, none)
