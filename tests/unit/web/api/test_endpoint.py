"""How requests reach their handlers: bounded in number, whatever the handlers do."""

import json
import threading

import anyio
import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from mothlight.web.address import PublicAddress
from mothlight.web.api import endpoint
from mothlight.web.api.endpoint import Endpoint, Service
from mothlight.web.api.route import ApiRoute, Shapes


def serve(admit, observe=lambda *_: None, at_once=1):
    """An app with one route that everybody may ask."""
    service = Service(None, PublicAddress(), anyio.CapacityLimiter(at_once), observe)
    route = ApiRoute("GET", "/x", "project:read", admit, "X.", Shapes())
    return Starlette(routes=[Route("/x", Endpoint(service, [route]))])


async def ask(app, method="GET"):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://errors.test") as client:
        return await client.request(method, "/x")


def test_past_a_bound_of_waiting_requests_the_next_is_told_to_come_back(monkeypatch):
    monkeypatch.setattr(endpoint, "MOST_WAITING", 1)
    release = threading.Event()

    def slow(*_):
        release.wait(5)
        return Response()

    async def three():
        app = serve(slow)
        async with anyio.create_task_group() as group:
            for _ in range(2):
                group.start_soon(ask, app)
            await anyio.sleep(0.05)
            refused = await ask(app)
            release.set()
        return refused, await ask(app)

    refused, later = anyio.run(three)

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert json.loads(refused.content)["code"] == "unavailable"
    assert later.status_code == 200


@pytest.mark.parametrize(("method", "seen"), [("GET", "GET"), ("DELETE", "DELETE"), ("MADEUP", "OTHER")])
def test_methods_that_clients_make_up_are_observed_as_one(method, seen):
    observed = []

    anyio.run(ask, serve(lambda *_: Response(), lambda *all_: observed.append(all_[:3])), method)

    assert observed == [(seen, "/x", 200 if method == "GET" else 405)]
