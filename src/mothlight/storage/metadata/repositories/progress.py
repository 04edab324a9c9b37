"""How far the entries of each writer of a journal have changed persons."""

from collections.abc import Collection, Mapping

import sqlalchemy as sa

from mothlight.storage.metadata.repositories.statements import in_slices, insert_or_update
from mothlight.storage.metadata.tables import journal_progress

NOTHING = -1
"""Less than every sequence number."""


def read_progress(connection: sa.Connection, writers: Collection[str]) -> dict[str, int]:
    """The sequence number up to which the changes are made, of those of the writers that made any."""
    found: dict[str, int] = {}
    for some in in_slices(list(writers)):
        rows = connection.execute(
            sa.select(journal_progress.c.writer, journal_progress.c.sequence).where(journal_progress.c.writer.in_(some))
        )
        found.update((writer, sequence) for writer, sequence in rows)
    return found


def write_progress(connection: sa.Connection, sequences: Mapping[str, int]) -> None:
    """Say that everything up to the sequence numbers is done. Belongs into the transaction that did it."""
    rows = [{"writer": writer, "sequence": sequence} for writer, sequence in sequences.items()]
    insert_or_update(connection, journal_progress, rows)


def forget_progress(connection: sa.Connection, writers: Collection[str]) -> None:
    """Forget writers whose entries never come again."""
    for some in in_slices(list(writers)):
        connection.execute(sa.delete(journal_progress).where(journal_progress.c.writer.in_(some)))
