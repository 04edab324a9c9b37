"""A minified Node.js program: with its map, what it reports is shown as its authors wrote it."""

from pathlib import Path

import pytest

from . import packages
from .builds import REPAIR_SECONDS, Build, context_of, crash_frame, is_readable, newest_release, only_issue
from .client import SETTLE_SECONDS, Client
from .server import Server


@pytest.fixture
def project(server: Server) -> Client:
    """A project of the test's own."""
    made = server.command("projects", "create", "Minified", "--json")
    return server.client().of_project(made["id"], made["api_token"])


def run(build: Build, client: Client) -> None:
    build.run(
        [packages.node(), str(build.dist / "program.js")],
        SHOP_HOST=str(client.http.base_url),
        SHOP_TOKEN=client.token,
        SHOP_ORDER="B-2",
    )


def test_what_the_released_plugin_uploads_makes_it_readable(project: Client, tmp_path: Path) -> None:
    build = Build(tmp_path, project)
    build.build("program.mjs", "es", version="3.0")

    run(build, project)

    (event,) = only_issue(project, SETTLE_SECONDS, lambda events: len(events) == 1)
    frame = crash_frame(event)
    assert is_readable(frame), frame
    assert context_of(project, frame)["line"]["line"] == "  return PRICES[sku].cents;"
    assert (newest_release(project) or {})["version"] == "3.0"


def test_what_is_uploaded_later_repairs_it(project: Client, tmp_path: Path) -> None:
    build = Build(tmp_path, project)
    build.build("program.mjs", "es", uploads=False)
    build.symbols("inject")
    run(build, project)
    (early,) = only_issue(project, SETTLE_SECONDS, lambda events: len(events) == 1)
    assert not is_readable(crash_frame(early))

    assert "1 uploaded" in build.symbols("upload", "--release", "shop@4.0")
    assert "1 were there already" in build.symbols("upload", "--release", "shop@4.0")

    (repaired,) = only_issue(project, REPAIR_SECONDS, lambda events: is_readable(crash_frame(events[0])))
    run(build, project)
    events = only_issue(project, SETTLE_SECONDS, lambda events: len(events) == 2)
    assert all(is_readable(crash_frame(event)) for event in events)
    assert repaired["uuid"] in {event["uuid"] for event in events}
    assert (newest_release(project) or {})["version"] == "4.0"
