"""Forgets what limits need no more."""

from datetime import timedelta

import sqlalchemy as sa

from mothlight.kit.clock import Clock
from mothlight.kit.token_bucket import DAY_SECONDS
from mothlight.storage.metadata.engine import writing
from mothlight.storage.metadata.repositories.limit_decisions import forget_decisions
from mothlight.storage.metadata.repositories.token_buckets import forget_buckets

DECISIONS_KEPT = timedelta(days=30)
"""A node that died may come back so much later and go on where it was."""


def forget_old_limits(engine: sa.Engine, clock: Clock) -> None:
    """Forget buckets that are full again, and decisions that nobody came back for.

    Raises:
        Unavailable: the metadata database is away.
    """
    now = clock()
    with writing(engine) as connection:
        forget_buckets(connection, int(now.timestamp()) - DAY_SECONDS)
        forget_decisions(connection, now - DECISIONS_KEPT)
