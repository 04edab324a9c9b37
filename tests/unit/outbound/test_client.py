"""HTTP through the guard: what connects where, what is followed, and when it ends."""

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from ipaddress import ip_network
from pathlib import Path

import brotli
import pytest

from mothlight.outbound.client import Bounds, HttpClient
from mothlight.outbound.failures import (
    Blocked,
    InvalidUrl,
    NetworkFailure,
    OutboundFailure,
    RedirectFailure,
    TimedOut,
    TooLarge,
)
from mothlight.outbound.guard import Guard
from tests.support.certificates import certificate_for
from tests.support.web_server import Page, WebServer, web_server

HERE = ip_network("127.0.0.1/32")


class Names:
    """A name server whose answers a test sets; the last one stays."""

    def __init__(self, **answers: list[str]) -> None:
        self.answers = {name.replace("_", "."): list(given) for name, given in answers.items()}
        self.asked: list[str] = []

    def __call__(self, name: str) -> Iterable[str]:
        self.asked.append(name)
        answers = self.answers[name]
        return [answers.pop(0) if len(answers) > 1 else answers[0]]


def client(names: Names | None = None, *, tls: ssl.SSLContext | None = None, **bounds: float) -> HttpClient:
    """One that may connect to 127.0.0.1, and to no other address of this machine."""
    given = Bounds(**bounds)  # type: ignore[arg-type]
    return HttpClient(Guard((HERE,), resolve=names), time.monotonic, bounds=given, tls=tls)


@pytest.fixture
def server() -> Iterator[WebServer]:
    with web_server() as running:
        yield running


def test_an_answer_comes_with_its_body(server: WebServer):
    server.pages["/a.js?v=1"] = Page(b"hello", headers={"SourceMap": "/a.map"})

    answer = client().request("GET", server.url + "/a.js?v=1", headers={"X-Mine": "yes"})

    assert (answer.url, answer.status, answer.body) == (server.url + "/a.js?v=1", 200, b"hello")
    assert answer.headers["sourcemap"] == "/a.map"
    assert server.asked[0].headers["Host"] == f"127.0.0.1:{server.port}"
    assert server.asked[0].headers["X-Mine"] == "yes"
    assert server.asked[0].headers["User-Agent"] == "mothlight"


@pytest.mark.parametrize("path", ["//127.0.0.2/x", "///x", "/http://127.0.0.2/", "/a%00b", "/ü?q=ü", "/a/../b", "/?"])
def test_no_path_leads_to_another_host(server: WebServer, path: str):
    answer = client().request("GET", server.url + path)

    assert answer.url.startswith(server.url + "/")
    assert len(server.asked) == 1


def test_a_body_is_sent(server: WebServer):
    server.pages["/hook"] = Page(b"thanks", 202)

    answer = client().request("POST", server.url + "/hook", body=b'{"a": 1}')

    assert (answer.status, server.asked[0].method, server.asked[0].body) == (202, "POST", b'{"a": 1}')


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("gzip", gzip.compress(b"map" * 9)), ("br", brotli.compress(b"map" * 9)), ("gzip, gzip", None)],
)
def test_compressed_answers_are_unpacked(server: WebServer, encoding: str, body: bytes | None):
    twice = gzip.compress(gzip.compress(b"map" * 9))
    server.pages["/"] = Page(body or twice, headers={"Content-Encoding": encoding})

    assert client().request("GET", server.url + "/").body == b"map" * 9


# --- names ---


def test_the_address_that_was_checked_is_connected_to_though_the_name_changes():
    names = Names(app_example=["127.0.0.1", "127.0.0.2"])
    with (
        web_server({"/": Page(b"first")}) as first,
        web_server({"/": Page(b"second")}, host="127.0.0.2", port=first.port),
    ):
        once = client(names)

        assert once.request("GET", f"http://app.example:{first.port}/").body == b"first"
        assert names.asked == ["app.example"]
        with pytest.raises(Blocked, match=r"127\.0\.0\.2"):
            once.request("GET", f"http://app.example:{first.port}/")


def test_the_host_asked_for_is_the_name(server: WebServer):
    server.pages["/"] = Page(b"ok")

    client(Names(app_example=["127.0.0.1"])).request("GET", f"http://APP.example.:{server.port}/")

    assert server.asked[0].headers["Host"] == f"app.example:{server.port}"


def test_a_certificate_must_be_the_names_not_the_addresss(tmp_path: Path):
    serving, trusting = certificate_for("app.example", tmp_path)
    names = Names(app_example=["127.0.0.1"], other_example=["127.0.0.1"])
    with web_server({"/": Page(b"safe")}, tls=serving) as server:
        asking = client(names, tls=trusting)

        assert asking.request("GET", f"https://app.example:{server.port}/").body == b"safe"
        with pytest.raises(NetworkFailure, match="certificate"):
            asking.request("GET", f"https://other.example:{server.port}/")
        with pytest.raises(NetworkFailure, match="certificate"):
            client(names).request("GET", f"https://app.example:{server.port}/")


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"])
def test_no_proxy_of_the_environment_is_used(server: WebServer, monkeypatch: pytest.MonkeyPatch, name: str):
    monkeypatch.setenv(name, "http://127.0.0.2:9")
    server.pages["/"] = Page(b"straight")

    assert client().request("GET", server.url + "/").body == b"straight"


# --- redirects ---


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.2:{port}/",
        "//127.0.0.2:{port}/",
        "http://2130706434:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://second.example:{port}/",
        "http://user@127.0.0.1:{port}/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/",
        "http://127.0.0.1\\@127.0.0.2:{port}/",
    ],
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_where_nobody_is_connected_to_is_refused(location: str, status: int):
    names = Names(app_example=["127.0.0.1"], second_example=["127.0.0.2"])
    with web_server() as first, web_server({"/": Page(b"secret")}, host="127.0.0.2", port=first.port) as second:
        first.pages["/"] = Page(status=302, headers={"Location": "/hop"})
        first.pages["/hop"] = Page(status=status, headers={"Location": location.format(port=first.port)})

        with pytest.raises((Blocked, InvalidUrl)):
            client(names).request("GET", f"http://app.example:{first.port}/")

        assert first.paths() == ["/", "/hop"]
        assert second.asked == []


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("/b.js", "/b.js"),
        ("b.js?x=1", "/a/b.js?x=1"),
        ("../c d.js", None),
        ("/ü.js", "/%C3%BC.js"),
        ("#top", "/a/a.js"),
    ],
)
def test_redirects_are_followed(server: WebServer, location: str, path: str | None):
    server.pages["/start"] = Page(status=302, headers={"Location": "/a/a.js"})
    as_sent = location.encode().decode("latin-1")
    server.pages["/a/a.js"] = Page(status=302, headers={"Location": as_sent})
    if path is None:
        with pytest.raises(InvalidUrl):
            client().request("GET", server.url + "/start")
        return
    if path == "/a/a.js":
        with pytest.raises(RedirectFailure):
            client().request("GET", server.url + "/start")
        return
    server.pages[path] = Page(b"there")

    answer = client().request("GET", server.url + "/start")

    assert (answer.body, answer.url) == (b"there", server.url + path)


def test_redirects_are_counted(server: WebServer):
    for number in range(12):
        server.pages[f"/{number}"] = Page(status=302, headers={"Location": f"/{number + 1}"})
    server.pages["/12"] = Page(b"end")

    assert client().request("GET", server.url + "/2").body == b"end"
    with pytest.raises(RedirectFailure, match="more than 10"):
        client().request("GET", server.url + "/1")


@pytest.mark.parametrize(
    ("status", "method", "body"),
    [(301, "GET", b""), (302, "GET", b""), (303, "GET", b""), (307, "POST", b"text"), (308, "POST", b"text")],
)
def test_a_body_is_sent_on_where_the_status_says_so_and_secrets_stay(status: int, method: str, body: bytes):
    with web_server() as first, web_server({"/there": Page(b"ok")}) as second:
        first.pages["/"] = Page(status=status, headers={"Location": second.url + "/there"})

        client().request("POST", first.url + "/", headers={"Authorization": "Bearer x"}, body=b"text")

        (asked,) = second.asked
        assert first.asked[0].headers["Authorization"] == "Bearer x"
        assert (asked.method, asked.body, asked.headers.get("Authorization")) == (method, body, None)


# --- bounds ---


def test_a_body_over_the_bound_is_refused_as_it_is_unpacked(server: WebServer):
    server.pages["/fits"] = Page(gzip.compress(bytes(100_000)), headers={"Content-Encoding": "gzip"})
    server.pages["/bomb"] = Page(gzip.compress(bytes(50_000_000)), headers={"Content-Encoding": "gzip"})
    server.pages["/plain"] = Page(bytes(100_001))

    asking = client(body_bytes=100_000)
    assert len(asking.request("GET", server.url + "/fits").body) == 100_000
    for path in ("/bomb", "/plain"):
        with pytest.raises(TooLarge, match="exceeded the 100000 byte limit"):
            asking.request("GET", server.url + path)


@pytest.mark.parametrize(
    "page",
    [
        Page(b"late", seconds=5),
        Page(b"drop by drop" * 50, pause=0.02),
        Page(b"drop by drop" * 50, pause=0.02, has_length=False),
    ],
)
def test_time_is_bounded_however_slowly_something_comes(server: WebServer, page: Page):
    server.pages["/"] = page
    began = time.monotonic()

    with pytest.raises(TimedOut):
        client(seconds=0.3).request("GET", server.url + "/")

    assert time.monotonic() - began < 2


def test_time_is_bounded_when_headers_never_end():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        began = time.monotonic()

        with pytest.raises(TimedOut):
            client(seconds=0.3).request("GET", f"http://127.0.0.1:{listener.getsockname()[1]}/")

        assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("sent", "failure"),
    [
        (b"", NetworkFailure),
        (b"no http\r\n\r\n", NetworkFailure),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", NetworkFailure),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", NetworkFailure),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nno gzip", NetworkFailure),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 20_000 + b"\r\n", NetworkFailure),
        (b"HTTP/1.1 200 OK\r\nA: " + b"b" * 100_000 + b"\r\n\r\n", NetworkFailure),
    ],
)
def test_what_is_no_http_is_a_failure(sent: bytes, failure: type[OutboundFailure]):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(sent)

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(failure):
            client(seconds=5).request("GET", f"http://127.0.0.1:{listener.getsockname()[1]}/")
        thread.join()


def test_nobody_listening_is_a_failure():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(NetworkFailure, match="refused"):
        client().request("GET", f"http://127.0.0.1:{port}/")


def test_a_failure_names_the_url_and_no_password():
    with pytest.raises(InvalidUrl) as caught:
        client().request("GET", "http://ada:secret@127.0.0.1/x")

    assert "127.0.0.1" in str(caught.value)
    assert "secret" not in str(caught.value)
