"""Scripts that the web serves with their maps: a running server fetches them, also after it was killed meanwhile."""

import threading
from collections.abc import Callable, Iterator, Mapping
from uuid import uuid4

import pytest

from tests.support.source_maps import source_map
from tests.support.web_server import Page, WebServer, web_server

from .client import Client, Json, eventually
from .server import Server

SECONDS = 20
MAP = source_map(
    [[(0, 0, 4, 2, 0)]], sources=["src/cart.ts"], names=["addToCart"], sourcesContent=["\n\n\n\n  throw total\n"]
)
FETCHING = {"MOTHLIGHT_SYMBOL_FETCH": "on", "MOTHLIGHT_SYMBOL_FETCH_ALLOW": "127.0.0.1"}


@pytest.fixture
def site() -> Iterator[WebServer]:
    with web_server(
        {"/app.js": Page(b"throw 1\n//# sourceMappingURL=app.js.map"), "/app.js.map": Page(MAP)}
    ) as running:
        yield running


def event(url: str) -> Json:
    frame = {"platform": "web:javascript", "filename": url, "function": "f", "lineno": 1, "colno": 1, "in_app": True}
    trace = {"type": "raw", "frames": [frame]}
    exception = {"type": "Error", "value": "x", "mechanism": {"handled": True}, "stacktrace": trace}
    properties = {"distinct_id": "ada", "$exception_list": [exception]}
    return {"event": "$exception", "uuid": str(uuid4()), "properties": properties}


def shown(client: Client) -> list[Json]:
    """The innermost frame of each event."""
    events = [event for issue in client.issues() for event in client.events(issue["id"], verbosity="raw")]
    return [each["properties"]["$exception_list"][0]["stacktrace"]["frames"][-1] for each in events]


def test_a_script_that_may_be_fetched_is_and_others_are_not(
    new_server: Callable[[Mapping[str, str]], Server], site: WebServer
) -> None:
    server = new_server(FETCHING)
    server.init()
    server.start()
    client = server.client()
    with web_server({"/app.js": Page(b"throw 1")}, host="127.0.0.2") as other:
        client.capture(event(f"{site.url}/app.js"), event(f"{other.url}/app.js"))
        client.wait_until_queryable()

        frames = {frame["resolved"]: frame for frame in shown(client)}
        assert (frames[True]["source"], frames[True]["line"]) == ("src/cart.ts", 5)
        assert other.url in frames[False]["resolve_failure"]
        assert other.asked == []
    assert site.paths() == ["/app.js", "/app.js.map"]
    server.stop()


def test_nothing_is_fetched_where_it_is_switched_off(
    new_server: Callable[[Mapping[str, str]], Server], site: WebServer
) -> None:
    server = new_server(FETCHING | {"MOTHLIGHT_SYMBOL_FETCH": "off"})
    server.init()
    server.start()
    client = server.client()

    client.capture(event(f"{site.url}/app.js"))
    client.wait_until_queryable()

    (frame,) = shown(client)
    assert frame["resolve_failure"] == f"Could not find sourcemap for source url: {site.url}/app.js"
    assert site.asked == []
    server.stop()


def test_what_waits_for_a_map_survives_a_kill(own_server: Server, site: WebServer) -> None:
    goes_on = threading.Event()
    script = site.pages["/app.js"]
    site.pages["/app.js"] = script._replace(until=goes_on)
    server = own_server
    server.use(FETCHING)
    server.init()
    server.start()
    client = server.client()
    sent = [event(f"{site.url}/app.js") for _ in range(3)]
    client.capture(*sent)
    eventually(lambda: site.asked, SECONDS, lambda: "the script was not asked for")
    assert client.stats()["pending"] == 3

    server.kill()
    goes_on.set()
    server.start()
    client.wait_until_queryable()

    assert [(frame["resolved"], frame["source"]) for frame in shown(client)] == [(True, "src/cart.ts")] * 3
    assert client.stats()["stored"] == 3
    server.stop()
