"""Remembers what limits decided about events until these are stored, across a crash too.

A decision is written in the transaction that charges the buckets. Whoever runs the same events again finds it, charges
nothing and comes to the same end. Once a batch is stored, its events, kept or dropped, are known by the event store.
"""

import itertools
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.kit.ids import MakeId
from mothlight.kit.recent import Recent
from mothlight.limits.admit import Fate
from mothlight.storage.metadata.repositories.limit_decisions import delete_decisions, read_decisions, write_decisions

Key = tuple[int, int]
"""Project and uuid of an event."""

MOST_BATCHES = 200
"""Remembered at once. Two are under way; others are of events in quarantine, or were found at a start."""
WRITERS_REMEMBERED = 1_000
_UUID_BYTES = 16

_Encoded = list[tuple[int, int, bytes]]
"""Project, fate, and the uuids of the events with that fate, one after the other."""


class Written(msgspec.Struct, frozen=True):
    """Decisions about the events of a batch, and the rows that hold them."""

    fates: Mapping[Key, Fate]
    rows: list[UUID]


class Decisions:
    """The decisions that still matter to this process. For one thread."""

    def __init__(self) -> None:
        self._fates: dict[Key, tuple[Fate, int]] = {}
        """With the number of the batch."""
        self._rows: dict[int, list[UUID]] = {}
        self._left: dict[int, set[Key]] = {}
        """Of each batch, the events that are not known to be stored."""
        self._batches = itertools.count()
        self._done: list[UUID] = []
        self._known: Recent[str, bool] = Recent(WRITERS_REMEMBERED)

    def unknown(self, writers: Collection[str]) -> list[str]:
        """The writers whose earlier decisions were not read yet."""
        return [writer for writer in writers if writer not in self._known]

    def recall(self, connection: sa.Connection, writers: Collection[str]) -> None:
        """Read what was decided about entries of these writers, before this process began."""
        for row, decided in read_decisions(connection, writers):
            self._remember(Written(_decode(decided), [row]))
        for writer in writers:
            self._known.put(writer, value=True)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is decided about any event."""
        return not self._fates

    def find(self, key: Key) -> Fate | None:
        """What was decided about an event; None: nothing yet."""
        found = self._fates.get(key)
        return None if found is None else found[0]

    def write(
        self,
        connection: sa.Connection,
        writers: Collection[str],
        fates: Mapping[Key, Fate],
        moment: datetime,
        make_id: MakeId,
    ) -> Written:
        """Write decisions about events of entries of these writers; `remember` them once that is committed."""
        delete_decisions(connection, self._done)
        decided = _encode(fates)
        ids = {make_id(): writer for writer in sorted(writers)}
        write_decisions(
            connection,
            [{"id": key, "writer": writer, "decided": decided, "created_at": moment} for key, writer in ids.items()],
        )
        return Written(fates, list(ids))

    def remember(self, written: Written) -> None:
        """The transaction that wrote them is committed."""
        self._done.clear()
        self._remember(written)

    def conclude(self, keys: Iterable[Key]) -> None:
        """Events are stored, or their drops are."""
        if not self._fates:
            return
        for key in keys:
            found = self._fates.pop(key, None)
            if found is not None:
                _, batch = found
                self._left[batch].discard(key)
                if not self._left[batch]:
                    self._forget(batch)

    def _remember(self, written: Written) -> None:
        batch = next(self._batches)
        self._rows[batch], self._left[batch] = written.rows, set(written.fates)
        for key, fate in written.fates.items():
            self._fates[key] = (fate, batch)
        while len(self._left) > MOST_BATCHES:
            self._forget(next(iter(self._left)))

    def _forget(self, batch: int) -> None:
        for key in self._left.pop(batch):
            # A row that was found twice, under two writers, says the same.
            if self._fates.get(key, (None, -1))[1] == batch:
                del self._fates[key]
        self._done += self._rows.pop(batch)


def _encode(fates: Mapping[Key, Fate]) -> bytes:
    grouped: dict[tuple[int, int], list[bytes]] = {}
    for (project_id, uuid), fate in fates.items():
        grouped.setdefault((project_id, fate), []).append(uuid.to_bytes(_UUID_BYTES, "big"))
    encoded: _Encoded = [(project_id, fate, b"".join(uuids)) for (project_id, fate), uuids in grouped.items()]
    return msgspec.msgpack.encode(encoded)


def _decode(decided: bytes) -> dict[Key, Fate]:
    found: dict[Key, Fate] = {}
    for project_id, fate, uuids in msgspec.msgpack.decode(decided, type=_Encoded):
        for start in range(0, len(uuids), _UUID_BYTES):
            found[project_id, int.from_bytes(uuids[start : start + _UUID_BYTES], "big")] = Fate(fate)
    return found
