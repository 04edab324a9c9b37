"""Answers that pages of other origins may read (ingest 7)."""

import pytest
from starlette.responses import Response

from mothlight.web.cors import Cors
from tests.support.asgi import call

ORIGIN = "https://shop.example"
PREFLIGHT = {
    "Origin": ORIGIN,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "content-encoding,content-type",
}


async def app(scope, receive, send):
    await Response(b"no", status_code=418, headers={"x-own": "1"})(scope, receive, send)


def test_the_origin_that_asks_is_mirrored_on_errors_too():
    answer = call(Cors(app), "GET", "/", headers={"Origin": ORIGIN})

    assert (answer.status, answer.body, answer.headers["x-own"]) == (418, b"no", "1")
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("credentials", [True, False])
def test_credentials_are_allowed_only_where_said(credentials):
    plain = call(Cors(app, credentials=credentials), "GET", "/", headers={"Origin": ORIGIN})
    preflight = call(Cors(app, credentials=credentials), "OPTIONS", "/", headers=PREFLIGHT)

    assert ("access-control-allow-credentials" in plain.headers) == credentials
    assert ("access-control-allow-credentials" in preflight.headers) == credentials


def test_a_preflight_is_answered_without_the_app():
    answer = call(Cors(app, methods=b"GET, DELETE"), "OPTIONS", "/", headers=PREFLIGHT)

    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-headers"] == "content-encoding,content-type"
    assert answer.headers["access-control-allow-methods"] == "GET, DELETE"


def test_a_preflight_that_names_no_headers_is_allowed_the_usual_ones():
    asked = {name: value for name, value in PREFLIGHT.items() if not name.endswith("Headers")}
    allowed = call(Cors(app), "OPTIONS", "/", headers=asked).headers["access-control-allow-headers"]

    assert {"content-encoding", "content-type"} <= {name.strip() for name in allowed.split(",")}


def test_other_options_requests_reach_the_app():
    assert call(Cors(app), "OPTIONS", "/").status == 418


def test_without_an_origin_caches_still_learn_that_it_matters():
    answer = call(Cors(app), "GET", "/")

    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["vary"] == "Origin"
