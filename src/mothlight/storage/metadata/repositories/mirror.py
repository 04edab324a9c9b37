"""The outbox of the mirror: what the event store's copies have yet to learn."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from mothlight.storage.metadata.repositories.statements import in_slices
from mothlight.storage.metadata.tables import mirror_outbox

REBUILD = "rebuild"
"""The kind of a note that asks for all copies to be written anew; it is about no project and no row."""


class Note(msgspec.Struct, frozen=True):
    """One row that changed."""

    seq: int
    """The version of its copy."""
    project_id: int
    kind: str
    key: str


def write_notes(connection: sa.Connection, project_id: int, kind: str, keys: Iterable[str], moment: datetime) -> None:
    """Note changed rows: after their change, in its transaction, so that the order of notes is the order of changes."""
    rows = [{"project_id": project_id, "kind": kind, "key": key, "created_at": moment} for key in keys]
    if rows:
        connection.execute(sa.insert(mirror_outbox), rows)


def read_notes(connection: sa.Connection, limit: int) -> list[Note]:
    """The oldest notes about rows."""
    columns = (mirror_outbox.c.seq, mirror_outbox.c.project_id, mirror_outbox.c.kind, mirror_outbox.c.key)
    about_rows = sa.select(*columns).where(mirror_outbox.c.kind != REBUILD)
    rows = connection.execute(about_rows.order_by(mirror_outbox.c.seq).limit(limit))
    return [Note(*row) for row in rows]


def delete_notes(connection: sa.Connection, sequence_numbers: Sequence[int]) -> None:
    """Forget notes whose copies are written."""
    for some in in_slices(sequence_numbers):
        connection.execute(sa.delete(mirror_outbox).where(mirror_outbox.c.seq.in_(some)))


def ask_for_rebuild(connection: sa.Connection, moment: datetime) -> None:
    """Ask for all copies to be written anew."""
    write_notes(connection, 0, REBUILD, [""], moment)


def requests_for_rebuild(connection: sa.Connection) -> list[int]:
    """The sequence numbers of the notes that ask for it."""
    return list(connection.scalars(sa.select(mirror_outbox.c.seq).where(mirror_outbox.c.kind == REBUILD)))


def pass_sequence(connection: sa.Connection, number: int) -> None:
    """See to it that all notes to come have higher numbers than this one."""
    if connection.dialect.name == "postgresql":
        # Nobody may take a number between the look at the last one and the new start.
        connection.exec_driver_sql("LOCK TABLE mirror_outbox IN EXCLUSIVE MODE")
        taken = connection.scalar(sa.text("SELECT nextval(pg_get_serial_sequence('mirror_outbox', 'seq'))"))
        if taken is not None and taken < number:
            connection.execute(
                sa.text("SELECT setval(pg_get_serial_sequence('mirror_outbox', 'seq'), :number)"), {"number": number}
            )
        return
    name = {"name": mirror_outbox.name, "number": number}
    connection.execute(
        sa.text("INSERT INTO sqlite_sequence SELECT :name, 0 WHERE :name NOT IN (SELECT name FROM sqlite_sequence)"),
        name,
    )
    connection.execute(sa.text("UPDATE sqlite_sequence SET seq = max(seq, :number) WHERE name = :name"), name)
