"""The whole server as it is put together, in process: which part answers what, and how."""

import itertools

import pytest
from structlog.testing import capture_logs

from mothlight import __version__
from mothlight.access.first_run import FirstRun, initialise
from mothlight.bootstrap import server as bootstrap
from mothlight.kit.clock import system_clock
from mothlight.settings import read_settings
from mothlight.storage.metadata.engine import writing
from tests.support.asgi import call
from tests.support.cast import NOW
from tests.support.event_stores import Listener

ORIGIN = "https://shop.example.com"
PREFLIGHT = {
    "Origin": ORIGIN,
    "Access-Control-Request-Method": "PATCH",
    "Access-Control-Request-Headers": "authorization",
}

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def listener(tmp_path_factory):
    """An event store of these tests alone: projects here begin with the id 1, as in every new installation."""
    listener = Listener(tmp_path_factory.mktemp("listener"))
    yield listener
    listener.stop()


@pytest.fixture(scope="module")
def build(listener):
    """Makes servers; each has databases of its own."""
    built = []

    def make(folder):
        folder.mkdir(exist_ok=True)
        url = listener.url.rpartition("/")[0] + f"/server{next(_numbers)}"
        settings = read_settings(
            data_dir=folder, environment={"MOTHLIGHT_EVENTS_URL": url, "MOTHLIGHT_SYMBOL_FETCH": "off"}
        )
        built.append(bootstrap.build_server(settings))
        return built[-1]

    yield make
    for server in built:
        server.discard()


@pytest.fixture(scope="module")
def server(build, tmp_path_factory):
    return build(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def installation(server):
    with writing(server.stores.database) as connection:
        return initialise(connection, FirstRun(admin_password="correct horse battery"), NOW)


@pytest.fixture
def ask(server):
    def send(method, path, body=b"", headers=None, query=""):
        return call(server.application, method, path, body, headers, query)

    return send


# Paths


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize(
    "path", ["/nothing", "/nothing/here/", "/api/nothing/", "/api", "//", "/_livez/", "/metrics/x"]
)
def test_an_unknown_path_is_404_in_the_shape_of_all_errors(ask, method, path):
    answer = ask(method, path)

    assert (answer.status, answer.headers["content-type"]) == (404, "application/json")
    assert answer.json() == {"type": "invalid_request", "code": "not_found", "detail": "Not found.", "attr": None}


@pytest.mark.parametrize("path", ["/_stats", "/_readyz", "/metrics"])
def test_another_method_is_405_in_the_same_shape(ask, path):
    answer = ask("POST", path)

    assert answer.status == 405
    assert answer.json()["code"] == "method_not_allowed"
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/projects",
        "/api/projects/",
        "/api/environments/1/error_tracking/query/issues",
        "/api/environments/1/error_tracking/query/issues/",
        "/e",
        "/e/",
        "/batch",
        "/some/prefix/batch/",
        "/i/v0/e",
        "/i/v0/e/",
        "/_livez/",
        "/static/array.js/",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_spelling_of_a_path_is_redirected(ask, method, path):
    answer = ask(method, path)

    assert not 300 <= answer.status < 400
    assert "location" not in answer.headers


def test_both_spellings_of_a_path_of_the_api_are_answered_alike(ask, installation):
    headers = {"Authorization": f"Bearer {installation.personal_api_key}"}
    bare, slashed = (ask("GET", f"/api/projects{slash}", headers=headers) for slash in ("", "/"))

    assert bare.status == slashed.status == 200
    assert bare.json()["count"] == slashed.json()["count"] == 1


def test_the_front_leads_people_to_the_pages(ask):
    answer = ask("GET", "/")

    assert (answer.status, answer.headers["location"]) == (303, "/sign-in?next=%2F")
    assert __version__ in ask("GET", "/sign-in").body.decode()


def test_a_path_of_nobody_is_a_page_for_people_but_not_below_the_api(ask):
    people = {"Accept": "text/html,*/*;q=0.8"}

    assert ask("GET", "/nothing", headers=people).headers["content-type"] == "text/html; charset=utf-8"
    assert ask("GET", "/api/nothing", headers=people).headers["content-type"] == "application/json"


# Other origins


def test_pages_of_any_origin_may_read_the_api_but_send_no_cookies(ask):
    for status, path in ((401, "/api/projects/"), (200, "/api/schema/"), (405, "/api/users/@me/")):
        answer = ask("POST" if status == 405 else "GET", path, headers={"Origin": ORIGIN})

        assert answer.status == status
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "Origin" in answer.headers["vary"]
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "path", ["/api/projects/", "/api/projects/1/", "/api/environments/1/error_tracking/query/issue"]
)
def test_a_preflight_of_the_api_allows_what_it_asks_for(ask, path):
    answer = ask("OPTIONS", path, headers=PREFLIGHT)

    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-headers"] == "authorization"
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    assert "access-control-allow-credentials" not in answer.headers


def test_capture_paths_allow_credentials_as_browsers_clients_need_it(ask):
    answer = ask("POST", "/e/", b"[]", {"Origin": ORIGIN})

    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-credentials"] == "true"


def test_operators_figures_are_for_no_other_origin(ask):
    for path in ("/_stats", "/_readyz", "/metrics"):
        assert "access-control-allow-origin" not in ask("GET", path, headers={"Origin": ORIGIN}).headers


# State


def test_a_server_whose_parts_work_is_ready(ask):
    assert ask("GET", "/_readyz").json() == {"status": "ok"}
    assert ask("GET", "/_livez").json() == {"status": "ok"}


def test_the_reason_why_it_is_not_ready_names_no_host(build, tmp_path, listener, server):
    other = build(tmp_path)
    try:
        with capture_logs():
            listener.trouble('{"delay": 0, "fail": 210, "times": 1}')
            answer = call(other.application, "GET", "/_readyz")
    finally:
        listener.trouble("{}")

    assert answer.status == 503
    assert answer.json()["reasons"] == {"events": "the event store does not answer"}


def test_an_event_goes_from_the_capture_path_to_the_api(build, tmp_path):
    own = build(tmp_path)
    with writing(own.stores.database) as connection:
        made = initialise(connection, FirstRun(admin_password="correct horse battery"), system_clock())
    event = (
        f'{{"api_key": "{made.project.api_token}", "event": "$exception", "distinct_id": "ada", '
        '"properties": {"$exception_list": [{"type": "PayError", "value": "declined"}]}}'
    )

    assert call(own.application, "POST", "/e/", event.encode()).status == 200
    assert call(own.application, "GET", "/_stats").json()["pending"] == 1
    own.start()
    assert own.stop()

    stats = call(own.application, "GET", "/_stats").json()
    assert (stats["accepted"], stats["stored"], stats["pending"]) == (1, 1, 0)
