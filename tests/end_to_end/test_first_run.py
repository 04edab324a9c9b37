"""`serve` on an empty directory is all that a new user has to type."""

import re
from collections.abc import Callable
from pathlib import Path

from .batches import make_event
from .client import Client, ok
from .server import Server

TOKEN = re.compile(r"\bphc_\w+")
KEY = re.compile(r"\bphx_\w+")


def test_the_first_start_says_once_where_to_go_and_with_what(new_server: Callable[..., Server], tmp_path: Path) -> None:
    server = new_server({})
    server.start()
    printed = server.log()

    assert f"http://127.0.0.1:{server.port}" in printed
    assert len(TOKEN.findall(printed)) == 1
    assert len(KEY.findall(printed)) == 1
    assert "@" in printed, "the address to sign in with is missing"
    client = Client(server.url, 1, TOKEN.findall(printed)[0], KEY.findall(printed)[0])
    assert client.capture(make_event("FirstError")).status_code == 200
    client.wait_until_queryable()
    assert [issue["name"] for issue in client.issues()] == ["FirstError"]
    server.stop()


def test_the_second_start_prints_no_secrets_and_keeps_everything(
    new_server: Callable[..., Server], tmp_path: Path
) -> None:
    server = new_server({})
    server.start()
    first = server.log()
    client = Client(server.url, 1, TOKEN.findall(first)[0], KEY.findall(first)[0])
    assert client.capture(make_event("FirstError")).status_code == 200
    server.stop()

    server.start()

    second = server.log()[len(first) :]
    assert f"http://127.0.0.1:{server.port}" in second
    assert TOKEN.findall(second) == KEY.findall(second) == []
    assert not re.search("password", second, re.IGNORECASE)
    client.wait_until_queryable()
    assert [issue["name"] for issue in client.issues()] == ["FirstError"]
    assert ok(client.http.get("/api/projects/"))["count"] == 1
    server.stop()
