"""What users send stays out of the logs: keys, tokens, bodies and query strings."""

from collections.abc import Callable, Iterator

import httpx

from .batches import make_event
from .client import EVERYTHING, Client, Json
from .server import Server

TOKEN = "phc_" + "Tok3nOfTheLogTest" * 2
KEY = "phx_" + "K3yOfTheLogTest" * 3
PASSWORD = "a passw0rd of the log test"
WRONG_TOKEN = "phc_" + "Wr0ngTokenOfTheLogTest" * 2
WRONG_KEY = "phx_" + "Wr0ngKeyOfTheLogTest" * 2
IN_BODIES = "s3ntByTheUser"
"""Part of everything that is sent in a body or a query string."""


def test_no_request_leaves_a_key_a_token_or_a_body_in_the_log(new_server: Callable[..., Server]) -> None:
    server = new_server({})
    server.init("--project-token", TOKEN, "--personal-api-key", KEY, "--admin-password", PASSWORD)
    server.start()
    client = server.client()
    for answer in [*captures(client), *questions(client)]:
        assert answer.status_code < 500, f"{answer.request.method} {answer.request.url}: {answer.text}"
    client.wait_until_queryable()
    assert client.issues(), "nothing was stored, so nothing could have been logged"
    server.stop()

    log = server.log()

    assert log.strip(), "the server logs something"
    for secret in (TOKEN, KEY, PASSWORD, WRONG_TOKEN, WRONG_KEY, IN_BODIES):
        assert secret not in log, log[max(0, log.index(secret) - 300) :][:400]


def captures(client: Client) -> Iterator[httpx.Response]:
    """Good and bad requests of SDKs, with the token in every place that it can have."""
    http = client.http
    yield client.capture(event())
    yield client.capture({**event(), "event": "$identify", "$set": {"email": f"{IN_BODIES}@shop.test"}})
    yield client.capture({**event(), "uuid": IN_BODIES})
    yield client.capture({**event(), "properties": {"$exception_list": IN_BODIES}})
    yield http.post("/e/", json=[{**event(), "properties": {**event()["properties"], "token": TOKEN}}])
    yield http.post("/batch/", json={"api_key": WRONG_TOKEN, "batch": [event()]})
    yield http.post("/batch/", content=f'{{"api_key": "{TOKEN}", "batch": [{{"event": "{IN_BODIES}'.encode())
    yield http.post(f"/e/?data={IN_BODIES}&token={TOKEN}", content=IN_BODIES.encode())
    yield http.post("/batch/", content=b"\x1f\x8b\x08" + IN_BODIES.encode())
    yield http.post("/flags/?v=2", json={"token": TOKEN, "distinct_id": IN_BODIES})
    yield http.get(f"/array/{TOKEN}/config")
    yield http.get(f"/array/{WRONG_TOKEN}/config.js")
    yield http.post("/i/v1/analytics/events", json={"batch": [event()]}, headers={"Authorization": f"Bearer {TOKEN}"})


def questions(client: Client) -> Iterator[httpx.Response]:
    """Good and bad requests of programs, with the key in every place that it can have."""
    address = f"/api/projects/{client.project_id}/error_tracking/query/issues/"
    anonymous = httpx.Client(base_url=client.http.base_url, timeout=30, trust_env=False)
    for key in (KEY, WRONG_KEY):
        yield anonymous.post(address, json={}, headers={"Authorization": f"Bearer {key}"})
        yield anonymous.post(address, json={"personal_api_key": key, **EVERYTHING})
        yield anonymous.post(f"{address}?personal_api_key={key}", json={"searchQuery": IN_BODIES})
    yield client.http.post(address, json={"searchQuery": IN_BODIES, "orderBy": IN_BODIES})
    yield client.http.post(address, content=f'{{"searchQuery": "{IN_BODIES}'.encode())
    yield client.http.post(address, json={"filterGroup": [{"key": IN_BODIES, "operator": "regex", "value": "("}]})
    yield client.http.get(f"/api/projects/{IN_BODIES}/error_tracking/recommendations/?next={IN_BODIES}")


def event() -> Json:
    """An exception that says the word in its message, in its frames and as a property."""
    made = make_event("TypeError")
    entry = made["properties"]["$exception_list"][0]
    entry["value"] = f"no {IN_BODIES} here"
    entry["stacktrace"]["frames"][0]["code_variables"] = {"cart": IN_BODIES, "api_key": KEY}
    return {**made, "distinct_id": IN_BODIES, "properties": {**made["properties"], "note": IN_BODIES}}
