"""Alerts of real processes: killed between what happened and its delivery, and two of them on one database."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.support.receivers import WebReceiver

from .client import Client, Json, eventually, ok
from .conftest import settings_of
from .server import Server

ALLOWED = {"MOTHLIGHT_NOTIFY_ALLOW": "127.0.0.0/8"}
DELIVERED_SECONDS = 40
QUIET_SECONDS = 3
"""How long to wait for a message that must not come."""


@pytest.fixture
def web() -> Iterator[WebReceiver]:
    made = WebReceiver()
    yield made
    made.stop()


def error(type_: str) -> Json:
    exception = {"type": type_, "value": "declined", "mechanism": {"handled": True}}
    properties = {"$exception_list": [exception], "$exception_fingerprint": type_, "distinct_id": "ada"}
    return {"event": "$exception", "uuid": str(uuid4()), "distinct_id": "ada", "properties": properties}


def watch(client: Client, web: WebReceiver) -> None:
    """Have new issues told to the receiver."""
    base = f"/api/projects/{client.project_id}/error_tracking/alerts"
    channel = client.http.post(f"{base}/channels/", json={"name": "Pager", "address": web.url}).json()
    made = client.http.post(f"{base}/", json={"trigger": "created", "channels": [channel["id"]]})
    assert made.status_code == 201, made.text


def told(web: WebReceiver) -> Counter[str]:
    """How many deliveries there were about each issue, by name."""
    deliveries = {
        headers["mothlight-delivery"]: message for (headers, _), message in zip(web.taken, web.messages, strict=True)
    }
    return Counter(event["properties"]["name"] for message in deliveries.values() for event in message["events"])


def test_a_kill_between_what_happened_and_its_delivery_loses_nothing(tmp_path: Path, web: WebReceiver) -> None:
    server = Server(tmp_path, ALLOWED)
    try:
        server.init()
        server.start()
        watch(server.client(), web)
        for number, delay in enumerate((0.0, 0.2, 2.5)):
            web.status = 503
            ok(server.client().capture(error(f"Error{number}")))
            time.sleep(delay)
            server.kill()
            web.status = 200
            server.start()
            eventually(lambda n=number: told(web)[f"Error{n}"] or None, DELIVERED_SECONDS, lambda: f"told: {told(web)}")
        time.sleep(QUIET_SECONDS)

        assert told(web) == {"Error0": 1, "Error1": 1, "Error2": 1}
        assert len(web.taken) == 3
        server.stop()
    finally:
        server.discard()


def test_two_servers_on_one_database_tell_once_also_in_a_storm(tmp_path: Path, web: WebReceiver) -> None:
    with settings_of("remote", tmp_path / "listener") as stores:
        homes = [tmp_path / name for name in ("one", "two")]
        for home in homes:
            home.mkdir()
        servers = [Server(home, {**stores, **ALLOWED}) for home in homes]
        try:
            servers[0].init()
            client = servers[0].client()
            for server in servers:
                server.start()
            watch(client, web)
            other = Client(servers[1].url, client.project_id, client.token, client.key)
            for _ in range(5):
                for each in (client, other):
                    ok(each.capture(*(error("Storm") for _ in range(200))))
            for each in (client, other):
                each.wait_until_queryable()
            eventually(lambda: told(web)["Storm"] or None, DELIVERED_SECONDS, lambda: f"told: {told(web)}")
            time.sleep(QUIET_SECONDS)

            assert told(web) == {"Storm": 1}
            assert len(web.taken) == 1
            for server in servers:
                server.stop()
        finally:
            for server in servers:
                server.discard()
