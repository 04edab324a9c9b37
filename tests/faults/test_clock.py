"""A clock that is set back and forward an hour under load changes no figure, and the log says that it was set."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.client import Client, eventually
from tests.end_to_end.server import Server

from .checks import check_kept, check_refusals, check_resending_completes
from .conftest import first_project, started
from .delivery import Delivery
from .needs import faketime_library
from .reports import make_batches

HOUR = 3600
BATCHES = 90
SECONDS = 20


class SteppingClock:
    """What a server takes for its clock: the machine's, and so many seconds later."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set(0)

    def set(self, seconds: int) -> None:
        """Set the clock of all running processes that look at it."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{seconds:+d}")
        fresh.replace(self._file)

    def settings(self) -> dict[str, str]:
        """The environment of a process that looks at it. No step moves what measures durations, as on a machine."""
        return {
            "LD_PRELOAD": str(faketime_library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }


@pytest.fixture
def clock(tmp_path: Path) -> SteppingClock:
    """A clock to be set."""
    return SteppingClock(tmp_path / "clock")


@pytest.mark.parametrize(
    "steps", [(HOUR, -HOUR), pytest.param((-HOUR, HOUR), marks=pytest.mark.long)], ids=["forward first", "back first"]
)
def test_a_clock_that_is_set_under_load_changes_no_figure(
    clock: SteppingClock, new_server: Callable[..., Server], steps: tuple[int, int]
) -> None:
    server = started(new_server(clock.settings()))
    client = first_project(server)
    batches = make_batches(client.token, BATCHES)
    delivery = Delivery(server.url, batches, pace_seconds=0.05).begin()
    for number, seconds in enumerate(steps, start=1):
        delivery.wait_for(lambda sent, number=number: len(sent.answered) > number * BATCHES // 3)  # type: ignore[misc]
        clock.set(seconds)
        wait_for_words(server, '"clock_stepped"', number)
        assert server.readiness() == {}
    delivery.finish()

    check_refusals(delivery)
    assert len(delivery.answered) == BATCHES
    check_kept(client, batches, delivery.answered)
    assert client.stats()["lag_seconds"] == 0
    check_changes_show(client)
    check_start_in_another_hour(server, clock, client)
    check_resending_completes(client, batches)
    assert "Traceback" not in server.log()
    server.stop()


def check_changes_show(client: Client) -> None:
    """A change shows in the next question, whatever the clock said at the changes before."""
    issue = client.issues()[0]
    for status in ("resolved", "active"):
        path = f"/api/environments/{client.project_id}/error_tracking/issues/{issue['id']}/"
        assert client.http.patch(path, json={"status": status}).status_code == 200

        assert {each["status"] for each in client.issues() if each["id"] == issue["id"]} == {status}


def check_start_in_another_hour(server: Server, clock: SteppingClock, client: Client) -> None:
    """A server that starts when its clock shows an hour of the past accepts keys and knows what it has."""
    server.stop()
    clock.set(-2 * HOUR)
    server.start()
    assert len(client.issues()) == BATCHES + 3


def wait_for_words(server: Server, words: str, times: int) -> None:
    """Returns when the log has the words so many times."""
    eventually(lambda: server.log().count(words) >= times, SECONDS, lambda: f"no {words} in {server.log_tail()}")
