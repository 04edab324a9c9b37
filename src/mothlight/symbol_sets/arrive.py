"""What follows when a symbol set can be used from now on: all nodes see it, and the past is repaired.

Whoever makes a set complete calls `tell_arrived` in the transaction that does so: uploads, and fetched maps.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from mothlight.kit.ids import MakeId
from mothlight.storage.metadata.repositories import symbol_sets as repository
from mothlight.storage.metadata.repositories.symbol_repairs import STACKS, WAITING, Repair, insert_repairs


def tell_arrived(
    connection: sa.Connection, project_id: int, set_ids: Collection[UUID], now: datetime, make_id: MakeId
) -> None:
    """Say that these sets have a file now, or another one. Those without one are passed over; telling twice is as once.

    Stacks of later events are resolved with them at once, on all nodes. Those that are stored are resolved anew by the
    repairs that this notes, one for each file.
    """
    arrived = repository.sets_by_id(connection, project_id, list(set_ids)).values()
    rows = [
        Repair(
            id=make_id(),
            project_id=project_id,
            symbol_set_id=each.id,
            ref=each.ref,
            storage_key=each.storage_key,
            status=WAITING,
            step=STACKS,
            cursor="",
            stacks=0,
            stacks_total=None,
            events=0,
            frames_resolved=0,
            failure=None,
            created_at=now,
            finished_at=None,
        )
        for each in arrived
        if each.is_complete and each.storage_key is not None
    ]
    insert_repairs(connection, rows)
    repository.say_changed(connection, project_id)
