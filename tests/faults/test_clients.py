"""Clients that go away, dawdle or hold on: others are served as ever meanwhile, and nothing of them stays behind."""

import resource
import socket
import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.end_to_end.client import Client, eventually
from tests.end_to_end.server import Server

from .conftest import first_project, started
from .delivery import Delivery
from .needs import missing
from .processes import open_files_limited, resident_mebibytes
from .reports import OWN_EVENTS, SHARED_EVENTS, Batch, make_batches, shown_figures

IDLE_CONNECTIONS = 5_000
USUAL_LIMIT = 1024
"""Open files that a service or a shell usually begins with."""
MOST_MEBIBYTES_LEFT = 64
"""By how much memory may be more after a crowd than before; allocators and stores keep some."""
BATCHES = 40
SECONDS = 60


@pytest.fixture
def server(new_server: Callable[..., Server]) -> Server:
    """A running server with the usual limit of open files."""
    with open_files_limited(USUAL_LIMIT):
        return started(new_server({}))


@pytest.fixture
def many_files() -> Iterator[None]:
    """Lets this process hold a crowd of connections."""
    before, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = IDLE_CONNECTIONS + 1_000
    if hard != resource.RLIM_INFINITY and hard < needed:
        missing(f"a process may open {hard} files here and needs {needed}")
    with open_files_limited(needed):
        yield
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == before


def test_a_crowd_of_idle_connections_is_no_hindrance(server: Server, many_files: None) -> None:
    """Half of them have sent nothing, half of them wait in the middle of a request's head."""
    client = first_project(server)
    Delivery(server.url, make_batches(client.token, BATCHES)).send_all()
    before = resident_mebibytes(server.pid)
    usual = Delivery(server.url, make_batches(client.token, BATCHES))
    usual.send_all()

    with ExitStack() as crowd:
        for number in range(IDLE_CONNECTIONS):
            connection = crowd.enter_context(connect(server))
            if number % 2:
                connection.sendall(b"POST /batch/ HTTP/1.1\r\nHost: localhost\r\n")
        eventually(
            lambda: open_files(server) >= IDLE_CONNECTIONS, SECONDS, lambda: f"only {open_files(server)} open files"
        )
        assert server.readiness() == {}
        crowded = Delivery(server.url, make_batches(client.token, BATCHES))
        crowded.send_all()

    check_served(usual, crowded)
    eventually(lambda: open_files(server) < 500, SECONDS, lambda: f"{open_files(server)} files stay open")
    check_memory_returns(server, before)
    client.wait_until_queryable()
    assert shown_occurrences(client) == 3 * BATCHES * (OWN_EVENTS + SHARED_EVENTS)
    server.stop()


def test_clients_that_go_away_or_dawdle_cost_nothing(server: Server) -> None:
    """Half a body and away, a byte now and then, many questions and no reading: all at once, beside the usual.

    Twice, because the first time also the usual work takes memory for good.
    """
    client = first_project(server)
    dawdle(server, client)
    before = resident_mebibytes(server.pid)

    sent = dawdle(server, client)

    assert client.stats()["accepted"] == 2 * sent
    assert shown_occurrences(client) == 2 * BATCHES * (OWN_EVENTS + SHARED_EVENTS)
    check_memory_returns(server, before)
    assert "Traceback" not in server.log(), server.log_tail()
    server.stop()


def dawdle(server: Server, client: Client) -> int:
    """A crowd that does everything wrong, and the usual in between; returns how many events the usual were."""
    wrong = make_batches(client.token, 200)
    delivery = Delivery(server.url, make_batches(client.token, BATCHES))
    with ExitStack() as crowd:
        slow = [crowd.enter_context(slow_body(server, batch)) for batch in wrong[:100]]
        for _ in range(20):
            crowd.enter_context(slow_reader(server, client))
        for batch in wrong[100:]:
            half_a_body(server, batch)
        delivery.send_all()
        trickle(slow)
        assert server.readiness() == {}
    client.wait_until_queryable()

    assert len(delivery.answered) == BATCHES, [answer.text for answer in delivery.refused]
    assert statistics.median(delivery.seconds) < 1
    return sum(len(batch.events) for batch in delivery.batches)


def connect(server: Server) -> socket.socket:
    """A connection of its own."""
    return socket.create_connection(("127.0.0.1", server.port), timeout=30)


def head(batch: Batch) -> bytes:
    """What stands before the body of a batch."""
    lines = ("POST /batch/ HTTP/1.1", "Host: localhost", "Content-Encoding: gzip", f"Content-Length: {len(batch.body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def half_a_body(server: Server, batch: Batch) -> None:
    """Send half, and be gone."""
    with connect(server) as connection:
        connection.sendall(head(batch) + batch.body[: len(batch.body) // 2])


def slow_body(server: Server, batch: Batch) -> socket.socket:
    """Begin with a few bytes, and stay."""
    connection = connect(server)
    connection.sendall(head(batch) + batch.body[:10])
    return connection


def trickle(connections: list[socket.socket]) -> None:
    """A byte more on each."""
    for connection in connections:
        connection.sendall(b"x")


def slow_reader(server: Server, client: Client) -> socket.socket:
    """Ask again and again on one connection, and read no answer, until no further question can be sent."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", server.port))
    connection.setblocking(False)
    question = (
        f"GET /api/environments/{client.project_id}/error_tracking/issues/ HTTP/1.1\r\n"
        f"Host: localhost\r\nAuthorization: Bearer {client.key}\r\n\r\n"
    ).encode()
    try:
        for _ in range(2_000):
            connection.sendall(question)
    except BlockingIOError:
        pass
    return connection


def check_served(usual: Delivery, crowded: Delivery) -> None:
    """Everything was answered, in about the usual time."""
    assert len(crowded.answered) == BATCHES, [answer.text for answer in crowded.refused] + crowded.unanswered
    before, after = statistics.median(usual.seconds), statistics.median(crowded.seconds)
    assert after < max(5 * before, 0.5), f"{before:.3f} s before, {after:.3f} s in the crowd"


def check_memory_returns(server: Server, before: float) -> None:
    """Nothing of the crowd is kept."""
    eventually(
        lambda: resident_mebibytes(server.pid) < before + MOST_MEBIBYTES_LEFT,
        SECONDS,
        lambda: f"{before:.0f} MiB before and {resident_mebibytes(server.pid):.0f} after",
    )


def open_files(server: Server) -> int:
    """What `/metrics` says."""
    lines = httpx.get(f"{server.url}/metrics", trust_env=False, timeout=30).text.splitlines()
    return next(int(float(line.split()[1])) for line in lines if line.startswith("process_open_fds "))


def shown_occurrences(client: Client) -> int:
    """All events that lists count."""
    return sum(figures.occurrences for figures in shown_figures(client).values())
