"""What every journal promises (`mothlight.journal.interface`), on every engine."""

import asyncio
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from mothlight.journal.engines import segments
from mothlight.journal.engines.segments import SegmentJournal
from mothlight.journal.entry import JournalEntry, encode_head
from mothlight.journal.interface import Damaged, Journal, Position
from mothlight.model.errors import Unavailable
from tests.support import journal_writer

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)

ENGINES: dict[str, Callable[..., Journal]] = {"segments": SegmentJournal}


@pytest.fixture(params=ENGINES)
def open_journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Journal]]:
    """Opens the journal of one directory, again and again if need be."""
    opened: list[Journal] = []

    def opener(**options) -> Journal:
        opened.append(ENGINES[request.param](tmp_path / "journal", **{"reserve_bytes": 0, **options}))
        return opened[-1]

    yield opener
    for journal in opened:
        journal.close()


def entry(number: int, size: int = 100) -> JournalEntry:
    return JournalEntry(
        id=UUID(int=number),
        received_at=NOW + timedelta(seconds=number),
        project_id=3,
        path="/batch/",
        query="compression=gzip",
        content_type="text/plain",
        content_encoding="gzip",
        headers={"posthog-sdk-info": "posthog-node/5"},
        events=number,
        bad=1,
        body=bytes([number % 256]) * size,
    )


def append(journal: Journal, *entries: JournalEntry) -> list[Position]:
    """Append at the same time."""

    async def run() -> list[Position]:
        return await asyncio.gather(*(journal.append(each) for each in entries))

    return asyncio.run(run())


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """The system writes no file beyond this size: writes end short, then fail."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "waited for too long"
        time.sleep(0.01)


def test_an_entry_is_read_back_as_it_was_written(open_journal):
    journal = open_journal()
    (position,) = append(journal, entry(5))

    assert journal.read(position) == entry(5)


def test_a_position_tells_of_its_entry(open_journal):
    (position,) = append(open_journal(), entry(5))

    assert (position.events, position.received_at) == (5, NOW + timedelta(seconds=5))


def test_entries_appended_at_once_are_all_written_in_order_of_sequence(open_journal):
    journal = open_journal()
    positions = append(journal, *(entry(number) for number in range(1, 201)))

    assert [position.sequence for position in positions] == sorted({position.sequence for position in positions})
    assert [journal.read(position).id.int for position in positions] == list(range(1, 201))


def test_durable_is_called_in_order_and_before_the_caller_continues(open_journal):
    journal = open_journal()
    called: list[int] = []

    async def caller(number: int) -> bool:
        position = await journal.append(entry(number), lambda position: called.append(position.sequence))
        return position.sequence in called

    async def run() -> list[bool]:
        return await asyncio.gather(*(caller(number) for number in range(100)))

    assert all(asyncio.run(run()))
    assert called == sorted(called)
    assert len(called) == 100


def test_durable_is_called_for_a_caller_that_has_gone(open_journal):
    journal = open_journal()
    called: list[Position] = []

    async def run() -> None:
        task = asyncio.create_task(journal.append(entry(1), called.append))
        await asyncio.sleep(0)
        task.cancel()

    asyncio.run(run())
    journal.close()

    assert [position.events for position in called] == [1]


def test_what_was_not_done_is_recovered(open_journal):
    journal = open_journal()
    positions = append(journal, *(entry(number) for number in range(1, 6)))
    journal.done(positions[1])
    journal.close()
    again = open_journal()

    assert list(again.recover()) == positions[2:]
    assert [again.read(position) for position in positions[2:]] == [entry(3), entry(4), entry(5)]


def test_sequence_numbers_go_on_after_a_restart(open_journal):
    journal = open_journal()
    positions = append(journal, entry(1), entry(2))
    journal.done(positions[-1])
    journal.close()
    (after,) = append(open_journal(), entry(3))

    assert after.sequence > positions[-1].sequence


def test_nothing_is_recovered_and_nothing_left_when_all_is_done(open_journal, tmp_path):
    journal = open_journal()
    positions = append(journal, entry(1), entry(2))
    journal.done(positions[-1])
    journal.close()

    assert list((tmp_path / "journal").glob("*.segment")) == []
    assert list(open_journal().recover()) == []


def test_a_done_position_lasts_without_a_clean_end(open_journal):
    journal = open_journal()
    positions = append(journal, entry(1), entry(2), entry(3))
    journal.done(positions[0])
    time.sleep(0.5)

    assert list(open_journal().recover()) == positions[1:]


def test_full_segments_are_deleted_once_everything_in_them_is_done(open_journal):
    journal = open_journal(segment_bytes=10_000)
    positions = [append(journal, entry(number, size=6_000))[0] for number in range(1, 8)]
    before = journal.bytes_on_disk
    journal.done(positions[3])

    wait_until(lambda: journal.bytes_on_disk < before / 2)
    assert [journal.read(position).id.int for position in positions[4:]] == [5, 6, 7]


def test_a_large_segment_that_is_done_is_deleted_before_it_is_full(open_journal):
    """Bodies are not kept for as long as nothing else comes in."""
    journal = open_journal()
    last = [append(journal, entry(number, size=1_000_000))[0] for number in range(1, 6)][-1]
    journal.done(last)

    wait_until(lambda: journal.bytes_on_disk == 0)


def test_a_torn_tail_is_ignored(open_journal, tmp_path):
    journal = open_journal()
    positions = append(journal, entry(1), entry(2))
    journal.close()
    (segment,) = (tmp_path / "journal").glob("*.segment")
    os.truncate(segment, segment.stat().st_size - 1)

    assert list(open_journal().recover()) == positions[:1]


def test_an_entry_changed_on_disk_is_damaged(open_journal, tmp_path):
    journal = open_journal()
    (position,) = append(journal, entry(1))
    (segment,) = (tmp_path / "journal").glob("*.segment")
    with segment.open("r+b") as file:
        file.seek(position.offset + position.size - 1)
        file.write(b"\xff")

    with pytest.raises(Damaged):
        journal.read(position)


def test_an_unreadable_done_mark_brings_everything_back(open_journal, tmp_path):
    journal = open_journal()
    positions = append(journal, entry(1), entry(2))
    journal.done(positions[0])
    journal.close()
    (tmp_path / "journal" / "done.json").write_bytes(b"")

    assert list(open_journal().recover()) == positions


def test_files_are_readable_by_their_owner_only(open_journal, tmp_path):
    append(open_journal(), entry(1))
    (segment,) = (tmp_path / "journal").glob("*.segment")

    assert stat.S_IMODE(segment.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "journal").stat().st_mode) == 0o700


def test_a_write_that_fails_is_refused_whole_and_the_journal_comes_back(open_journal):
    journal = open_journal()
    (first,) = append(journal, entry(1))
    with largest_file(first.offset + first.size + 5_000), pytest.raises(Unavailable):
        append(journal, entry(2, size=50_000))
    failing = journal.failing
    (third,) = append(journal, entry(3))
    journal.close()

    assert "journal cannot be written" in failing
    assert journal.failing is None
    assert list(open_journal().recover()) == [first, third]


def test_a_failing_journal_finds_out_by_itself_that_it_can_write_again(open_journal):
    journal = open_journal()
    with largest_file(1_000), pytest.raises(Unavailable):
        append(journal, entry(1, size=50_000))

    wait_until(lambda: journal.failing is None)


def test_appends_are_refused_while_the_disk_is_almost_full(open_journal):
    journal = open_journal(reserve_bytes=2**62)

    with pytest.raises(Unavailable):
        append(journal, entry(1))
    assert journal.failing == "the disk is almost full"


def test_a_closed_journal_refuses(open_journal):
    journal = open_journal()
    journal.close()

    with pytest.raises(Unavailable):
        append(journal, entry(1))


def test_everything_acknowledged_survives_kill_9(open_journal, tmp_path):
    acknowledged = acknowledged_before_kill(tmp_path / "journal", enough=2_000)
    journal = open_journal()
    recovered = {read.id.int: read.body for read in map(journal.read, journal.recover())}

    assert set(acknowledged) <= set(recovered)
    assert all(body == journal_writer.body_of(number) for number, body in recovered.items())


def acknowledged_before_kill(directory: Path, enough: int) -> list[int]:
    """The numbers of the entries that a killed process had acknowledged."""
    writer = subprocess.Popen([sys.executable, journal_writer.__file__, directory], stdout=subprocess.PIPE)
    lines = [writer.stdout.readline() for _ in range(enough)]
    writer.send_signal(signal.SIGKILL)
    lines += writer.stdout.readlines()
    writer.wait()
    writer.stdout.close()
    return [int(line) for line in lines if line.endswith(b"\n")]


def test_each_opening_writes_under_a_name_of_its_own(open_journal):
    first = open_journal()
    (before,) = append(first, entry(1))
    first.close()
    second = open_journal()
    (recovered,) = second.recover()
    (after,) = append(second, entry(2))

    assert recovered == before
    assert before.writer
    assert after.writer not in ("", before.writer)


def test_entries_of_versions_that_named_no_writer_are_still_read(open_journal, monkeypatch):
    monkeypatch.setattr(segments, "encode_head", lambda entry, _writer: encode_head(entry, ""))
    first = open_journal()
    append(first, entry(1))
    first.close()
    second = open_journal()

    (recovered,) = second.recover()

    assert (recovered.writer, second.read(recovered)) == ("", entry(1))


def test_an_almost_full_disk_is_logged_once_when_it_begins_and_once_when_it_is_over(open_journal, monkeypatch):
    """Also when nobody sends anything any more and nobody asks: the operator waits for the second line."""
    journal, free = open_journal(reserve_bytes=1000), [999]
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=free[0], f_frsize=1))
    monkeypatch.setattr(segments, "_PROBE_SECONDS", 0.01)
    monkeypatch.setattr(segments, "_HOUSEKEEPING_SECONDS", 0)
    with capture_logs() as logs:
        for number in (1, 2, 3):
            with pytest.raises(Unavailable):
                append(journal, entry(number))
        free[0] = 1000
        deadline = time.monotonic() + 5
        while len(logs) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        append(journal, entry(4))

    assert [(each["event"], each["log_level"]) for each in logs] == [
        ("journal_refuses", "error"),
        ("journal_has_space_again", "info"),
    ]
    assert (logs[0]["reason"], logs[0]["free_bytes"], logs[0]["needed_bytes"]) == ("the disk is almost full", 999, 1000)
    assert logs[1]["free_bytes"] == 1000
