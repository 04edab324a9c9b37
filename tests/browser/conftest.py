"""A browser, and a server that has an admin who can sign in."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.end_to_end.server import Server

from .chromium import chromium
from .sign_in import EMAIL, PASSWORD


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this folder: while it runs, no other event loop can."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Server]:
    """A server of the module's own. At its end no browser may have refused anything of its pages."""
    running = Server(tmp_path_factory.mktemp("server"))
    try:
        running.init("--admin-email", EMAIL, "--admin-password", PASSWORD, "--project-name", "Shop")
        running.start()
        yield running
        running.stop()
        assert "page_policy_violated" not in running.log(), running.log_tail()
        assert "Traceback" not in running.log(), running.log_tail()
    finally:
        running.discard()
