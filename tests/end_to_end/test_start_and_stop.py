"""How a server begins and ends: one line where it cannot start, and no secret lost; exit code 0 where it is told to."""

import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import pytest

from .batches import EVENTS_PER_BATCH, Delivery, make_batch, make_event, occurrences
from .client import Client
from .server import Server

if TYPE_CHECKING:
    from subprocess import CompletedProcess

TOKEN = re.compile(r"\bphc_\w+")
KEY = re.compile(r"\bphx_\w+")
NewServer = Callable[[Mapping[str, str]], Server]


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def check_one_line(done: "CompletedProcess[str]", words: str) -> None:
    """A start that failed says why in one line on standard error, and nothing else anywhere."""
    assert (done.returncode, done.stdout) == (1, ""), done
    assert re.fullmatch(r"mothlight: [^\n]+\n", done.stderr), done.stderr
    assert words in done.stderr


# Starts that fail


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"MOTHLIGHT_DATABASE_URL": "postgresql://u:hunter2@127.0.0.1:9/d"}, "the metadata database does not answer"),
        ({"MOTHLIGHT_DATABASE_URL": "mysql://u:hunter2@h/d"}, "MOTHLIGHT_DATABASE_URL must start with"),
        ({"MOTHLIGHT_DATABASE_URL": "sqlite:////nowhere/x.db"}, "the metadata database does not answer"),
        ({"MOTHLIGHT_EVENTS_URL": "clickhouse://u:hunter2@127.0.0.1:9/d"}, "the event store does not answer"),
        ({"MOTHLIGHT_EVENTS_URL": "clickhouses://u:hunter2@127.0.0.1:9/d"}, "the event store does not answer"),
        ({"MOTHLIGHT_EVENTS_URL": "clickhouse://u:hunter2@h:port/d"}, "MOTHLIGHT_EVENTS_URL cannot be used"),
        ({"MOTHLIGHT_EVENTS_URL": "chdb:///proc/none"}, "MOTHLIGHT_EVENTS_URL cannot be used"),
        ({"MOTHLIGHT_RETENTION_DAYS": "ninety"}, "MOTHLIGHT_RETENTION_DAYS must be"),
    ],
)
def test_a_start_that_fails_says_why_in_one_line(
    new_server: NewServer, settings: Mapping[str, str], words: str
) -> None:
    done = new_server(settings).run()

    check_one_line(done, words)
    assert "hunter2" not in done.stderr


def test_a_taken_port_is_found_before_anything_is_made(new_server: NewServer, taken_port: int) -> None:
    server = new_server({})
    server.port = taken_port

    check_one_line(server.run(), f"cannot listen on 127.0.0.1 port {taken_port}: Address already in use")
    assert not (server.data_dir / "mothlight.db").exists()


def test_a_directory_that_another_server_has_is_left_alone(new_server: NewServer) -> None:
    server = new_server({})
    server.start()
    other = new_server({})

    check_one_line(other.run(), "is in use by another server (process ")
    server.stop()


def test_a_journal_of_another_format_is_said_so(new_server: NewServer) -> None:
    server = new_server({})
    (server.data_dir / "journal").mkdir(parents=True)
    (server.data_dir / "journal" / f"{1:020}.segment").write_bytes(b"of a later version")

    check_one_line(server.run(), "the journal cannot be opened")


@pytest.mark.parametrize(
    "trouble",
    [{"MOTHLIGHT_EVENTS_URL": "clickhouse://127.0.0.1:9/d"}, {"MOTHLIGHT_PROJECT_TOKEN": "no token"}],
    ids=["event store", "bad choice"],
)
def test_no_secret_is_lost_to_a_first_start_that_fails(new_server: NewServer, trouble: Mapping[str, str]) -> None:
    """It shows none, and the next start that succeeds makes and shows them."""
    failed = new_server(trouble).run()
    assert (failed.returncode, failed.stdout, failed.stderr.count("\n")) == (1, "", 1)
    server = new_server({})

    server.start()

    printed = server.log()
    client = Client(server.url, 1, TOKEN.findall(printed)[0], KEY.findall(printed)[0])
    assert client.capture(make_event("FirstError")).status_code == 200
    client.wait_until_queryable()
    assert [issue["name"] for issue in client.issues()] == ["FirstError"]
    server.stop()


# What is made


def test_everything_in_the_data_directory_is_its_owners_alone(new_server: NewServer) -> None:
    server = new_server({})
    server.init()
    server.start()
    client = server.client()
    assert client.capture(make_event("FirstError")).status_code == 200
    client.wait_until_queryable()

    made = [path for path in [server.data_dir, *server.data_dir.rglob("*")] if not path.is_symlink()]
    open_to_others = [str(path) for path in made if path.stat().st_mode & 0o077]

    assert {path.name for path in made} >= {"mothlight.db", "mothlight.lock", "journal", "events"}
    assert open_to_others == []
    server.stop()


def test_a_data_directory_that_is_there_keeps_its_mode(new_server: NewServer) -> None:
    server = new_server({})
    server.data_dir.mkdir(mode=0o750)
    server.data_dir.chmod(0o750)

    server.init()

    assert server.data_dir.stat().st_mode & 0o777 == 0o750
    assert (server.data_dir / "mothlight.db").stat().st_mode & 0o777 == 0o600


# Stops


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_under_load_is_clean_and_stores_what_was_accepted(own_server: Server, number: signal.Signals) -> None:
    """Requests under way are answered, what was answered 200 is stored, and the exit code is 0."""
    server = own_server
    server.init()
    server.start()
    client = server.client()
    batches = [make_batch(client.token, count) for count in range(300)]
    delivery = Delivery(client, batches)
    sending = threading.Thread(target=delivery.send_all)
    sending.start()
    while len(delivery.answered) < 40 and sending.is_alive():
        time.sleep(0.001)

    server.stop(number)
    sending.join()

    assert 40 <= len(delivery.answered) < len(batches)
    assert not delivery.refused
    (stopped,) = [line for line in server.log().splitlines() if '"stopped"' in line]
    assert '"everything_processed": true' in stopped
    server.start()
    assert client.stats()["pending"] == 0, "nothing was left in the journal"
    counts = occurrences(client)
    assert {name: counts.get(name) for name in delivery.answered} == dict.fromkeys(delivery.answered, EVENTS_PER_BATCH)
    server.stop()


def test_a_stop_without_any_request_is_quick(new_server: NewServer) -> None:
    server = new_server({})
    server.start()
    begun = time.monotonic()

    server.stop()

    assert time.monotonic() - begun < 5


def test_a_running_server_does_what_commands_ask_it_for(new_server: NewServer) -> None:
    """The commands are processes of their own, and tell it through the metadata."""
    server = new_server({})
    server.init()
    server.start()

    done = server.execute("quarantine", "retry")
    rebuilt = server.execute("mirror", "rebuild")

    assert done.stdout == "0 events will be processed again by the running server\n"
    assert rebuilt.stdout.startswith("The running server (process ")
    deadline = time.monotonic() + 20
    while "mirror_rebuilt" not in server.log():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    server.stop()
