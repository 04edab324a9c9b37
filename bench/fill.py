"""Writes the events of a history into a data directory, through the same writers as the pipeline, without the intake.

`python -m bench.fill SPECIFICATION` (a `Filling` as JSON). The pipeline itself takes the first event of each stack and
of each set of properties, so issues, fingerprints, owners, stacks and rows are its work. All other rows repeat those
with what is new in the event, and go through the event store's own insertion. A server that is started on the directory
answers as if all had come through its intake: a test compares the two.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from itertools import islice
from pathlib import Path
from uuid import UUID

import msgspec

from bench.history import Happening, History
from bench.traffic import Plan
from mothlight.bootstrap.stores import Stores, open_stores
from mothlight.journal.entry import JournalEntry
from mothlight.kit.clock import system_clock
from mothlight.kit.ids import id_maker
from mothlight.kit.lock import DirectoryLock
from mothlight.model.errors import Unavailable
from mothlight.persons.apply import Entry
from mothlight.persons.identity import person_text
from mothlight.pipeline.rows import session_key
from mothlight.pipeline.run import Pipeline
from mothlight.settings import read_settings
from mothlight.storage.events.rows import EventRow
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories.issues import find_owners, record_receipts
from mothlight.storage.mirror import Mirror
from mothlight.symbols.reader import ReaderBounds, SymbolReader
from mothlight.web.intake.receive import decode_entry

ROWS_AT_ONCE = 20_000
WAITING = 2
"""Blocks that are made while one is being stored."""

ATTEMPTS = 5

OWN_PROPERTIES = (
    '{"distinct_id":"%s","$session_id":"%s","$window_id":"%s","$insert_id":"%s","$device_id":"%s-device",'
    '"order_id":"%08d",'
)
"""How the stored properties begin: those of `traffic.HEAD`."""


class Filling(msgspec.Struct, frozen=True):
    """What to write where."""

    data_dir: str
    project_id: int
    plan: Plan
    events: int
    until: datetime


class _OfStack(msgspec.Struct, frozen=True):
    """What the rows of a stack have in common."""

    row: EventRow
    exceptions: tuple[str, str]
    """What stands before and after the message."""


class Writer:
    """Makes rows and stores them."""

    def __init__(self, history: History, project_id: int, stores: Stores) -> None:
        self._history = history
        self._project_id = project_id
        self._stores = stores
        make_id = id_maker(system_clock, os.urandom)
        mirror = Mirror(stores.database, stores.events)
        self._pipeline = Pipeline(
            stores.database,
            stores.events,
            mirror,
            blobs=stores.blobs,
            # No symbols are uploaded here, so no process is ever started.
            reader=SymbolReader(ReaderBounds(), time.monotonic),
            clock=system_clock,
            make_id=make_id,
        )
        self._of_stack: dict[int, _OfStack] = {}
        self._of_properties: dict[int, tuple[str, str]] = {}
        """The library, and the text after the event's own properties."""
        self._last: dict[int, str] = {}
        """When each grouping key had its last event."""

    def write(self, happenings: Iterable[Happening]) -> None:
        """Store all of them: the next blocks are made while one is being stored."""
        under_way: list[Future[None]] = []
        with ThreadPoolExecutor(1) as storing:
            for block in _blocks(happenings):
                rows = self._make_rows(block)
                under_way.append(storing.submit(self._store, rows))
                if len(under_way) > WAITING:
                    under_way.pop(0).result()
            for each in under_way:
                each.result()
        self._record_receipts()

    def _make_rows(self, block: list[Happening]) -> list[EventRow]:
        """The rows of a block, but for those that the pipeline stored."""
        new: list[Happening] = []
        others: list[Happening] = []
        stacks, sets = set(self._of_stack), set(self._of_properties)
        for happening in block:
            is_known = happening.stack in stacks and happening.properties in sets
            (others if is_known else new).append(happening)
            stacks.add(happening.stack)
            sets.add(happening.properties)
        if new:
            self._run_pipeline(new)
        return [self._row(happening) for happening in others]

    def _run_pipeline(self, happenings: list[Happening]) -> None:
        entries = [
            Entry(number, decode_entry(self._journal_entry(happening))) for number, happening in enumerate(happenings)
        ]
        prepared = self._pipeline.prepare(entries)
        outcome = self._pipeline.store(prepared)
        self._pipeline.conclude(prepared, outcome)
        if outcome.stored != len(happenings):
            raise RuntimeError(f"{outcome.stored} of {len(happenings)} events were stored: {outcome.dropped}")
        rows = {row.uuid: row for row in prepared.rows}
        for happening in happenings:
            self._learn(happening, rows[happening.uuid])

    def _journal_entry(self, happening: Happening) -> JournalEntry:
        text = self._history.text(happening)
        body = f'{{"api_key":"{self._history.plan.token}","batch":[{text}]}}'
        return JournalEntry(
            id=UUID(happening.uuid),
            received_at=datetime.fromisoformat(happening.moment),
            project_id=self._project_id,
            path="/batch/",
            body=body.encode(),
        )

    def _learn(self, happening: Happening, row: EventRow) -> None:
        """Take apart what the pipeline made."""
        before, after = row.exceptions.split(self._history.message(happening))
        own, properties = _own_properties(happening), bytes(row.properties).decode()
        if not properties.startswith(own):
            raise RuntimeError("the pipeline stores the properties in another order than they were sent")
        self._of_stack.setdefault(happening.stack, _OfStack(row, (before, after)))
        self._of_properties.setdefault(happening.properties, (row.lib, properties[len(own) :]))
        self._last[row.grouping_key] = happening.moment

    def _row(self, happening: Happening) -> EventRow:
        of_stack = self._of_stack[happening.stack]
        library, properties = self._of_properties[happening.properties]
        like, message = of_stack.row, self._history.message(happening)
        self._last[like.grouping_key] = happening.moment
        return EventRow(
            project_id=self._project_id,
            timestamp=happening.moment,
            received_at=happening.moment,
            uuid=happening.uuid,
            grouping_key=like.grouping_key,
            stack=like.stack,
            distinct_id=happening.user,
            person_id=person_text(self._project_id, happening.user),
            session_key=session_key(msgspec.Raw(f'"{happening.session}"'.encode())),
            lib=library,
            types=like.types,
            messages=[message],
            handled=like.handled,
            exceptions=message.join(of_stack.exceptions),
            release=like.release,
            release_names=like.release_names,
            properties=msgspec.Raw((_own_properties(happening) + properties).encode()),
            texts=like.texts,
        )

    def _store(self, rows: list[EventRow]) -> None:
        for attempt in range(ATTEMPTS):
            try:
                refused = self._stores.events.insert_events(rows)
            except Unavailable:
                # A busy machine can be too slow for one block; the store knows one that comes again.
                if attempt == ATTEMPTS - 1:
                    raise
                continue
            if refused:
                raise RuntimeError(f"the event store refused rows: {refused[0].reason}")
            return

    def _record_receipts(self) -> None:
        """When each issue was last heard of, as the pipeline would have noted it."""
        with reading(self._stores.database) as connection:
            owners = find_owners(connection, self._project_id, list(self._last))
        moments: dict[UUID, datetime] = {}
        for key, owner in owners.items():
            moment = datetime.fromisoformat(self._last[key])
            moments[owner.issue_id] = max(moment, moments.get(owner.issue_id, moment))
        with writing(self._stores.database) as connection:
            record_receipts(connection, moments)


def fill(filling: Filling) -> float:
    """Fill a directory, which `mothlight init` has made, from a process of its own; returns the seconds."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "bench.fill", msgspec.json.encode(filling).decode()], check=True)
    return time.perf_counter() - began


def write_history(filling: Filling) -> None:
    """Fill a directory in this process, which can then open no other."""
    data_dir = Path(filling.data_dir)
    history = History(filling.plan, filling.events, filling.until)
    with DirectoryLock(data_dir, system_clock):
        stores = open_stores(read_settings(data_dir=data_dir, environment={}))
        try:
            Writer(history, filling.project_id, stores).write(history)
        finally:
            stores.close()


def _own_properties(happening: Happening) -> str:
    return OWN_PROPERTIES % (
        happening.user,
        happening.session,
        happening.session,
        happening.insert_id,
        happening.user,
        happening.order_id,
    )


def _blocks(happenings: Iterable[Happening]) -> Iterator[list[Happening]]:
    remaining = iter(happenings)
    while block := list(islice(remaining, ROWS_AT_ONCE)):
        yield block


if __name__ == "__main__":
    write_history(msgspec.json.decode(sys.argv[1], type=Filling))
