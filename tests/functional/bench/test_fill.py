"""What the benchmark writes without the intake is what would be there if the events had come through it."""

import json
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from bench.fill import Writer
from bench.history import History
from bench.traffic import Plan
from mothlight.access.first_run import FirstRun, initialise
from mothlight.bootstrap.server import build_server
from mothlight.bootstrap.stores import open_stores
from mothlight.kit.clock import system_clock
from mothlight.settings import read_settings
from mothlight.storage.metadata.engine import writing
from tests.support.asgi import call
from tests.support.event_stores import Listener

TOKEN = "phc_the_token_of_the_filled_project"
KEY = "phx_a_key_that_may_read_everything_here"
QUESTIONS = "/api/projects/1/error_tracking/query"
EVENTS = 1_500


@pytest.fixture(scope="module")
def listener(tmp_path_factory):
    listener = Listener(tmp_path_factory.mktemp("listener"))
    yield listener
    listener.stop()


@pytest.fixture(scope="module")
def history():
    return History(Plan(TOKEN, stacks=60, days=30), EVENTS, datetime.now(UTC) - timedelta(hours=1))


@pytest.fixture(scope="module")
def settings(listener, tmp_path_factory):
    """Of two installations, each with databases of its own."""
    made = []
    for name in ("filled", "received"):
        folder = tmp_path_factory.mktemp(name)
        url = f"{listener.url.rpartition('/')[0]}/{name}"
        environment = {"MOTHLIGHT_EVENTS_URL": url, "MOTHLIGHT_SYMBOL_FETCH": "off"}
        made.append(read_settings(data_dir=folder, environment=environment))
        stores = open_stores(made[-1])
        with writing(stores.database) as connection:
            initialise(connection, FirstRun(project_token=TOKEN, personal_api_key=KEY), system_clock())
        stores.close()
    return made


@pytest.fixture(scope="module")
def filled(settings, history):
    stores = open_stores(settings[0])
    Writer(history, 1, stores).write(history)
    stores.close()
    yield from _served(settings[0])


@pytest.fixture(scope="module")
def received(settings, history):
    server = build_server(settings[1])
    server.start()
    for block in _blocks(history, 50):
        body = f'{{"api_key":"{TOKEN}","batch":[{",".join(history.text(each) for each in block)}]}}'
        assert call(server.application, "POST", "/batch/", body.encode()).status == 200
    assert server.stop()
    yield from _served(settings[1])


def _blocks(history, size):
    remaining = iter(history)
    while block := list(islice(remaining, size)):
        yield block


def _served(settings):
    server = build_server(settings)
    yield server
    server.discard()


def _ask(server, path, body):
    answer = call(
        server.application,
        "POST",
        f"{QUESTIONS}/{path}/",
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
    )
    assert answer.status == 200, answer.body
    return answer.json()


def _without_ids(rows):
    return [{key: value for key, value in row.items() if key != "id"} for row in rows]


@pytest.mark.parametrize("order", ["occurrences", "last_seen", "first_seen", "users", "sessions"])
@pytest.mark.parametrize(
    "asked",
    [
        {"volumeResolution": 5},
        {"filterGroup": [{"type": "event", "key": "plan", "operator": "exact", "value": "pro"}]},
        {"searchQuery": "shop item"},
    ],
    ids=["plain", "filtered", "searched"],
)
def test_lists_are_equal(filled, received, order, asked):
    # Fixed bounds, or the two would be asked about different seconds.
    dates = {"date_from": "2020-01-01", "date_to": (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%d")}
    body = {"orderBy": order, "limit": 100, "dateRange": dates, **asked}
    of_filled, of_received = (_ask(server, "issues", body)["results"] for server in (filled, received))

    assert of_filled
    assert _without_ids(of_filled) == _without_ids(of_received)


def test_all_events_are_there_under_as_many_issues_as_there_are_stacks(filled):
    rows = _ask(filled, "issues", {"dateRange": {"date_from": "all"}, "limit": 100})["results"]

    assert sum(row["aggregations"]["occurrences"] for row in rows) == EVENTS
    assert 30 < len(rows) <= 60


def test_single_events_are_equal(filled, received):
    lists = [
        _ask(server, "issues", {"dateRange": {"date_from": "all"}, "limit": 10})["results"]
        for server in (filled, received)
    ]
    for of_filled, of_received in zip(*lists, strict=True):
        events = [
            _ask(
                server,
                "issue_events",
                {"issueId": row["id"], "dateRange": {"date_from": "all"}, "limit": 10, "verbosity": "raw"},
            )["results"]
            for server, row in ((filled, of_filled), (received, of_received))
        ]
        for event in events[0] + events[1]:
            event["properties"].pop("$exception_issue_id")

        assert events[0]
        assert events[0] == events[1]


def test_two_histories_of_a_plan_are_the_same_events():
    until = datetime(2026, 11, 1, tzinfo=UTC)
    one, other = (list(History(Plan(TOKEN, stacks=20, days=7), 300, until)) for _ in range(2))

    assert one == other
    assert len({event.uuid for event in one}) == 300
    assert [event.moment for event in one] == sorted(event.moment for event in one)
