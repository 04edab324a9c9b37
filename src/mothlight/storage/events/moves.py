"""Events that change their grouping key: copied out, deleted, put in again (`docs/decisions/0013-moving-events.md`).

A grouping key is part of the order in which events lie, so it cannot be changed in place. Each step can be done again:
what is copied out is not copied twice, and what is in again is not put in twice.
"""

from collections.abc import Iterator

from mothlight.storage.events import schema
from mothlight.storage.events.rows import EventRow

COLUMNS = EventRow.__struct_fields__
KEY = "grouping_key"
OF_PROJECT = "project_id = {project:UInt32}"
OF_MOVE = f"{OF_PROJECT} AND move = {{move:UUID}}"
UNBOUNDED = {"max_execution_time": 0}
"""The bound of questions is for somebody who waits. A deletion looks at every part of the table."""
DELETES_SYNC = {"lightweight_deletes_sync": 2, "mutations_sync": 2, "allow_nondeterministic_mutations": 1, **UNBOUNDED}

Statement = tuple[str, dict[str, int]]
"""SQL and the settings that it needs."""


def copy_out(condition: str, settings: str) -> Statement:
    """Copy events that meet a condition. Binds `from_keys` and `to_keys`, in the same order."""
    columns = ", ".join(COLUMNS)
    values = ", ".join(
        "transform(grouping_key, {from_keys:Array(UInt64)}, {to_keys:Array(UInt64)}, toUInt64(0)) AS new_key"
        if name == KEY
        else name
        for name in COLUMNS
    )
    sql = f"""
        INSERT INTO moving_events (move, from_key, {columns})
        SELECT {{move:UUID}}, grouping_key, {values} FROM events
        WHERE {OF_PROJECT} AND grouping_key IN {{from_keys:Array(UInt64)}} AND {condition}
            AND uuid NOT IN (SELECT uuid FROM moving_events WHERE {OF_MOVE}) {settings}
    """
    return sql, {"max_partitions_per_insert_block": 0, **UNBOUNDED}


def steps_to_the_end(cluster: str | None) -> Iterator[Statement]:
    """What is left to do once events are copied out."""
    where = schema.on_cluster(cluster)
    events, moving = schema.local_name("events", cluster), schema.local_name("moving_events", cluster)
    on_their_way = f"SELECT uuid FROM {moving} WHERE {OF_MOVE}"
    keys = f"SELECT from_key FROM {moving} WHERE {OF_MOVE}"
    yield (
        f"DELETE FROM {events}{where} WHERE {OF_PROJECT} AND grouping_key IN ({keys}) AND uuid IN ({on_their_way})",
        DELETES_SYNC,
    )
    columns = ", ".join(COLUMNS)
    # Not what is in already, after a crash or because a client sent it again while it was out.
    present = (
        f"SELECT uuid FROM events WHERE {OF_PROJECT} AND uuid IN ({on_their_way.replace(moving, 'moving_events')})"
    )
    back = f"SELECT {columns} FROM moving_events WHERE {OF_MOVE} AND uuid NOT IN ({present})"
    yield (
        f"INSERT INTO events ({columns}) {back}",
        {"max_partitions_per_insert_block": 0, "insert_deduplicate": 0, **UNBOUNDED},
    )
    yield f"ALTER TABLE {moving}{where} DELETE WHERE {OF_MOVE}", DELETES_SYNC
