"""An event store over HTTP that is away, slow or failing: everything is accepted meanwhile and stored once."""

import json
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.end_to_end.client import Client, eventually
from tests.end_to_end.server import Server
from tests.support.event_stores import Listener

from .checks import check_kept, check_refusals, check_resending_completes
from .conftest import first_project, started
from .delivery import Delivery
from .reports import make_batches

SECONDS = 60
BATCHES = 60


class Store:
    """The event store, which can be stopped and started at its port."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener

    def stop(self) -> None:
        """Nothing listens any more."""
        self.listener.stop()

    def start(self) -> None:
        """It comes back with what it had."""
        self.listener = Listener(self.listener.directory, self.listener.port)

    def trouble(self, **wanted: object) -> None:
        """Make statements slow or failing from now on."""
        self.listener.trouble(json.dumps({"times": 1_000_000, **wanted}))

    def recover(self) -> None:
        """No more trouble."""
        self.listener.trouble("{}")


@pytest.fixture
def store(listener: Listener) -> Iterator[Store]:
    """A running event store."""
    store = Store(listener)
    yield store
    store.listener.stop()


@pytest.fixture
def server(store: Store, new_server: Callable[..., Server]) -> Server:
    """A running server on it, its metadata in SQLite."""
    return started(new_server({"MOTHLIGHT_EVENTS_URL": store.listener.url}))


def test_an_event_store_that_is_away_costs_no_event(server: Server, store: Store) -> None:
    delivery = send_in_trouble(server, store.stop, "the event store does not answer")

    check_told_to_wait(ask(first_project(server)))
    store.start()
    check_recovery(server, delivery)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"fail": 1001}, id="an error without a cause"),
        pytest.param({"status": 502}, id="a proxy's 502", marks=pytest.mark.long),
        pytest.param({"status": 500}, id="a bare 500", marks=pytest.mark.long),
        pytest.param({"fail": 241}, id="no memory", marks=pytest.mark.long),
        pytest.param({"fail": 252}, id="too many parts", marks=pytest.mark.long),
        pytest.param({"fail": 999}, id="no coordination", marks=pytest.mark.long),
        pytest.param({"fail": 1000}, id="an error of its libraries", marks=pytest.mark.long),
        pytest.param({"fail": 439}, id="no thread left", marks=pytest.mark.long),
        pytest.param({"fail": 164}, id="read only", marks=pytest.mark.long),
    ],
)
def test_an_event_store_that_fails_costs_no_event(server: Server, store: Store, answer: dict[str, int]) -> None:
    """Whatever it answers to everything, no event is to blame, so none is put aside."""
    delivery = send_in_trouble(server, lambda: store.trouble(**answer), None)

    store.recover()
    check_recovery(server, delivery)


@pytest.mark.parametrize("late", [False, True], ids=["before it stores", "after it stored"])
@pytest.mark.long
def test_an_event_store_that_takes_ten_seconds_holds_up_no_sender(server: Server, store: Store, *, late: bool) -> None:
    client = first_project(server)
    delivery = send_into(server, lambda: store.trouble(delay=10, about="INSERT INTO events", late=late))

    assert max(delivery.seconds) < 5
    eventually(lambda: client.stats()["lag_seconds"] > 5, SECONDS, lambda: f"told {client.stats()}")
    store.recover()
    check_recovery(server, delivery)


def test_an_insert_whose_answer_is_lost_counts_once(server: Server, store: Store) -> None:
    """The rows are in, the server hears of a failure, and tries again."""
    client = first_project(server)
    batches = make_batches(client.token, BATCHES)
    store.listener.trouble('{"times": 2, "about": "INSERT INTO events", "late": true, "status": 504}')

    delivery = Delivery(server.url, batches, pace_seconds=0.02)
    delivery.send_all()

    assert len(delivery.answered) == BATCHES
    check_recovery(server, delivery)


def send_in_trouble(server: Server, begin: Callable[[], None], reason: str | None) -> Delivery:
    """Send, let the trouble begin in the middle, and check that the server accepts on and says what is wrong."""
    client = first_project(server)
    delivery = send_into(server, begin)

    told = eventually(
        lambda: (server.readiness() or {}) if "processing" in (server.readiness() or {}) else None,
        SECONDS,
        lambda: f"told {server.readiness()}, {client.stats()}",
    )
    if reason is not None:
        assert {told["events"], told["processing"]} == {reason}
    stats = client.stats()
    assert stats["pending"] > 0
    assert stats["lag_seconds"] > 0
    assert '"store_away"' in server.log()
    return delivery


def send_into(server: Server, begin: Callable[[], None]) -> Delivery:
    """Send, let the trouble begin in the middle, and check that the server accepts on."""
    delivery = Delivery(server.url, make_batches(first_project(server).token, BATCHES), pace_seconds=0.05).begin()
    delivery.wait_for(lambda sent: len(sent.answered) > BATCHES // 3)
    begin()
    delivery.finish()

    assert len(delivery.answered) == BATCHES, [answer.text for answer in delivery.refused]
    return delivery


def check_recovery(server: Server, delivery: Delivery) -> None:
    """It goes on by itself; nothing is lost, doubled or put aside."""
    client = first_project(server)
    eventually(lambda: server.readiness() == {}, SECONDS, lambda: f"still {server.readiness()}")
    check_refusals(delivery)
    check_kept(client, delivery.batches, delivery.answered)
    assert client.stats()["dropped"].get("quarantined", 0) == 0
    check_resending_completes(client, delivery.batches)
    for event in ("request_failed", "pipeline_failed", "pipeline_died", "upkeep_failed"):
        assert f'"{event}"' not in server.log()
    server.stop()


def ask(client: Client) -> httpx.Response:
    """One question, whatever the answer is."""
    path = f"/api/environments/{client.project_id}/error_tracking/query/issues/"
    return client.http.post(path, json={"status": "all", "filterTestAccounts": False})


def check_told_to_wait(answer: httpx.Response) -> None:
    """An answer that says who is away and when to ask again."""
    assert answer.status_code == 503, f"{answer.status_code} {answer.text}"
    assert answer.json()["detail"] == "the event store does not answer"
    assert int(answer.headers["Retry-After"]) > 0
