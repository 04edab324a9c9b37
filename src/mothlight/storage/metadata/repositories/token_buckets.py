"""What is left in the token buckets of a project (pipeline 7.2)."""

from collections.abc import Collection, Mapping

import sqlalchemy as sa

from mothlight.kit.token_bucket import Bucket
from mothlight.storage.metadata.repositories.statements import in_slices, insert_or_update, take_turns
from mothlight.storage.metadata.tables import token_buckets

TURN = "token buckets"


def lock_buckets(connection: sa.Connection, project_id: int, subjects: Collection[str]) -> dict[str, Bucket]:
    """Those of the buckets that exist. Nobody else takes from any of the project until the transaction ends."""
    take_turns(connection, TURN, project_id)
    found: dict[str, Bucket] = {}
    for some in in_slices(sorted(subjects)):
        rows = connection.execute(
            sa.select(token_buckets.c.subject, token_buckets.c.tokens, token_buckets.c.second).where(
                token_buckets.c.project_id == project_id, token_buckets.c.subject.in_(some)
            )
        )
        found.update((row[0], Bucket(row[1], row[2])) for row in rows)
    return found


def write_buckets(connection: sa.Connection, project_id: int, buckets: Mapping[str, Bucket]) -> None:
    """What is left now."""
    insert_or_update(
        connection,
        token_buckets,
        [
            {"project_id": project_id, "subject": subject, "tokens": bucket.tokens, "second": bucket.second}
            for subject, bucket in sorted(buckets.items())
        ],
    )


def forget_buckets(connection: sa.Connection, before_second: int) -> None:
    """Forget buckets that nobody has taken from since a moment, and that are full again."""
    connection.execute(sa.delete(token_buckets).where(token_buckets.c.second < before_second))
