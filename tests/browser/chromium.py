"""Debian's Chromium, driven by Playwright, and what browsers of these tests have in common."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

CHROMIUM = os.environ.get("MOTHLIGHT_TEST_CHROMIUM", "/usr/bin/chromium")
PATIENCE_MILLISECONDS = 20_000
WIDE = (1440, 900)
NARROW = (390, 844)
# The SDK drops what robots send, and a browser that a test drives says of itself that it is one.
PERSON = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
ARGUMENTS = (
    "--no-sandbox",  # tests run as root in containers
    "--disable-dev-shm-usage",
    "--disable-blink-features=AutomationControlled",
    # Events of pages of this machine count as test accounts' and are left out, so the site has a name.
    "--host-resolver-rules=MAP *.example 127.0.0.1",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser. Skips where Chromium is not installed; fails there in CI."""
    if shutil.which(CHROMIUM) is None:
        reason = f"Chromium is not installed at {CHROMIUM} (on Debian: apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


def profile(browser: Browser, size: tuple[int, int] = WIDE, **how: Any) -> BrowserContext:
    """A fresh profile: no cookies, English, in Berlin. `how`: what Playwright's `new_context` takes."""
    width, height = size
    context = browser.new_context(
        **{
            "viewport": {"width": width, "height": height},
            "locale": "en-GB",
            "timezone_id": "Europe/Berlin",
            "user_agent": PERSON,
            **how,
        }
    )
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    return context
