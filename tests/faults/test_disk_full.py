"""A disk without room: nothing is accepted that could not be kept, nothing accepted is lost, and it ends by itself."""

import errno
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.client import Client, eventually
from tests.end_to_end.server import Server

from .checks import check_kept, check_refusals, check_resending_completes
from .conftest import first_project, started
from .delivery import Delivery
from .needs import small_disk
from .reports import make_batches

DISK_MEBIBYTES = 320
RESERVE_MEBIBYTES = 64
"""What the journal wants to be free (`journal/engines/segments.py`)."""
MEBIBYTE = 1024 * 1024
SECONDS = 30


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk, empty."""
    with small_disk(tmp_path / "disk", DISK_MEBIBYTES) as folder:
        yield folder


@pytest.fixture
def server(disk: Path, new_server: Callable[..., Server]) -> Iterator[Server]:
    """A running server whose data directory lies on the small disk."""
    server = started(new_server({}, data_dir=disk / "data"))
    yield server
    server.discard()


def test_a_disk_that_is_almost_full_refuses_events_and_answers_questions(server: Server, disk: Path) -> None:
    client = first_project(server)
    batches = make_batches(client.token, 10)

    fill(disk, free=RESERVE_MEBIBYTES // 2)
    wait_for_reason(server, {"journal": "the disk is almost full"})
    delivery = Delivery(server.url, batches)
    delivery.send_all()

    assert len(delivery.refused) == len(batches)
    check_refusals(delivery)
    assert client.stats()["accepted"] == 0
    assert client.issues() == []
    assert '"journal_refuses"' in server.log()
    make_room(disk)
    eventually(lambda: server.readiness() == {}, SECONDS, lambda: f"still {server.readiness()}")
    assert '"journal_has_space_again"' in server.log()
    check_resending_completes(client, batches)
    server.stop()


def test_a_disk_that_fills_up_under_load_loses_nothing(server: Server, disk: Path) -> None:
    """To the last byte, while events are being stored, so that journal, metadata and event store fail in the middle."""
    client = first_project(server)
    batches = make_batches(client.token, 120)
    delivery = Delivery(server.url, batches, pace_seconds=0.03).begin()
    delivery.wait_for(lambda sent: len(sent.answered) > 40)

    fill(disk, free=0)
    delivery.finish()
    # The journal looks before it writes, and may have looked just before the disk was full.
    told = eventually(lambda: reasons_with(server, "journal"), SECONDS, lambda: f"told instead: {server.readiness()}")
    assert "almost full" in told["journal"] or "No space left" in told["journal"]

    assert delivery.refused, "the disk filled up too late"
    check_refusals(delivery)
    pending = client.stats()["pending"]
    if pending:
        assert "processing" in told or eventually(
            lambda: "processing" in (server.readiness() or {}), SECONDS, lambda: f"{pending} wait, and nobody says why"
        )
        assert '"store_away"' in server.log()
    make_room(disk)
    eventually(lambda: server.readiness() == {}, SECONDS, lambda: f"still {server.readiness()}")
    check_kept(client, batches, delivery.answered)
    check_resending_completes(client, batches)
    server.stop()


@pytest.mark.long
def test_a_kill_on_a_full_disk_loses_nothing(server: Server, disk: Path) -> None:
    """The next start either works or says in one line why not; with room, what was accepted is there."""
    client = first_project(server)
    for _ in range(5):
        batches = make_batches(client.token, 60)
        delivery = Delivery(server.url, batches, pace_seconds=0.03).begin()
        delivery.wait_for(lambda sent: len(sent.answered) > 20)
        fill(disk, free=0)
        delivery.finish()
        server.kill()

        check_start_on_full_disk(server)
        make_room(disk)
        server.start()
        check_all_kept(client, delivery)
    server.stop()


def check_start_on_full_disk(server: Server) -> None:
    """It runs, or ends with one line."""
    server.launch()
    deadline = time.monotonic() + SECONDS
    while server.runs and server.readiness() is None:
        assert time.monotonic() < deadline, f"neither serves nor ends: {server.log_tail()}"
        time.sleep(0.05)
    if server.runs:
        assert "journal" in (server.readiness() or {})
        server.kill()
    else:
        assert server.log().splitlines()[-1].startswith("mothlight: "), server.log_tail()


def check_all_kept(client: Client, delivery: Delivery) -> None:
    """What this round's batches made is whole; issues of earlier rounds have the same names, so only sums are known."""
    stats = client.wait_until_queryable()
    assert stats["dropped"].get("quarantined", 0) == 0
    again = Delivery(str(client.http.base_url), delivery.batches)
    again.send_all()
    after = client.wait_until_queryable()
    known = after["dropped"].get("duplicate", 0) - stats["dropped"].get("duplicate", 0)
    assert known >= sum(48 for batch in delivery.batches if batch.name in delivery.answered)


def fill(disk: Path, free: int) -> None:
    """Leave so many MiB free, and at 0 not a byte."""
    filler = os.open(disk / "filler", os.O_CREAT | os.O_WRONLY)
    try:
        while (size := os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize - free * MEBIBYTE) > MEBIBYTE:
            os.posix_fallocate(filler, os.fstat(filler).st_size, size - MEBIBYTE)
        while not free:
            # Others take and give room meanwhile, so until nothing more fits.
            os.pwrite(filler, b"0" * 4096, os.fstat(filler).st_size)
    except OSError as problem:
        if problem.errno != errno.ENOSPC:
            raise
    finally:
        os.close(filler)


def make_room(disk: Path) -> None:
    """Take away what filled the disk."""
    (disk / "filler").unlink()


def reasons_with(server: Server, part: str) -> dict[str, str] | None:
    """All reasons that `/_readyz` names, if this part has one."""
    reasons: dict[str, str] = server.readiness() or {}
    return reasons if part in reasons else None


def wait_for_reason(server: Server, wanted: dict[str, str]) -> dict[str, str]:
    """Returns all reasons, once `/_readyz` names the wanted ones."""

    def told() -> dict[str, str] | None:
        reasons: dict[str, str] = server.readiness() or {}
        return reasons if wanted.items() <= reasons.items() else None

    return eventually(told, SECONDS, lambda: f"told instead: {server.readiness()}")
