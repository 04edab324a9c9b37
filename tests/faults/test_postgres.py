"""A PostgreSQL that goes away, comes back, says nothing or cuts connections: events are accepted, nothing is lost."""

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.end_to_end.client import Client, eventually
from tests.end_to_end.server import Server

from .checks import check_kept, check_refusals, check_resending_completes
from .conftest import first_project, started
from .delivery import Delivery
from .postgres import Postgres
from .reports import make_batches

SECONDS = 30
BATCHES = 90


@pytest.fixture
def server(postgres: Postgres, new_server: Callable[..., Server]) -> Server:
    """A running server with its metadata in the test's own PostgreSQL."""
    return started(new_server({"MOTHLIGHT_DATABASE_URL": postgres.url}))


@pytest.fixture
def client(server: Server) -> Client:
    """Its first project, known to the server."""
    client = first_project(server)
    assert client.capture().status_code in (200, 400)
    return client


def test_a_database_that_is_away_costs_no_event(server: Server, client: Client, postgres: Postgres) -> None:
    """Stopped in the middle, it is waited for: events of known projects are accepted, questions are told to wait."""
    batches = make_batches(client.token, BATCHES)
    delivery = Delivery(server.url, batches, pace_seconds=0.05).begin()
    delivery.wait_for(lambda sent: len(sent.answered) > BATCHES // 3)

    postgres.stop()
    told = eventually(
        lambda: (server.readiness() or {}) if {"database", "processing"} <= (server.readiness() or {}).keys() else None,
        SECONDS,
        lambda: f"told {server.readiness()}",
    )
    delivery.finish()

    assert told["database"] == "the metadata database does not answer"
    assert len(delivery.answered) == BATCHES, [answer.text for answer in delivery.refused]
    assert client.stats()["pending"] > 0
    assert client.stats()["lag_seconds"] > 0
    assert '"store_away"' in server.log()
    check_told_to_wait(ask(client))
    postgres.start()
    eventually(lambda: server.readiness() == {}, SECONDS, lambda: f"still {server.readiness()}")
    check_kept(client, batches, delivery.answered)
    check_resending_completes(client, batches)
    check_no_defect(server)
    server.stop()


def test_connections_that_are_cut_in_transactions_cost_nothing(
    server: Server, client: Client, postgres: Postgres, *, is_long: bool
) -> None:
    """Again and again under load; questions are answered or told to wait, never with a defect."""
    batches = make_batches(client.token, 600 if is_long else BATCHES)
    delivery = Delivery(server.url, batches, pace_seconds=0.05).begin()
    cut = 0

    with asking(client) as answers:
        while delivery.goes_on:
            cut += postgres.cut_connections(in_transaction=cut % 3 != 0)
            time.sleep(0.02)
    delivery.finish()

    assert cut > 3
    check_refusals(delivery)
    for answer in answers:
        if answer.status_code != 200:
            check_told_to_wait(answer)
    check_kept(client, batches, delivery.answered)
    check_resending_completes(client, batches)
    check_no_defect(server)
    server.stop()


@pytest.mark.long
def test_restarts_in_good_order_cost_nothing(server: Server, client: Client, postgres: Postgres) -> None:
    batches = make_batches(client.token, 400)
    delivery = Delivery(server.url, batches, pace_seconds=0.1).begin()

    while delivery.goes_on:
        postgres.restart()
        time.sleep(0.5)
    delivery.finish()

    check_refusals(delivery)
    check_kept(client, batches, delivery.answered)
    check_resending_completes(client, batches)
    check_no_defect(server)
    server.stop()


@pytest.mark.long
def test_a_database_that_says_nothing_holds_up_no_event(server: Server, client: Client, postgres: Postgres) -> None:
    """It is there, takes connections and never answers, as behind a broken network."""
    batches = make_batches(client.token, BATCHES)
    # Only tokens that the server knows can be accepted without the database.
    Delivery(server.url, batches[:1]).send_all()
    postgres.freeze()
    delivery = Delivery(server.url, batches)
    delivery.send_all()

    assert len(delivery.answered) == BATCHES
    assert max(delivery.seconds) < 5, "a request waits two seconds at most for the database"
    assert statistics.median(delivery.seconds) < 0.5, "most do not wait at all"
    told = server.readiness() or {}
    assert told["database"] == "does not answer within 2 seconds"
    assert client.stats()["pending"] > 0
    postgres.thaw()
    eventually(lambda: server.readiness() == {}, SECONDS, lambda: f"still {server.readiness()}")
    check_kept(client, batches, delivery.answered)
    check_resending_completes(client, batches)
    check_no_defect(server)
    server.stop()


def ask(client: Client) -> httpx.Response:
    """One question, whatever the answer is."""
    path = f"/api/environments/{client.project_id}/error_tracking/query/issues/"
    return client.http.post(path, json={"status": "all", "filterTestAccounts": False})


@contextmanager
def asking(client: Client) -> Iterator[list[httpx.Response]]:
    """Asks all the time; gives the answers."""
    answers: list[httpx.Response] = []
    enough = threading.Event()

    def run() -> None:
        while not enough.is_set():
            answers.append(ask(client))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield answers
    finally:
        enough.set()
        thread.join()


def check_told_to_wait(answer: httpx.Response) -> None:
    """An answer that says who is away and when to ask again."""
    assert answer.status_code == 503, f"{answer.status_code} {answer.text}"
    assert answer.json()["detail"] == "the metadata database does not answer"
    assert int(answer.headers["Retry-After"]) > 0


def check_no_defect(server: Server) -> None:
    """A store that is away is no defect, and nothing is put aside for it."""
    assert "Traceback" not in server.log(), server.log_tail()
    for event in ("request_failed", "pipeline_failed", "pipeline_died", "upkeep_failed"):
        assert f'"{event}"' not in server.log()
