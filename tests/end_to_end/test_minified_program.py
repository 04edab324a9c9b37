"""A minified Node.js program: with its map, what it reports is shown as its authors wrote it."""

from pathlib import Path

import pytest

from . import packages
from .builds import Build, context_of, crash_frame, is_readable, newest_release, only_issue
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
