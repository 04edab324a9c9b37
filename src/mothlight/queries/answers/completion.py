"""Words for completing a search: names of properties, and values of a key, with how many events have them."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT
from mothlight.filters.sql_tests import contains_sql
from mothlight.model.issue_states import UNNAMED
from mothlight.queries.date_range import figures_range
from mothlight.queries.questions import Window
from mothlight.storage.events.interface import EventStore
from mothlight.storage.events.properties import decode_key, property_text

MOST = 8
SAMPLE = 2_000
"""Events whose properties are looked at for names: reading all names of all events takes seconds."""
LONGEST_VALUE = 200

VALUES: Mapping[str, str] = {
    "type": "arrayJoin(types)",
    "release": "arrayJoin(release_names)",
    "library": "lib",
    "env": f"if(environment = '', '{UNNAMED}', environment)",
    "user": "distinct_id",
    "distinct_id": "distinct_id",
}
"""SQL of the values of keys with a meaning of their own. To add one: a line."""

OF_STACKS: Mapping[str, str] = {"file": "sources", "function": "functions"}
"""Columns of stacks for the keys about frames."""


class Word(msgspec.Struct, frozen=True):
    """One word, and how many events have it."""

    text: str
    events: int


def complete_values(
    store: EventStore, project_id: int, key: str, part: str, window: Window, now: datetime
) -> list[Word]:
    """The most frequent values of a key that contain a text, whatever its case."""
    bindings = Bindings()
    in_range = figures_range(window, now).condition(bindings)
    column = OF_STACKS.get(key)
    if column is None:
        value = VALUES.get(key) or property_text(key)
        values = f"SELECT toString({value}) AS word, 1 AS events FROM events WHERE {OF_PROJECT} AND {in_range}"
    else:
        values = f"""
            SELECT arrayJoin(arrayDistinct({column})) AS word, events FROM (
                SELECT stack, count() AS events FROM events WHERE {OF_PROJECT} AND {in_range} GROUP BY stack
            ) AS counted
            INNER JOIN (SELECT hash, {column} FROM stacks FINAL WHERE {OF_PROJECT}) AS known ON hash = stack
        """
    return _most_frequent(store, project_id, values, part, bindings)


def complete_names(store: EventStore, project_id: int, part: str, window: Window, now: datetime) -> list[Word]:
    """The names of properties that contain a text, whatever its case, by how many events of a sample have them."""
    bindings = Bindings()
    in_range = figures_range(window, now).condition(bindings)
    some = f"SELECT properties FROM events WHERE {OF_PROJECT} AND {in_range} LIMIT 5 BY grouping_key LIMIT {SAMPLE}"
    values = f"SELECT arrayJoin(JSONAllPaths(properties)) AS word, 1 AS events FROM ({some})"
    found = _most_frequent(store, project_id, values, part, bindings)
    return [Word(decode_key(each.text), each.events) for each in found]


def _most_frequent(store: EventStore, project_id: int, values: str, part: str, bindings: Bindings) -> list[Word]:
    contains = f"AND {contains_sql('word', part, bindings)}" if part else ""
    sql = f"""
        SELECT word, sum(events) AS times FROM ({values})
        WHERE word != '' AND length(word) <= {LONGEST_VALUE} {contains}
        GROUP BY word ORDER BY times DESC, word LIMIT {MOST}
    """
    return [Word(text, int(times)) for text, times in store.query(project_id, sql, bindings.parameters)]
