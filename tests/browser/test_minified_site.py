"""A minified site in a real browser: what it throws is shown as its authors wrote it, whenever the map came."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.end_to_end.builds import (
    REPAIR_SECONDS,
    Build,
    context_of,
    crash_frame,
    is_readable,
    newest_release,
    only_issue,
)
from tests.end_to_end.client import SETTLE_SECONDS, Client
from tests.end_to_end.server import Server
from tests.support.web_server import Page as WebPage
from tests.support.web_server import WebServer, web_server

from .chromium import profile

HTML = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Shop</title>
<script src="{host}/static/array.js"></script>
<script>posthog.init("{token}", {{ api_host: "{host}" }});</script>
<script src="/page.js"></script>
</head>
<body></body>
</html>
"""


@pytest.fixture
def site() -> Iterator[WebServer]:
    """Where the site is served from."""
    with web_server() as running:
        yield running


@pytest.fixture
def client(server: Server) -> Client:
    """A project of the test's own."""
    made = server.command("projects", "create", "Minified", "--json")
    return server.client().of_project(made["id"], made["api_token"])


def deploy(site: WebServer, build: Build, client: Client) -> None:
    """Put what was built onto the site, without its maps."""
    html = HTML.format(host=str(client.http.base_url).rstrip("/"), token=client.token).encode()
    script = (build.dist / "page.js").read_bytes()
    site.pages["/"] = WebPage(html, headers={"Content-Type": "text/html; charset=utf-8"})
    site.pages["/page.js"] = WebPage(script, headers={"Content-Type": "text/javascript; charset=utf-8"})


def throw(browser: Browser, site: WebServer) -> None:
    """Visit the site and let its code throw where nobody catches it."""
    with profile(browser) as context:
        visit = context.new_page()
        with visit.expect_request(lambda request: "exception-autocapture" in request.url) as loaded:
            visit.goto(f"http://shop.example:{site.port}/")
        loaded.value.response()
        visit.wait_for_load_state("networkidle")
        with visit.expect_response(lambda answer: "/e/" in answer.url and answer.ok):
            visit.evaluate("setTimeout(() => checkOut('B-2'), 0)")
        visit.close()


def test_what_the_released_plugin_uploads_makes_it_readable(
    browser: Browser, server: Server, client: Client, site: WebServer, tmp_path: Path
) -> None:
    build = Build(tmp_path, client)
    build.build("page.mjs", "iife", version="2.0")
    deploy(site, build, client)

    throw(browser, site)

    (event,) = only_issue(client, SETTLE_SECONDS, lambda events: len(events) == 1)
    frame = crash_frame(event)
    assert is_readable(frame), frame
    assert context_of(client, frame)["line"]["line"] == "  return PRICES[sku].cents;"
    release = newest_release(client) or {}
    assert (release["project"], release["version"]) == ("shop", "2.0")


def test_what_is_uploaded_later_repairs_it(
    browser: Browser, server: Server, client: Client, site: WebServer, tmp_path: Path
) -> None:
    build = Build(tmp_path, client)
    build.build("page.mjs", "iife", uploads=False)
    build.symbols("inject")
    deploy(site, build, client)
    throw(browser, site)
    (early,) = only_issue(client, SETTLE_SECONDS, lambda events: len(events) == 1)
    assert not is_readable(crash_frame(early))

    assert "1 uploaded" in build.symbols("upload")

    (repaired,) = only_issue(client, REPAIR_SECONDS, lambda events: is_readable(crash_frame(events[0])))
    throw(browser, site)
    events = only_issue(client, SETTLE_SECONDS, lambda events: len(events) == 2)
    assert all(is_readable(crash_frame(event)) for event in events)
    assert repaired["uuid"] in {event["uuid"] for event in events}
