"""Which properties may set events apart: found by looking at some of them, before all are counted.

Reading whole events is what costs, so some of the newest of both sides are read. They only suggest what to count: no
figure comes from them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from mothlight.filters.moments import LATEST
from mothlight.filters.sql_tests import MOMENT_TYPE
from mothlight.queries.date_range import DateRange
from mothlight.queries.facets import DERIVED, Facet, facet_of
from mothlight.queries.focus import Place
from mothlight.queries.matching import Matching
from mothlight.queries.proportions import least_difference
from mothlight.storage.events.properties import AS_JSON, AS_TEXT, decode_key

LOOKED_AT = 200
"""Events of each side."""
MOST_SUSPECTS = 8
"""Properties that are counted. Each costs the reading of one column of all events."""
PLACES_OF_FLAGS = 3
"""Of these, kept for feature flags: what somebody can turn off at once shall not be crowded out."""
FLAG = "$feature/"
MOST_VALUES = 2
"""Values of each that are counted."""

BESIDE_PROPERTIES = (DERIVED["$exception_handled"], DERIVED["$exception_release"])

LEFT_OUT = frozenset(
    {
        "$active_feature_flags", "$anon_distinct_id", "$debug_images", "$device_id", "$email", "$feature_flag_payloads",
        "$insert_id", "$ip", "$lib_rate_limit_remaining_tokens", "$lib_version", "$name", "$pageview_id",
        "$prev_pageview_id", "$release", "$sent_at", "$session_id", "$time", "$timestamp", "$user_id", "$window_id",
        "distinct_id", "email", "name", "release", "token", "user_id", "username",
    }
)  # fmt: skip
"""Who and when rather than what; lists of what is there singly too; and what another property says already."""

LEFT_OUT_BEGINNINGS = ("$exception_", "$issue_", "$sdk_debug_")
"""Properties that say what the exception is: of course they differ."""

Texts = Mapping[str, str]

_texts = msgspec.json.Decoder(dict[str, str])


class Suspect(msgspec.Struct, frozen=True):
    """A property and its values, None among them for having none, that are worth counting."""

    facet: Facet
    values: Sequence[str | None]


def find_suspects(place: Place, everything: Matching, is_here: str) -> list[Suspect]:
    """Those whose shares differ most among the events looked at, the most different first.

    `is_here` is the condition that tells the two sides apart.
    """
    return choose(*_look(place, everything, is_here))


def choose(here: Sequence[Texts], others: Sequence[Texts]) -> list[Suspect]:
    """The suspects among events, each given as the texts of its properties."""
    ranked = []
    for key in sorted({key for each in (*here, *others) for key in each}):
        values = _rank([each.get(key) for each in here], [each.get(key) for each in others])
        if values and not is_left_out(key):
            ranked.append((values[0][0], Suspect(facet_of(key), [value for _, value in values[:MOST_VALUES]])))
    ranked.sort(key=lambda each: each[0], reverse=True)
    suspects = [suspect for _, suspect in ranked]
    flags = [each for each in suspects if each.facet.key.startswith(FLAG)][:PLACES_OF_FLAGS]
    rest = [each for each in suspects if each not in flags][: MOST_SUSPECTS - len(flags)]
    return [each for each in suspects if each in flags or each in rest]


def is_left_out(key: str) -> bool:
    """Whether a property cannot set events apart in a way that helps."""
    if key in DERIVED:
        return DERIVED[key] not in BESIDE_PROPERTIES and key in LEFT_OUT
    return key in LEFT_OUT or key.startswith(LEFT_OUT_BEGINNINGS)


def _rank(here: Sequence[str | None], others: Sequence[str | None]) -> list[tuple[tuple[float, float], str | None]]:
    """The values of one property with how much their shares differ, surely and as seen; those that do not, left out."""
    counted, counted_others = Counter(here), Counter(others)
    found = []
    for value in {*counted, *counted_others}:
        part, other = counted[value], counted_others[value]
        seen = abs(part / max(1, len(here)) - other / max(1, len(others)))
        if seen:
            found.append(((least_difference(part, len(here), other, len(others)), seen), value))
    return sorted(found, key=lambda each: (each[0], each[1] or ""), reverse=True)


def _look(place: Place, everything: Matching, is_here: str) -> tuple[list[Texts], list[Texts]]:
    """Properties of some of the newest events of both sides, read together because they lie together."""
    bindings = everything.bindings
    ends = f"""
        SELECT here, min(timestamp) FROM (
            SELECT {is_here} AS here, timestamp FROM events WHERE {everything.where}
            ORDER BY timestamp DESC LIMIT {LOOKED_AT} BY here
        )
        GROUP BY here
    """
    since = {bool(here): first for here, first in place.store.query(place.project_id, ends, bindings.parameters)}
    sides: tuple[list[Texts], list[Texts]] = ([], [])
    if True not in since:
        return sides
    recent = DateRange(min(since.values()), LATEST).condition(bindings)
    newest = " OR ".join(
        f"(here = {int(here)} AND timestamp >= {bindings.bind(first, MOMENT_TYPE)})" for here, first in since.items()
    )
    beside = ", ".join(facet.stored for facet in BESIDE_PROPERTIES)
    sql = f"""
        SELECT {is_here} AS here, toJSONString(properties), {beside} FROM events
        WHERE {everything.where} AND {recent} AND ({newest}) LIMIT {LOOKED_AT} BY here
    """
    for here, column, *stored in place.store.query(place.project_id, sql, bindings.parameters):
        sides[0 if here else 1].append(dict(_read(column, zip(BESIDE_PROPERTIES, stored, strict=True))))
    return sides


def _read(column: str, beside: Iterable[tuple[Facet, str | None]]) -> Iterable[tuple[str, str]]:
    for path, stored in _texts.decode(column).items():
        if stored not in ("", f"{AS_JSON}null"):
            yield decode_key(path), stored[1:] if stored[:1] in (AS_JSON, AS_TEXT) else stored
    for facet, value in beside:
        if value:
            yield facet.key, value
